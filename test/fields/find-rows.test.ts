import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/base/ports/database.js';
import { createFields } from '../../src/fields/index.js';
import { fileRootKey, type KeyRing, openKeyRing } from '../../src/keys/index.js';
import { definePolicy } from '../../src/policy/index.js';
import { type TestDatabase, testDatabase } from '../services/database.js';

const policy = definePolicy({
  application: 'shop',
  purposes: { account: 'contract' },
  tables: {
    members: {
      row: 'id',
      indexes: { home: { of: ['city', 'street'], bits: 32 } },
      columns: {
        email: { is: 'email', for: ['account'], index: { name: 'email', unique: true } },
        city: { is: 'name', for: ['account'], index: { name: 'city', bits: 2, partitions: 3, normaliser: 'text/1' } },
        street: { is: 'name', for: ['account'] },
      },
    },
  },
});
const scratch = mkdtempSync(join(tmpdir(), 'safekeep-find-'));
let server: TestDatabase;
let database: Database;
let keys: KeyRing;
const fieldsOf = (ring: KeyRing) => createFields({ application: 'shop', keys: ring, policy });
let fields: ReturnType<typeof fieldsOf>;

beforeAll(async () => {
  server = await testDatabase();
  database = server.database;
  await database.query(`create table members (id bigint primary key, email text, email_index text unique, city text,
    city_index text, street text, home_index text)`);
  const root = fileRootKey(join(scratch, 'root.key'), { create: true });
  keys = await openKeyRing({ root, path: join(scratch, 'keys.json'), create: true });
  fields = fieldsOf(keys);
});
afterAll(async () => {
  await server.drop();
  keys.close();
  rmSync(scratch, { recursive: true, force: true });
});

type Row = Parameters<typeof fields.sealRow>[1];
type Asked = Pick<Database, 'query'>;
async function insert(row: Row, tx: Asked = database): Promise<void> {
  const stored = fields.sealRow('members', row);
  const names = Object.keys(stored);
  await tx.query(
    `insert into members (${names.join(', ')}) values (${names.map((_, at) => `$${at + 1}`).join(', ')})`,
    Object.values(stored),
  );
}
const register = (row: Row) =>
  database.transaction(async (tx) => {
    await fields.claimUnique('members', row, { tx });
    await insert(row, tx);
  });
const unique = expect.objectContaining({ code: 'ERR_DATABASE_UNIQUE' });

describe('findRows', () => {
  it('finds by a short index with partitions, and brings back none but the rows of the value', async () => {
    for (let id = 1; id <= 30; id += 1) {
      await insert({ id, city: id % 10 === 0 ? 'Leeds' : `City ${id}`, street: id === 20 ? 'Hill' : 'Lane' });
    }
    const found = await fields.findRows('members', { city: ' leeds' }, { database });
    expect(found.map(({ id }) => id).sort()).toEqual(['10', '20', '30']);
    const home = await fields.findRows('members', { street: 'Hill', city: 'LEEDS' }, { database });
    expect(home.map((row) => fields.openRow('members', row, 'account').reveal().street)).toEqual(['Hill']);
    expect(await fields.findRows('members', { city: 'Nowhere' }, { database })).toEqual([]);
  });

  it('finds by both columns after updateRow changed one, and no longer as before', async () => {
    await fields.updateRow('members', { id: 10 }, { street: 'Mill' }, { database });
    const at = (street: string) => fields.findRows('members', { street, city: 'leeds' }, { database });
    expect((await at('Mill')).map(({ id }) => id)).toEqual(['10']);
    expect((await at('Lane')).map(({ id }) => id)).toEqual(['30']);
  });

  it('loses neither of two writers who change one half of an index each', async () => {
    await Promise.all([
      fields.updateRow('members', { id: 30 }, { street: 'Quay' }, { database }),
      fields.updateRow('members', { id: 30 }, { city: 'York' }, { database }),
    ]);
    const found = await fields.findRows('members', { street: 'Quay', city: 'York' }, { database });
    expect(found.map(({ id }) => id)).toEqual(['30']);
  });
});

describe('claimUnique', () => {
  it('refuses a value that another row has, and lets a row keep its own', async () => {
    await register({ id: 100, email: 'ada@example.com' });
    await expect(register({ id: 101, email: 'ADA@example.com' })).rejects.toEqual(unique);
    await database.transaction((tx) => fields.claimUnique('members', { id: 100, email: 'ada@example.com' }, { tx }));
    await database.transaction((tx) => fields.claimUnique('members', { id: 102, email: null }, { tx }));
  });

  it('refuses one that was written under another key, which a constraint cannot see', async () => {
    const { id } = await keys.stage('index');
    await keys.activate(id);
    await insert({ id: 110, email: 'ada@example.com' });
    await database.query('delete from members where id = 110');
    await expect(register({ id: 111, email: 'ada@example.com' })).rejects.toEqual(unique);
  });

  it('lets one of many at once through, between servers that write under different keys', async () => {
    const path = join(scratch, 'keys.json');
    const { id } = await keys.stage('index');
    // The other server has the staged key and does not know yet that it became active.
    const behind = await openKeyRing({ root: fileRootKey(join(scratch, 'root.key')), path });
    await keys.activate(id);
    const late = fieldsOf(behind);
    expect(late.blindIndex('members', 'email', 'x@example.com')).not.toBe(
      fields.blindIndex('members', 'email', 'x@example.com'),
    );
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, (_, at) =>
        database.transaction(async (tx) => {
          const server = at % 2 === 0 ? fields : late;
          const row = { id: 200 + at, email: 'grace@example.com' };
          await server.claimUnique('members', row, { tx });
          const stored = server.sealRow('members', row);
          await tx.query('insert into members (id, email, email_index) values ($1, $2, $3)', [
            ...[stored['id'], stored['email'], stored['email_index']],
          ]);
        }),
      ),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of results) if (result.status === 'rejected') expect(result.reason).toEqual(unique);
    behind.close();
  });

  it('refuses to work outside of a transaction, or in one that does not see its predecessors', async () => {
    const row = { id: 300, email: 'lin@example.com' };
    const refused = expect.objectContaining({ code: 'ERR_OPTION_INVALID' });
    await expect(fields.claimUnique('members', row, { tx: database })).rejects.toEqual(refused);
    const repeatable = database.transaction(async (tx) => {
      await tx.query('set transaction isolation level repeatable read');
      await fields.claimUnique('members', row, { tx });
    });
    await expect(repeatable).rejects.toEqual(refused);
  });
});
