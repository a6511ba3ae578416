import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/base/ports/database.js';
import { migrate } from '../../src/database/index.js';
import { createEnvelopes } from '../../src/envelope/index.js';
import { createFields, type RotationProgress, rotateFields, rotationStatus } from '../../src/fields/index.js';
import { createPasswords } from '../../src/passwords/index.js';
import type { Policy } from '../../src/policy/index.js';
import { fakeEngine } from '../passwords/fake-engine.js';
import { type TestDatabase, testDatabase } from '../services/database.js';
import { insert, newKey, oldKey, otherKey, policy, ringOf, tables } from './shop.js';

const before = ringOf([oldKey, newKey]);
const after = ringOf([newKey, oldKey]);
const oldFields = createFields({ application: 'shop', keys: before, policy: policy as Policy });
const fields = createFields({ application: 'shop', keys: after, policy: policy as Policy });
let server: TestDatabase;
let database: Database;

beforeAll(async () => {
  server = await testDatabase();
  database = server.database;
  await migrate(database);
  for (const sql of tables) await database.query(sql);
});
afterAll(() => server.drop());
beforeEach(() => database.query('truncate customers, lines, tokens, visits, safekeep.registrations'));

const customer = (id: number) => ({
  id,
  email: `c${id}@example.com`,
  points: BigInt(id),
  card: '4111111111111111',
});
async function customers(count: number, sealWith = oldFields): Promise<void> {
  for (let id = 1; id <= count; id += 1)
    await insert(database, 'customers', sealWith.sealRow('customers', customer(id)));
}
const keysOf = async (column: string) => {
  const { columns } = await rotationStatus({ database, fields });
  return columns.find((found) => found.column === column)?.keys.map(({ keyId, rows }) => [keyId, rows]);
};
/** A database in which something else happens before the walker writes. */
function contended(work: () => Promise<unknown>): Database {
  return {
    ...database,
    query: async (sql, values) => {
      if (/^\s*update/.test(sql)) await work();
      return await database.query(sql, values);
    },
  };
}

describe('rotateFields', () => {
  it('moves every sealed value under the active key, and each opens in its place afterwards', async () => {
    await customers(25);
    await insert(database, 'lines', oldFields.sealRow('lines', { order_id: 'o-1', line: 2, note: 'ring twice' }));
    const id = Buffer.from('00ff80', 'hex');
    await insert(database, 'tokens', oldFields.sealRow('tokens', { id, label: 'spare key' }));
    await insert(database, 'visits', oldFields.sealRow('visits', { id: 4, arrival: 'by the garden', guests: 3n }));
    const report = await rotateFields({ database, fields });
    expect(report).toMatchObject({ activeKeyId: newKey, changed: 28, left: 0, failures: [], complete: true });
    expect((await rotationStatus({ database, fields })).left).toBe(0);
    const [row] = await database.query('select * from customers where id = 17');
    expect(fields.openRow('customers', row ?? {}, 'account').reveal()).toMatchObject({
      email: 'c17@example.com',
      points: 17n,
    });
    const card = { table: 'customers', column: 'card', row: 17 };
    expect(
      createEnvelopes({ application: 'shop', keys: after }).open(row?.['card'], card, 'text', {
        suite: 'xaes-256-gcm',
      }),
    ).toBe('4111111111111111');
    const [line] = await database.query('select * from lines');
    expect(fields.openRow('lines', line ?? {}, 'orders').reveal()).toMatchObject({ note: 'ring twice' });
    const [visit] = await database.query('select * from visits');
    expect(fields.openRow('visits', visit ?? {}, 'orders').reveal()).toMatchObject({
      arrival: 'by the garden',
      guests: 3n,
    });
    const [token] = await database.query('select * from tokens');
    expect(fields.openRow('tokens', token ?? {}, 'orders').reveal()).toMatchObject({ label: 'spare key' });
  });

  it('leaves what is under the active key as it is, byte for byte, and nulls and plain values too', async () => {
    await customers(3, fields);
    await insert(database, 'customers', { id: 9, password: 'plain' });
    const read = () => database.query('select * from customers order by id');
    const rows = await read();
    expect(await rotateFields({ database, fields })).toMatchObject({ changed: 0, left: 0, complete: true });
    await insert(database, 'customers', oldFields.sealRow('customers', customer(10)));
    const report = await rotateFields({ database, fields });
    expect(report.changed).toBe(1);
    expect(report.tables.find(({ table }) => table === 'customers')).toMatchObject({ unsealed: 1, passes: 1 });
    expect((await read()).slice(0, 4)).toEqual(rows);
  });

  it('seals password hashes anew for their account, and they still verify', async () => {
    const hashing = (keys: typeof after) =>
      createPasswords({ keys, engine: fakeEngine(), place: { application: 'shop', table: 'customers' } });
    const stored = await hashing(before).hash('salt marsh at low tide', { account: '5' });
    await insert(database, 'customers', { id: 5, password: stored });
    expect(await rotateFields({ database, fields })).toMatchObject({ changed: 1, left: 0, failures: [] });
    const { password } = await database.one<{ password: string }>('select password from customers');
    expect(password).not.toBe(stored);
    expect(fields.keyIdOf(password)).toBe(newKey);
    expect(await hashing(after).verify(password, 'salt marsh at low tide', { account: '5' })).not.toBeNull();
    expect(await hashing(after).verify(password, 'salt marsh at low tide', { account: '6' })).toBeNull();
  });

  it.each([
    ['the whole registration is under the old key', before],
    ['only the hash inside is under the old key', after],
  ])('moves a registration that waits, with the password hash inside, when %s', async (_, outer) => {
    const place = { table: 'safekeep.registrations', column: 'payload', row: 'r-1' };
    const hashPlace = { table: 'customers', column: 'password', row: 'r-1' };
    const hash = createEnvelopes({ application: 'shop', keys: before }).seal(
      { type: 'text', value: '$argon2id$' },
      hashPlace,
    );
    const value = { row: { email: 'ada@example.com' }, hash, extra: {} };
    const payload = createEnvelopes({ application: 'shop', keys: outer }).seal({ type: 'json', value }, place);
    await database.query(
      `insert into safekeep.registrations (id, token_hash, realm, login_index, payload, created_at, expires_at)
       values ('r-1', sha256('r'), 'customers', 'i', $1, now(), now())`,
      [payload],
    );
    expect(await rotateFields({ database, fields })).toMatchObject({ changed: 1, left: 0 });
    const envelopes = createEnvelopes({ application: 'shop', keys: after });
    const [row] = await database.query('select payload from safekeep.registrations');
    const moved = envelopes.open(row?.['payload'], place, 'json') as { hash: string; row: object };
    expect([fields.keyIdOf(row?.['payload']), fields.keyIdOf(moved.hash)]).toEqual([newKey, newKey]);
    expect(moved.row).toMatchObject({ email: 'ada@example.com' });
    expect(envelopes.open(moved.hash, hashPlace, 'text')).toBe('$argon2id$');
    expect(await rotateFields({ database, fields })).toMatchObject({ changed: 0 });
  });

  it('reads a table again for rows that somebody changed meanwhile, and lets the change stand', async () => {
    await customers(4);
    let writes = 0;
    const busy = contended(async () => {
      writes += 1;
      if (writes > 1) return;
      // A server that has not reloaded yet: its value is under the old key.
      const late = oldFields.sealRow('customers', { id: 2, points: 200n })['points'];
      await database.query('update customers set points = $1 where id = 2', [late]);
    });
    const report = await rotateFields({ database: busy, fields, tables: ['customers'] });
    expect(report.tables).toMatchObject([{ passes: 2, changed: 4, lost: 1, left: 0 }]);
    const [row] = await database.query('select * from customers where id = 2');
    expect(fields.openRow('customers', row ?? {}, 'account').reveal()['points']).toBe(200n);
  });

  it('goes round what does not open, says how much and why, and does not try for ever', async () => {
    await customers(5);
    // Moved from another row; sealed under a key that the ring does not have; of another type.
    await database.query('update customers set email = (select email from customers where id = 1) where id = 2');
    const foreign = createEnvelopes({ application: 'shop', keys: ringOf([otherKey]) });
    const place = { table: 'customers', column: 'points', row: 3 };
    await database.query('update customers set points = $1 where id = 3', [
      foreign.seal({ type: 'int64', value: 3n }, place),
    ]);
    const bigint = createEnvelopes({ application: 'shop', keys: before }).seal(
      { type: 'bigint', value: 4n },
      { ...place, row: 4 },
    );
    await database.query('update customers set points = $1 where id = 4', [bigint]);
    const report = await rotateFields({ database, fields });
    expect(report).toMatchObject({ left: 3, complete: true });
    expect(report.failures).toEqual([
      { table: 'customers', column: 'email', code: 'ERR_SEAL_BROKEN', rows: 1 },
      { table: 'customers', column: 'points', code: 'ERR_KEY_UNKNOWN', rows: 1 },
      { table: 'customers', column: 'points', code: 'ERR_VALUE_TYPE', rows: 1 },
    ]);
    expect(report.tables[0]).toMatchObject({ passes: 1 });
    expect(JSON.stringify(report)).not.toContain('example.com');
    expect(await keysOf('card')).toEqual([[newKey, 5]]);
  });

  it('ends between two batches when it is told to, and the next call goes on', async () => {
    await customers(9);
    const control = new AbortController();
    const heard: RotationProgress[] = [];
    const onProgress = (progress: RotationProgress) => {
      heard.push(progress);
      control.abort();
    };
    const first = await rotateFields({ database, fields, batchRows: 4, signal: control.signal, onProgress });
    expect(first).toMatchObject({ changed: 4, left: 15, complete: false });
    expect(heard).toEqual([{ table: 'customers', work: 'values', pass: 1, rows: 9, seen: 4, changed: 4, lost: 0 }]);
    expect(await rotateFields({ database, fields, batchRows: 4 })).toMatchObject({ changed: 5, left: 0 });
  });

  it('reads no faster than it is allowed to', async () => {
    await customers(7);
    let nowMs = 0;
    const waits: number[] = [];
    const clock = {
      nowMs: () => nowMs,
      wait: async (ms: number) => {
        waits.push(ms);
        nowMs += Math.max(0, ms);
      },
    };
    const throttle = { rowsPerSecond: 2 };
    expect(await rotateFields({ database, fields, tables: ['customers'], throttle, clock })).toMatchObject({ left: 0 });
    // Batches of two rows: one a second.
    expect(nowMs).toBe(3000);
    expect(waits.filter((ms) => ms > 0)).toEqual([1000, 1000, 1000]);
  });

  it('refuses fields without a policy, fields it does not know, and a table that holds nothing sealed', async () => {
    const plain = createFields({ application: 'shop', keys: after });
    const invalid = { code: 'ERR_OPTION_INVALID', facts: { option: 'fields' } };
    await expect(rotateFields({ database, fields: plain })).rejects.toMatchObject(invalid);
    await expect(rotateFields({ database, fields: { ...fields } })).rejects.toMatchObject(invalid);
    await expect(rotateFields({ database, fields, tables: ['product'] })).rejects.toMatchObject({
      code: 'ERR_POLICY_TABLE',
    });
  });

  it('ends with the error of a ring that was closed, and has written no half', async () => {
    await customers(3);
    const keys = ringOf([newKey, oldKey]);
    const closing = createFields({ application: 'shop', keys, policy: policy as Policy });
    const busy = contended(async () => keys.close());
    const done = rotateFields({ database: busy, fields: closing, batchRows: 1, tables: ['customers'] });
    await expect(done).rejects.toMatchObject({ code: 'ERR_KEY_RING_CLOSED' });
    expect(await keysOf('email')).toEqual([
      [oldKey, 2],
      [newKey, 1],
    ]);
  });
});
