import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database, Row } from '../../src/base/ports/database.js';
import { createFields } from '../../src/fields/index.js';
import type { Policy } from '../../src/policy/index.js';
import { type TestDatabase, testDatabase } from '../services/database.js';
import { ada, policy, ring } from './shop.js';

const fields = createFields({ application: 'shop', keys: ring(), policy });
const anyFields = createFields({ application: 'shop', keys: ring(), policy: policy as Policy });
let server: TestDatabase;
let database: Database;
let rows = 0;

beforeAll(async () => {
  server = await testDatabase();
  database = server.database;
  await database.query(`create table customers (id text primary key, email text, email_index text, phone text,
    phone_index text, card text, born text, points text, profile text, letter boolean, bought jsonb, password text,
    created_at text)`);
});
afterAll(() => server.drop());

async function insert(): Promise<Row> {
  rows += 1;
  const row = fields.sealRow('customers', { ...ada, id: `u-${rows}` });
  const names = Object.keys(row);
  const values = Object.entries(row).map(([name, value]) => (name === 'bought' ? JSON.stringify(value) : value));
  return await database.one(
    `insert into customers (${names.join(', ')}) values (${names.map((_, at) => `$${at + 1}`).join(', ')}) returning *`,
    values,
  );
}
const read = (id: unknown) => database.one('select * from customers where id = $1', [id]);

/** A database in which something else writes first, as often as told. */
function contended(before: (attempt: number) => Promise<unknown>): Pick<Database, 'query'> {
  let attempt = 0;
  return {
    query: async (sql, values) => {
      if (sql.startsWith('update')) {
        attempt += 1;
        await before(attempt);
      }
      return await database.query(sql, values);
    },
  };
}

describe('updateRow', () => {
  it('seals the patch, writes its blind indexes too, and returns the row as it is stored', async () => {
    const stored = await insert();
    const written = await fields.updateRow(
      'customers',
      stored,
      { email: 'grace@example.com', letter: true },
      { database },
    );
    expect(written).toEqual(await read(stored['id']));
    expect(written['email_index']).toBe(fields.blindIndex('customers', 'email', 'grace@example.com'));
    expect(written['card']).toBe(stored['card']);
    expect(fields.openRow('customers', written, 'orders').email?.reveal()).toBe('grace@example.com');
    expect(written['letter']).toBe(true);
  });

  it('needs no more of the row than its key', async () => {
    const { id } = await insert();
    const written = await fields.updateRow('customers', { id }, { card: '4242424242424242' }, { database });
    expect(fields.openRow('customers', written, 'orders').card?.reveal()).toBe('4242424242424242');
  });

  it('sets a value to null and back, with its index', async () => {
    const stored = await insert();
    const without = await fields.updateRow('customers', stored, { phone: null }, { database });
    expect([without['phone'], without['phone_index']]).toEqual([null, null]);
    const again = await fields.updateRow('customers', without, { phone: '555 0199' }, { database });
    expect(again['phone_index']).toBe(fields.blindIndex('customers', 'phone', '5550199'));
  });

  it('writes JSON that is kept clear as JSON', async () => {
    const stored = await insert();
    const written = await fields.updateRow('customers', stored, { bought: [{ sku: 'tea' }] }, { database });
    expect(written['bought']).toEqual([{ sku: 'tea' }]);
  });

  it('writes over a rotation that came between, which loses neither', async () => {
    const stored = await insert();
    const rotated = fields.sealRow('customers', { id: stored['id'] as string, card: ada.card })['card'];
    const rotation = contended(async (attempt) => {
      if (attempt > 1) return;
      await database.query('update customers set card = $1 where id = $2', [rotated, stored['id']]);
    });
    const written = await fields.updateRow('customers', stored, { card: '4242424242424242' }, { database: rotation });
    expect(fields.openRow('customers', written, 'orders').card?.reveal()).toBe('4242424242424242');
  });

  it('loses no update of many at once when the patch is computed from the row', async () => {
    const stored = await insert();
    const add = (row: Row) => {
      const { points } = fields.openRow('customers', row, 'account').reveal();
      return { points: (points ?? 0n) + 1n };
    };
    await Promise.all(Array.from({ length: 6 }, () => fields.updateRow('customers', stored, add, { database })));
    expect(fields.openRow('customers', await read(stored['id']), 'account').points?.reveal()).toBe(18n);
  });

  it('gives up when the row changes on every try, and has written nothing', async () => {
    const stored = await insert();
    let last: unknown;
    const busy = contended(async () => {
      last = fields.sealRow('customers', { id: stored['id'] as string, card: ada.card })['card'];
      await database.query('update customers set card = $1 where id = $2', [last, stored['id']]);
    });
    const patch = { card: '4242424242424242' };
    await expect(fields.updateRow('customers', stored, patch, { database: busy })).rejects.toMatchObject({
      code: 'ERR_ROW_CONTENDED',
      facts: { tries: 8 },
    });
    expect((await read(stored['id']))['card']).toBe(last);
  });

  it('refuses a row that is not there, a row without its key, and a change of the key', async () => {
    const stored = await insert();
    const update = (row: Row, patch: Row) => anyFields.updateRow('customers', row, patch, { database });
    await expect(update({ id: 'nobody' }, { card: 'x' })).rejects.toMatchObject({ code: 'ERR_ROW_NOT_FOUND' });
    await expect(update({ id: 'nobody' }, { letter: true })).rejects.toMatchObject({ code: 'ERR_ROW_NOT_FOUND' });
    await expect(update({}, { card: 'x' })).rejects.toMatchObject({ code: 'ERR_ROW_KEY_MISSING' });
    await expect(update(stored, { id: 'other' })).rejects.toMatchObject({ code: 'ERR_COLUMN_REFUSED' });
    await expect(update(stored, { nickname: 'x' })).rejects.toMatchObject({ code: 'ERR_COLUMN_REFUSED' });
    await expect(update(stored, { card: 7 })).rejects.toMatchObject({ code: 'ERR_VALUE_TYPE' });
    expect(await read(stored['id'])).toEqual(stored);
  });

  it('writes nothing for an empty patch and answers the row as it is', async () => {
    const stored = await insert();
    expect(await fields.updateRow('customers', { id: stored['id'] }, {}, { database })).toEqual(stored);
    await expect(fields.updateRow('customers', { id: 'nobody' }, {}, { database })).rejects.toMatchObject({
      code: 'ERR_ROW_NOT_FOUND',
    });
  });
});
