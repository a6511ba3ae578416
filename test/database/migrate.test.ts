import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/base/ports/database.js';
import { type MigrationStep, migrate } from '../../src/database/migrate.js';
import { postgres } from '../../src/database/postgres.js';
import { type TestDatabase, testDatabase } from '../services/database.js';

let db: TestDatabase;
let database: Database;
beforeAll(async () => {
  db = await testDatabase();
  database = db.database;
});
afterAll(() => db.drop());

const step = (version: number, sql: string, name = `step-${version}`): MigrationStep => ({ version, name, sql });

describe('migrate: our schema', () => {
  it('lets several processes start at once: exactly one applies each step', async () => {
    const pools = Array.from({ length: 6 }, () => postgres(db.url));
    const reports = await Promise.all(pools.map((pool) => migrate(pool)));
    expect(reports.flatMap((report) => report.applied).sort()).toEqual([
      'disclosures',
      'foundation',
      'imports',
      'key-ring',
      'mail-changes',
      'second-factor',
      'stream-files',
    ]);
    expect(reports.every((report) => report.owner === 'safekeep' && report.version === 7)).toBe(true);
    expect(await database.query('select owner, version, name from safekeep.migrations')).toEqual([
      { owner: 'safekeep', version: 1, name: 'foundation' },
      { owner: 'safekeep', version: 2, name: 'key-ring' },
      { owner: 'safekeep', version: 3, name: 'stream-files' },
      { owner: 'safekeep', version: 4, name: 'imports' },
      { owner: 'safekeep', version: 5, name: 'second-factor' },
      { owner: 'safekeep', version: 6, name: 'mail-changes' },
      { owner: 'safekeep', version: 7, name: 'disclosures' },
    ]);
    await Promise.all(pools.map((pool) => pool.close()));
  });

  it('has the tables that accounts, sessions, resets and preferences need', async () => {
    const tables = await database.query(
      "select tablename as name from pg_tables where schemaname = 'safekeep' order by 1",
    );
    expect(tables.map(({ name }) => name)).toEqual([
      'accounts',
      'challenges',
      'imports',
      'key_ring',
      'key_ring_holders',
      'mail_changes',
      'migrations',
      'preference_events',
      'recovery_codes',
      'registrations',
      'resets',
      'second_factors',
      'security_events',
      'sessions',
      'stream_files',
    ]);
  });

  it('ends sessions and resets with their account, and takes no hash of another length', async () => {
    await database.query("insert into safekeep.accounts values ('shop', '1', default, default, now(), now())");
    const session = 'insert into safekeep.sessions values ($1, $2, $3, 1, now(), now(), now())';
    await database.query(session, [Buffer.alloc(32), 'shop', '1']);
    await database.query("insert into safekeep.resets values ($1, 'shop', '1', 1, now(), now())", [Buffer.alloc(32)]);
    await expect(database.query(session, [Buffer.alloc(31), 'shop', '1'])).rejects.toMatchObject({
      facts: { sqlState: '23514' },
    });
    await expect(database.query(session, [Buffer.alloc(32, 1), 'shop', '2'])).rejects.toMatchObject({
      facts: { sqlState: '23503' },
    });
    await database.query("delete from safekeep.accounts where account = '1'");
    expect(await database.query('select 1 from safekeep.sessions union all select 1 from safekeep.resets')).toEqual([]);
  });
});

describe('migrate: an application', () => {
  const first = step(1, 'create table products (id int primary key)', 'products');
  const second = step(2, 'alter table products add column name text', 'names');

  it('applies its steps under its own name, in order, and only once', async () => {
    expect(await migrate(database, { owner: 'storefront', steps: [first] })).toMatchObject({ applied: ['products'] });
    const report = await migrate(database, { owner: 'storefront', steps: [first, second] });
    expect(report).toEqual({ owner: 'storefront', version: 2, applied: ['names'] });
    expect(await migrate(database, { owner: 'storefront', steps: [first, second] })).toMatchObject({ applied: [] });
  });

  it('refuses an applied step that was edited since', async () => {
    const edited = { ...first, sql: `${first.sql} ` };
    await expect(migrate(database, { owner: 'storefront', steps: [edited, second] })).rejects.toMatchObject({
      code: 'ERR_MIGRATION_EDITED',
      facts: { owner: 'storefront', version: 1, step: 'products' },
    });
  });

  it('refuses a database that is newer than the code', async () => {
    await expect(migrate(database, { owner: 'storefront', steps: [first] })).rejects.toMatchObject({
      code: 'ERR_MIGRATION_AHEAD',
      facts: { owner: 'storefront', version: 2, known: 1 },
    });
  });

  it('leaves nothing of a step that fails, says where it failed, and goes on once it is mended', async () => {
    const broken = step(1, 'create table halves (id int);\nselect nonsense;', 'halves');
    await expect(migrate(database, { owner: 'isp', steps: [broken] })).rejects.toMatchObject({
      code: 'ERR_MIGRATION_FAILED',
      facts: { owner: 'isp', version: 1, step: 'halves', line: 2, sqlState: '42703' },
    });
    expect((await database.columns()).has('halves')).toBe(false);
    const mended = step(1, 'create table halves (id int)', 'halves');
    expect(await migrate(database, { owner: 'isp', steps: [mended] })).toMatchObject({ applied: ['halves'] });
  });

  it.each([
    ['our own name', { owner: 'safekeep', steps: [first] }],
    ['a gap in the versions', { owner: 'shop', steps: [first, step(3, 'select 1')] }],
    ['a step without sql', { owner: 'shop', steps: [step(1, ' ')] }],
    ['a step without a plain name', { owner: 'shop', steps: [step(1, 'select 1', 'Ada Example')] }],
  ])('refuses %s', async (_, options) => {
    await expect(migrate(database, options)).rejects.toMatchObject({ code: 'ERR_OPTION_INVALID' });
  });
});
