import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database, Row } from '../../src/base/ports/database.js';
import type { Secret } from '../../src/base/secret.js';
import { createEnvelopes } from '../../src/envelope/index.js';
import { createFields } from '../../src/fields/index.js';
import { definePolicy, type Policy } from '../../src/policy/index.js';
import { type TestDatabase, testDatabase } from '../services/database.js';
import { ring } from './shop.js';

const keys = ring();
const purposes = { account: 'contract', orders: 'contract' } as const;
const policy = definePolicy({
  application: 'shop',
  purposes,
  tables: {
    billing: {
      row: 'id',
      seal: 'row',
      indexes: { holder: { of: ['name', 'born'] } },
      columns: {
        name: { is: 'name', for: ['account', 'orders'], index: { name: 'name', normaliser: 'text/1' } },
        born: { is: 'date_of_birth', for: ['account'] },
        card: { is: 'card_number', for: ['orders'] },
        points: { is: 'interest', for: ['account'], value: 'int64' },
        letter: { is: 'preference', for: ['account'] },
        note: 'not personal',
      },
    },
  },
});
const fields = createFields({ application: 'shop', keys, policy });
const anyFields = createFields({ application: 'shop', keys, policy: policy as Policy });
/** The same table after a release: one column more. */
const later = definePolicy({
  application: 'shop',
  purposes,
  tables: {
    billing: {
      row: 'id',
      seal: 'row',
      version: 2,
      columns: {
        vat: { is: 'name', for: ['orders'] },
        born: { is: 'date_of_birth', for: ['account'] },
        card: { is: 'card_number', for: ['orders'] },
        points: { is: 'interest', for: ['account'], value: 'int64' },
        name: { is: 'name', for: ['account', 'orders'] },
      },
    },
  },
});
const laterFields = createFields({ application: 'shop', keys, policy: later });
const ada = {
  id: 7,
  name: 'Ada',
  born: '1990-12-10',
  card: '4111111111111111',
  points: 12n,
  letter: true,
  note: 'x',
} as const;
const code = (expected: string) => expect.objectContaining({ code: expected });
const onlyTypes = (_work: () => unknown): void => undefined;

describe('a sealed row', () => {
  it('is one value in one column, beside what is not sealed and the indexes', () => {
    const stored = fields.sealRow('billing', ada);
    expect(Object.keys(stored).sort()).toEqual(['holder_index', 'id', 'letter', 'name_index', 'note', 'sealed']);
    const bytes = Buffer.from(String(stored['sealed']).slice(4), 'base64url');
    expect([...bytes.subarray(0, 2)]).toEqual([0xc1, 0x11]);
    expect(fields.keyIdOf(stored['sealed'])).toBe(0x01020304);
    for (const text of ['Ada', '4111', '1990']) expect(JSON.stringify(stored)).not.toContain(text);
  });

  it('opens a purpose’s columns only, each as its own Secret', () => {
    const stored = fields.sealRow('billing', ada);
    const forOrders = fields.openRow('billing', stored, 'orders');
    expect(forOrders.reveal()).toEqual({ id: 7, note: 'x', name: 'Ada', card: ada.card });
    const { name, born, points, letter } = fields.openRow('billing', { ...stored, id: '7' }, 'account');
    expect([name, born, points, letter].map((secret) => secret?.reveal())).toEqual(['Ada', ada.born, 12n, true]);
    expect(`${String(name)}${JSON.stringify(forOrders)}`).not.toContain('Ada');
    const typed: Secret<bigint> | null = points;
    expect(typed?.reveal()).toBe(12n);
    onlyTypes(() => {
      // @ts-expect-error the purpose `orders` has no right to the points
      forOrders.points;
      // @ts-expect-error the sealed row itself is not for reading
      forOrders.sealed;
      // @ts-expect-error points are whole numbers of 64 bits
      fields.sealRow('billing', { id: 1, points: 'many' });
      // @ts-expect-error an undeclared column
      fields.sealRows('billing', [{ id: 1, nickname: 'x' }]);
      // @ts-expect-error an undeclared purpose
      fields.openRows('billing', [stored], 'marketing');
      // @ts-expect-error an undeclared column of an index
      fields.blindIndexes('billing', { nickname: 'x' });
      // @ts-expect-error a number is nothing that an index holds
      void fields.findRows('billing', { points: 7n }, { database: undefined as never });
    });
  });

  it('keeps null as null and a column that was left out as null', () => {
    const stored = fields.sealRow('billing', { id: 1, name: null, card: '' });
    expect(fields.openRow('billing', stored, 'orders').reveal()).toEqual({ id: 1, name: null, card: '' });
    expect(fields.openRow('billing', stored, 'account').born).toBeNull();
    expect(fields.openRow('billing', { id: 1, sealed: null }, 'orders').reveal()).toMatchObject({ card: null });
    expect(fields.openRow('billing', { id: 1, note: 'x' }, 'orders')).not.toHaveProperty('card');
    expect(fields.sealRow('billing', { id: 1, note: 'y' })).toEqual({ id: 1, note: 'y' });
  });

  it('opens nowhere but in its row, and not after a bit of it was changed', () => {
    const stored = fields.sealRow('billing', ada);
    const broken = code('ERR_SEAL_BROKEN');
    expect(() => fields.openRow('billing', { ...stored, id: 8 }, 'orders')).toThrow(broken);
    const bytes = Buffer.from(String(stored['sealed']).slice(4), 'base64url');
    bytes[bytes.length - 20] = (bytes[bytes.length - 20] ?? 0) ^ 1;
    const sealed = `sf1.${bytes.toString('base64url')}`;
    expect(() => fields.openRow('billing', { ...stored, sealed }, 'orders')).toThrow(broken);
  });

  it('has no columns to seal or open one by one', () => {
    const place = { table: 'billing', column: 'card', row: 7 } as const;
    expect(() => fields.seal('4111111111111111', place)).toThrow(code('ERR_COLUMN_REFUSED'));
    expect(() => fields.open('sf1.', place, 'orders')).toThrow(code('ERR_COLUMN_REFUSED'));
    expect(() => anyFields.sealRow('billing', { id: 1, sealed: 'x' })).toThrow(code('ERR_COLUMN_REFUSED'));
  });

  it('is read by a later declaration, where a column added since is null', () => {
    const stored = fields.sealRow('billing', ada);
    expect(laterFields.openRow('billing', stored, 'orders').reveal()).toEqual({
      ...{ id: 7, vat: null, card: ada.card, name: 'Ada' },
    });
    const newer = laterFields.sealRow('billing', { id: 7, vat: 'GB1', card: 'c' });
    expect(fields.openRow('billing', newer, 'orders').reveal()).toEqual({ id: 7, name: null, card: 'c' });
  });

  it('does not open when a column changed its type, rather than be misread', () => {
    const other = definePolicy({
      application: 'shop',
      purposes,
      tables: {
        billing: { row: 'id', seal: 'row', columns: { points: { is: 'interest', for: ['account'], value: 'json' } } },
      },
    });
    const stored = fields.sealRow('billing', ada);
    const otherFields = createFields({ application: 'shop', keys, policy: other });
    expect(() => otherFields.openRow('billing', stored, 'account')).toThrow(code('ERR_SEAL_BROKEN'));
  });

  it('is sealed and opened in batches, in order; one that is refused refuses all', () => {
    const rows = fields.sealRows('billing', [ada, { ...ada, id: 8, name: 'Grace' }]);
    expect(fields.openRows('billing', rows, 'orders').map(({ name }) => name?.reveal())).toEqual(['Ada', 'Grace']);
    const refused = code('ERR_VALUE_TYPE');
    expect(() => anyFields.sealRows('billing', [ada, { id: 9, points: 'x' }])).toThrow(refused);
    expect(() => fields.openRows('billing', [rows[0] as Row, { ...rows[1], id: 7 }], 'orders')).toThrow(
      code('ERR_SEAL_BROKEN'),
    );
  });

  it('reindexes from its inside', () => {
    const stored = fields.sealRow('billing', ada);
    const right = { name_index: stored['name_index'], holder_index: stored['holder_index'] };
    expect(fields.reindexRow('billing', stored)).toBeNull();
    expect(fields.reindexRow('billing', { ...stored, name_index: 'old', holder_index: null })).toEqual(right);
  });
});

describe('updateRow of a sealed row', () => {
  let server: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    server = await testDatabase();
    database = server.database;
    await database.query(`create table billing (id int primary key, sealed text, name_index text, holder_index text,
      letter boolean, note text)`);
  });
  afterAll(() => server.drop());
  const read = (id: number) => database.one('select * from billing where id = $1', [id]);
  async function insert(id: number): Promise<Row> {
    const row = fields.sealRow('billing', { ...ada, id });
    const names = Object.keys(row);
    const places = names.map((_, at) => `$${at + 1}`);
    const sql = `insert into billing (${names.join(', ')}) values (${places.join(', ')}) returning *`;
    return await database.one(sql, Object.values(row));
  }

  it('loses no column of many writers that change one each, with nothing or a stale row in hand', async () => {
    const stale = await insert(1);
    const update = (patch: Parameters<typeof fields.sealRow>[1], from: Row) =>
      fields.updateRow('billing', from, patch, { database });
    await Promise.all([
      update({ name: 'Grace' }, stale),
      update({ card: '4242424242424242' }, stale),
      update({ born: '1991-01-01' }, { id: 1 }),
      update({ points: 13n, note: 'y' }, { id: 1 }),
    ]);
    const row = await read(1);
    expect(fields.openRow('billing', row, 'account').reveal()).toMatchObject({
      ...{ name: 'Grace', born: '1991-01-01', points: 13n, note: 'y', letter: true },
    });
    expect(fields.openRow('billing', row, 'orders').card?.reveal()).toBe('4242424242424242');
    expect(fields.reindexRow('billing', row)).toBeNull();
  });

  it('finds the row by its new index', async () => {
    await insert(2);
    await fields.updateRow('billing', { id: 2 }, { name: 'Lin' }, { database });
    const found = await fields.findRows('billing', { name: 'lin', born: ada.born }, { database });
    expect(found.map(({ id }) => id)).toEqual([2]);
  });

  it('leaves the seal alone when nothing sealed changes', async () => {
    const stored = await insert(3);
    const written = await fields.updateRow('billing', { id: 3 }, { letter: false }, { database });
    expect(written).toEqual({ ...stored, letter: false });
  });

  it('keeps fields of a newer declaration that this one does not know', async () => {
    const { sealed } = laterFields.sealRow('billing', { id: 4, vat: 'GB1', card: 'c' });
    await database.query('insert into billing (id, sealed) values (4, $1)', [sealed]);
    await fields.updateRow('billing', { id: 4 }, { card: 'd' }, { database });
    const row = await read(4);
    expect(laterFields.openRow('billing', row, 'orders').reveal()).toMatchObject({ vat: 'GB1', card: 'd' });
    const place = { table: 'billing', column: 'sealed', row: 4 };
    expect(createEnvelopes({ application: 'shop', keys }).openMap(row['sealed'], place).schema).toBe(2);
  });

  it('gives up when the row is sealed anew on every try', async () => {
    const stored = await insert(5);
    const busy = {
      query: async (sql: string, values?: readonly unknown[]) => {
        const { sealed } = fields.sealRow('billing', { ...ada, id: 5 });
        if (sql.startsWith('update')) await database.query('update billing set sealed = $1 where id = 5', [sealed]);
        return await database.query(sql, values);
      },
    } as Pick<Database, 'query'>;
    const update = fields.updateRow('billing', stored, { card: 'z' }, { database: busy });
    await expect(update).rejects.toEqual(code('ERR_ROW_CONTENDED'));
  });
});
