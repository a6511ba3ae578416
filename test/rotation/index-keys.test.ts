import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger, runMigrations } from 'graphile-worker';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../src/base/clock.js';
import type { Database, Row } from '../../src/base/ports/database.js';
import { migrate } from '../../src/database/index.js';
import { createEnvelopes } from '../../src/envelope/index.js';
import {
  type AnyFields,
  createFields,
  proveUnused,
  queueRotation,
  rotateFields,
  rotationStatus,
  rotationTasks,
} from '../../src/fields/index.js';
import { fileRootKey, type KeyRing, openKeyRing } from '../../src/keys/index.js';
import { definePolicy, type Policy } from '../../src/policy/index.js';
import { type TestDatabase, testDatabase } from '../services/database.js';
import { insert } from './shop.js';

const city = { is: 'name', for: ['account'], index: { name: 'city', normaliser: 'text/1', bits: 16, partitions: 3 } };
const policyOf = (overrides: object = {}) =>
  definePolicy({
    application: 'shop',
    purposes: { account: 'contract' },
    tables: {
      customers: {
        row: 'id',
        indexes: { home: { of: ['city', 'born'], bits: 64 } },
        columns: {
          email: { is: 'email', for: ['account'], index: { name: 'email', unique: true } },
          city: { ...city, ...overrides },
          born: { is: 'date_of_birth', for: ['account'] },
          password: 'password_hash',
        },
      },
      billing: {
        row: 'id',
        seal: 'row',
        form: 'bytes',
        tenant: 'shop_id',
        columns: { holder: { is: 'name', for: ['account'], index: 'holder' }, shop_id: 'not personal' },
      },
      notes: {
        row: 'id',
        columns: {
          note: {
            is: 'message',
            for: ['account'],
            index: 'note',
            importedFrom: { column: 'note_plain', until: '2027-01-31' },
          },
        },
      },
    } as never,
  }) as Policy;
const policy = policyOf();
const tables = [
  `create table customers (id bigint primary key, email text, email_index text unique, city text, city_index text,
     born text, home_index text, password text)`,
  'create table billing (id bytea primary key, shop_id int not null, sealed bytea, holder_index text)',
  'create table notes (id int primary key, note text, note_index text, note_plain text)',
];

const scratch = mkdtempSync(join(tmpdir(), 'safekeep-index-keys-'));
let nowMs = Date.parse('2026-11-22T12:00:00Z');
const clock: Clock = { nowMs: () => nowMs, wait: async () => undefined };
let rings = 0;
let server: TestDatabase;
let database: Database;
let keys: KeyRing;
let fields: AnyFields;
const ringIn = (folder: string) =>
  openKeyRing({
    root: fileRootKey(join(folder, 'root.key'), { create: true }),
    path: join(folder, 'keys.json'),
    create: true,
    clock,
  });
const fieldsOf = (ring: KeyRing, own = policy): AnyFields =>
  createFields({ application: 'shop', keys: ring, policy: own });
let folder: string;

beforeAll(async () => {
  server = await testDatabase();
  database = server.database;
  await migrate(database);
});
afterAll(async () => {
  await server.drop();
  rmSync(scratch, { recursive: true, force: true });
});
beforeEach(async () => {
  await database.query('drop table if exists customers, billing, notes');
  await database.query('truncate safekeep.registrations');
  for (const sql of tables) await database.query(sql);
  rings += 1;
  folder = mkdtempSync(join(scratch, `${rings}-`));
  keys?.close();
  keys = await ringIn(folder);
  fields = fieldsOf(keys);
});

const person = (id: number, email = `c${id}@example.com`) => ({ id, email, city: 'Leeds', born: '1990-12-10' });
const fill = async (count: number, from = 1) => {
  for (let id = from; id < from + count; id += 1)
    await insert(database, 'customers', fields.sealRow('customers', person(id)));
};
/** Another index key: what the ring had is decrypt-only. */
const nextKey = async (): Promise<{ old: number; id: number }> => {
  const old = keys.active('index').id;
  const { id } = await keys.stage('index');
  await keys.activate(id);
  return { old, id };
};
const found = async (email: string) =>
  (await fields.findRows('customers', { email }, { database })).map((row) => row['id']);
const stored = (table: string) => database.query<Row>(`select * from ${table} order by id`);

describe('rotateFields, of blind indexes', () => {
  it('computes every index anew under the active key, and finds every row before, meanwhile and after', async () => {
    await fill(12);
    await insert(database, 'billing', fields.sealRow('billing', { id: Buffer.from([7]), shop_id: 3, holder: 'Ada' }));
    const { id } = await nextKey();
    expect(await found('C7@example.com')).toEqual(['7']);
    const abort = new AbortController();
    const half = await rotateFields({
      database,
      fields,
      batchRows: 5,
      signal: abort.signal,
      onProgress: ({ work }) => (work === 'indexes' ? abort.abort() : undefined),
    });
    expect(half).toMatchObject({ complete: false });
    for (const own of [1, 12]) expect(await found(`c${own}@example.com`)).toEqual([String(own)]);
    const seen: string[] = [];
    const report = await rotateFields({
      database,
      fields,
      onProgress: ({ table, work, rows }) => seen.push(`${table} ${work} ${rows}`),
    });
    expect(report).toMatchObject({ complete: true, failures: [], duplicates: [], left: 0 });
    const walked = report.tables.filter(({ indexes }) => indexes !== undefined);
    expect(walked.map(({ table, indexes }) => [table, indexes?.changed])).toEqual([
      ['customers', 7],
      ['billing', 1],
      ['notes', 0],
      ['safekeep.registrations', 0],
    ]);
    expect(seen).toContain('customers indexes 12');
    // As though every row had been written today.
    const alone = fieldsOf(keys);
    for (const row of await stored('customers')) expect(alone.reindexRow('customers', row)).toBeNull();
    for (const row of await stored('billing')) expect(alone.reindexRow('billing', row)).toBeNull();
    expect(await found('c7@example.com')).toEqual(['7']);
    expect(await fields.findRows('billing', { holder: 'Ada' }, { database })).toHaveLength(1);
    const again = await rotateFields({ database, fields });
    expect(again.tables[0]?.indexes).toMatchObject({ passes: 1, seen: 12, changed: 0 });
    const { indexes } = await rotationStatus({ database, fields, indexes: true });
    expect(indexes?.find(({ column }) => column === 'email_index')).toEqual({
      ...{ table: 'customers', column: 'email_index', keys: [{ keyId: id, rows: 12 }] },
      ...{ unknown: 0, unopened: 0, nulls: 0, stale: 0 },
    });
  });

  it('opens no row for it where there is nothing to find, unless it is told to, and never where it is told not to', async () => {
    await fill(2);
    const untouched = await rotateFields({ database, fields, tables: ['customers'] });
    expect(untouched.tables[0]?.indexes).toBeUndefined();
    const forced = await rotateFields({ database, fields, tables: ['customers'], indexes: true });
    expect(forced.tables[0]?.indexes).toMatchObject({ seen: 2, changed: 0 });
    const { id } = await keys.stage('index');
    expect((await rotateFields({ database, fields, tables: ['customers'] })).tables[0]?.indexes).toBeUndefined();
    await keys.activate(id);
    const refused = await rotateFields({ database, fields, tables: ['customers'], indexes: false });
    expect(refused.tables[0]?.indexes).toBeUndefined();
    expect((await rotateFields({ database, fields, tables: ['customers'] })).tables[0]?.indexes?.changed).toBe(2);
  });

  it('moves the rows of a version that the policy calls previous', async () => {
    await fill(3);
    const previous = [{ normaliser: 'text/1', bits: 16, partitions: 3 }];
    fields = fieldsOf(keys, policyOf({ index: { name: 'city', normaliser: 'alnum/1', previous } }));
    const report = await rotateFields({ database, fields, tables: ['customers'] });
    expect(report.tables[0]?.indexes).toMatchObject({ changed: 3 });
    for (const row of await stored('customers')) expect(fields.reindexRow('customers', row)).toBeNull();
  });

  it('writes no index of a value that somebody replaced meanwhile, though the index itself is the same again', async () => {
    await fill(1);
    const [row] = await stored('customers');
    await nextKey();
    const before = row?.['email_index'];
    let raced = false;
    const racing: Database = {
      ...database,
      query: async (sql, values) => {
        if (/^\s*update/.test(sql) && !raced) {
          raced = true;
          // Another address, whose index a server that is behind wrote under the old key: the old text stands there.
          await fields.updateRow('customers', { id: 1 }, { email: 'new@example.com' }, { database });
          await database.query('update customers set email_index = $1', [before]);
        }
        return await database.query(sql, values);
      },
    };
    const report = await rotateFields({ database: racing, fields, tables: ['customers'], batchRows: 5 });
    expect(raced).toBe(true);
    expect(report.tables[0]?.indexes).toMatchObject({ passes: 2, lost: 1 });
    expect(await found('new@example.com')).toEqual(['1']);
    expect(await found('c1@example.com')).toEqual([]);
  });

  it('leaves the second of two rows of one unique value as it was, names both by their keys, and goes on', async () => {
    await fill(8);
    await nextKey();
    // Written without a claim: under the new key, beside a row that still has the old one.
    await insert(database, 'customers', fields.sealRow('customers', person(9, 'c3@example.com')));
    await fill(8, 10);
    const report = await rotateFields({ database, fields, tables: ['customers'], batchRows: 4 });
    expect(report.duplicates).toEqual([{ table: 'customers', index: 'email_index', row: ['3'], other: ['9'] }]);
    expect(report.failures).toEqual([
      { table: 'customers', column: 'email_index', code: 'ERR_DATABASE_UNIQUE', rows: 1 },
    ]);
    expect(report.tables[0]?.indexes).toMatchObject({ passes: 1, changed: 7, lost: 0, duplicates: 1 });
    expect((await found('c3@example.com')).sort()).toEqual(['3', '9']);
    expect(JSON.stringify(report)).not.toContain('example.com');
  });

  it('refuses a claim of a value whose row has not been reached yet, and of one that has', async () => {
    await fill(2);
    await nextKey();
    const claim = () =>
      database.transaction((tx) => fields.claimUnique('customers', person(5, 'C2@example.com'), { tx }));
    await expect(claim()).rejects.toMatchObject({ code: 'ERR_DATABASE_UNIQUE' });
    await rotateFields({ database, fields, tables: ['customers'] });
    await expect(claim()).rejects.toMatchObject({ code: 'ERR_DATABASE_UNIQUE' });
  });

  it('leaves a row that does not open, counts it, and computes the others', async () => {
    await fill(3);
    await database.query('update customers set email = (select email from customers where id = 1) where id = 2');
    await nextKey();
    const [, before] = await stored('customers');
    const report = await rotateFields({ database, fields, tables: ['customers'] });
    expect(report.failures).toEqual([{ table: 'customers', column: 'email_index', code: 'ERR_SEAL_BROKEN', rows: 1 }]);
    const [, after] = await stored('customers');
    expect(after?.['email_index']).toBe(before?.['email_index']);
    expect(after?.['city_index']).not.toBe(before?.['city_index']);
  });

  it('leaves a row alone that still waits for its import', async () => {
    await insert(database, 'notes', { id: 1, note: null, note_index: 'kept', note_plain: 'ring twice' });
    await nextKey();
    const report = await rotateFields({ database, fields, tables: ['notes'] });
    expect(report.failures).toEqual([]);
    expect(await stored('notes')).toMatchObject([{ note_index: 'kept' }]);
  });

  it('ends where others write a row faster than it is read, and says that it is left', async () => {
    await fill(1);
    await nextKey();
    const racing: Database = {
      ...database,
      query: async (sql, values) => {
        if (/^\s*update/.test(sql))
          await fields.updateRow('customers', { id: 1 }, { born: '1990-12-11' }, { database });
        return await database.query(sql, values);
      },
    };
    const report = await rotateFields({ database: racing, fields, tables: ['customers'] });
    expect(report.failures).toContainEqual(expect.objectContaining({ code: 'ERR_ROW_CONTENDED', rows: 1 }));
    expect(report.tables[0]?.indexes).toMatchObject({ passes: 20, changed: 0, lost: 20 });
  });

  it('empties an index beside a null, which finds nothing any more', async () => {
    await fill(1);
    await database.query('update customers set email = null');
    await nextKey();
    await rotateFields({ database, fields, tables: ['customers'] });
    expect(await stored('customers')).toMatchObject([{ email_index: null }]);
  });

  it('moves what a waiting registration is found by', async () => {
    await register('r-1', 'ada@example.com');
    await register('r-2', 'ben@example.com', 'of nobody');
    const { old, id } = await nextKey();
    const report = await rotateFields({ database, fields, tables: ['safekeep.registrations'] });
    expect(report.tables[0]?.indexes).toMatchObject({ changed: 1 });
    const rows = await database.query('select login_index from safekeep.registrations where id = $1', ['r-1']);
    expect(rows).toEqual([{ login_index: fields.blindIndex('customers', 'email', 'ada@example.com') }]);
    expect(old).not.toBe(id);
  });
});

describe('the jobs of a rotation', () => {
  const range = async (own: AnyFields, indexKeyId: number | null) => {
    const ranges: unknown[] = [];
    const tasks = rotationTasks({ database, fields: own, onRange: (done) => ranges.push(done) });
    const keyId = keys.active('fields').id;
    await tasks['safekeep.rotate']?.({ table: 'customers', keyId, indexKeyId, after: ['2'], until: ['4'] });
    return ranges;
  };

  it('compute the indexes of their range and of no other row, where they are told the key', async () => {
    await fill(6);
    const { id } = await nextKey();
    expect(await range(fields, null)).toEqual([expect.not.objectContaining({ indexes: expect.anything() })]);
    expect(await range(fields, id)).toMatchObject([
      { table: 'customers', indexes: { seen: 2, changed: 2 }, failures: [] },
    ]);
    const stale = (await stored('customers')).filter((row) => fields.reindexRow('customers', row) !== null);
    expect(stale.map((row) => row['id'])).toEqual(['1', '2', '5', '6']);
  });

  it('never move an index back to an older key: a worker that is behind reads its ring again, or puts the job off', async () => {
    await fill(4);
    const late = await ringIn(folder);
    const { id } = await keys.stage('index');
    await late.reload();
    await expect(range(fieldsOf(late), id)).rejects.toMatchObject({ code: 'ERR_KEY_STATE' });
    await keys.activate(id);
    expect(await range(fieldsOf(late), id)).toMatchObject([{ indexes: { changed: 2 } }]);
    await expect(range(fieldsOf(late), 12)).rejects.toMatchObject({ code: 'ERR_KEY_UNKNOWN' });
    await expect(range(fieldsOf(late), 'x' as never)).rejects.toMatchObject({ code: 'ERR_OPTION_INVALID' });
    late.close();
  });
});

describe('queueRotation, where only indexes may be old', () => {
  const jobs = () =>
    database.query<{ key: string | null; payload: { keyId: number; indexKeyId: number | null } }>(
      `select key, payload from graphile_worker._private_jobs where key is null or key not like '%check' order by id`,
    );
  const check = async (round: number) => {
    const payload = { keyId: keys.active('fields').id, tables: null, rangeRows: 10, checkSeconds: 60, round };
    await rotationTasks({ database, fields })['safekeep.rotate.check']?.(payload);
  };

  it('queues their tables once, and again what a dead worker holds, of which no count tells whether it is done', async () => {
    await runMigrations({ connectionString: server.url, logger: new Logger(() => () => undefined) });
    await fill(2);
    expect(await queueRotation({ database, fields })).toMatchObject({ ranges: 1 });
    expect(await jobs()).toMatchObject([{ payload: { table: 'safekeep.registrations', indexKeyId: null } }]);
    await database.query('delete from graphile_worker._private_jobs');
    const { id } = await nextKey();
    const queued = await queueRotation({ database, fields });
    expect(queued.tables.map(({ table }) => table)).toEqual([
      'customers',
      'billing',
      'notes',
      'safekeep.registrations',
    ]);
    for (const { payload } of await jobs()) expect(payload.indexKeyId).toBe(id);
    const count = async () => (await jobs()).length;
    expect(await count()).toBe(4);
    // Everything waits: nothing is handed out.
    await check(1);
    expect(await count()).toBe(4);
    await database.query(
      `delete from graphile_worker._private_jobs where key not like '%customers:0';
       update graphile_worker._private_jobs set locked_at = now() - interval '90 seconds', locked_by = 'dead'`,
    );
    await check(1);
    expect(await count()).toBe(5);
    await database.query('delete from graphile_worker._private_jobs');
    // All done: nobody opens the tables again for it.
    await check(1);
    expect(await count()).toBe(0);
    // Values that do not open are handed out again, and the indexes of other tables are not.
    await database.query(`update customers set email = overlay(email placing '____' from 9)`);
    await check(1);
    expect((await jobs()).map(({ payload }) => payload)).toMatchObject([{ table: 'customers', indexKeyId: null }]);
    await database.query('drop schema graphile_worker cascade');
  });
});

describe('proveUnused, of an index key', () => {
  it('refuses while a row is found by it, and then lets the ring destroy it', async () => {
    await fill(3);
    await register('r-1', 'ada@example.com');
    const { old, id } = await nextKey();
    await expect(proveUnused({ database, fields, keyId: old })).rejects.toMatchObject({
      code: 'ERR_KEY_IN_USE',
      facts: {
        places: [
          'customers.email_index: 3',
          'customers.city_index: 3',
          'customers.home_index: 3',
          'safekeep.registrations.login_index: 1',
        ],
      },
    });
    await expect(proveUnused({ database, fields, keyId: id })).rejects.toMatchObject({ code: 'ERR_KEY_STATE' });
    await rotateFields({ database, fields });
    const proof = await proveUnused({ database, fields, keyId: old });
    expect(proof.places.map(({ table, column }) => `${table}.${column}`)).toEqual([
      'customers.email_index',
      'customers.city_index',
      'customers.home_index',
      'billing.holder_index',
      'notes.note_index',
      'safekeep.registrations.login_index',
    ]);
    await keys.suspend(old);
    await expect(keys.destroy(old, proof)).rejects.toMatchObject({ code: 'ERR_KEY_PROOF' });
    nowMs += 31 * 86_400_000;
    await keys.destroy(old, proof);
    expect(keys.list().find((key) => key.id === old)).toMatchObject({ state: 'destroyed' });
    expect(await found('c2@example.com')).toEqual(['2']);
  });

  it('finds what a suspended key made, which nobody can compute any more, and what does not open', async () => {
    await fill(3);
    const { old } = await nextKey();
    await keys.suspend(old);
    await expect(proveUnused({ database, fields, keyId: old })).rejects.toMatchObject({ code: 'ERR_KEY_IN_USE' });
    await rotateFields({ database, fields, indexes: true });
    await database.query('update customers set email = (select email from customers where id = 1) where id = 2');
    await expect(proveUnused({ database, fields, keyId: old })).rejects.toMatchObject({
      facts: { places: ['customers.email_index: 1'] },
    });
    await database.query('delete from customers where id = 2');
    await proveUnused({ database, fields, keyId: old });
  });

  it('does not count what another old key made', async () => {
    await fill(1);
    const first = await nextKey();
    await rotateFields({ database, fields });
    const second = await nextKey();
    await proveUnused({ database, fields, keyId: first.old });
    await expect(proveUnused({ database, fields, keyId: second.old })).rejects.toMatchObject({
      code: 'ERR_KEY_IN_USE',
    });
    const { indexes } = await rotationStatus({ database, fields, tables: ['customers'], indexes: true });
    expect(indexes?.[0]).toMatchObject({ keys: [{ keyId: second.old, rows: 1 }], stale: 1 });
  });

  it('refuses where rows are hidden from the role that counts', async () => {
    await fill(1);
    const { old } = await nextKey();
    await rotateFields({ database, fields });
    await database.query('create role hidden_rows nologin').catch(() => undefined);
    await database.query('grant select on all tables in schema public, safekeep to hidden_rows');
    await database.query('grant usage on schema safekeep to hidden_rows');
    await database.query('alter table customers enable row level security');
    const asHidden: Database = {
      ...database,
      transaction: (work) =>
        database.transaction(async (tx) => {
          await tx.query('set local role hidden_rows');
          return await work(tx);
        }),
    };
    await expect(proveUnused({ database: asHidden, fields, keyId: old })).rejects.toMatchObject({
      code: 'ERR_DATABASE',
      facts: { sqlState: '42501' },
    });
  });
});

async function register(id: string, email: string, realm = 'customers'): Promise<void> {
  const payload = createEnvelopes({ application: 'shop', keys }).seal(
    { type: 'json', value: { row: { email }, extra: {} } },
    { table: 'safekeep.registrations', column: 'payload', row: id },
  );
  await database.query(
    `insert into safekeep.registrations (id, token_hash, realm, login_index, payload, created_at, expires_at)
     values ($1, sha256(convert_to($1::text, 'UTF8')), $2, $3, $4, now(), now())`,
    [id, realm, fields.blindIndex('customers', 'email', email), payload],
  );
}
