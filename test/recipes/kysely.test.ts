import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { guardKyselyDialect } from '../../src/queries/index.js';
import { type TestDatabase, testDatabase } from '../services/database.js';
import { ada, createTable, fieldsOfShop, grace, policy, refused } from './shop.js';

interface Customers {
  id: string;
  email: string | null;
  email_index: string | null;
  born: string | null;
  joined: number;
}
let server: TestDatabase;
let db: Kysely<{ customers: Customers }>;
const fields = fieldsOfShop();

beforeAll(async () => {
  server = await testDatabase();
  await server.database.query(createTable);
  const pool = new pg.Pool({ connectionString: server.url, max: 2 });
  db = new Kysely({ dialect: guardKyselyDialect(new PostgresDialect({ pool }), policy) });
});
afterAll(async () => {
  await db.destroy();
  await server.drop();
});

describe('the recipe for Kysely', () => {
  it('writes, finds and opens rows', async () => {
    const rows = fields.sealRows('customers', [ada, grace]) as unknown as readonly Customers[];
    await db
      .insertInto('customers')
      .values([...rows])
      .execute();
    const indexes = fields.blindIndexes('customers', { email: 'Grace@example.com' });
    const hits = await db
      .selectFrom('customers')
      .selectAll()
      .where('email_index', 'in', [...indexes])
      .execute();
    const [stored] = fields.confirm('customers', { email: grace.email }, hits);
    expect(fields.openRow('customers', stored ?? {}, 'account').reveal()).toEqual(grace);
  });

  it('changes a row by comparing and swapping', async () => {
    const kysely = { query: async (text: string, values: readonly unknown[] = []) => await run(text, values) };
    const stored = await db.selectFrom('customers').selectAll().where('id', '=', ada.id).executeTakeFirstOrThrow();
    await fields.updateRow('customers', { ...stored }, { email: 'ada@example.net' }, { database: kysely as never });
    const now = await db.selectFrom('customers').selectAll().where('id', '=', ada.id).executeTakeFirstOrThrow();
    expect(fields.openRow('customers', { ...now }, 'account').email?.reveal()).toBe('ada@example.net');
  });
  async function run(text: string, values: readonly unknown[]) {
    const { CompiledQuery } = await import('kysely');
    return (await db.executeQuery<Record<string, unknown>>(CompiledQuery.raw(text, [...values]))).rows;
  }

  const from = () => db.selectFrom('customers').select('id');
  it.each([
    ['orderBy', () => from().orderBy('email')],
    ['orderBy of an alias', () => db.selectFrom('customers as c').select('c.email as mail').orderBy('mail')],
    ['a range', () => from().where('born', '>', '1990-01-01')],
    ['between', () => from().where((e) => e.between('born', 'a', 'b'))],
    ['like', () => from().where('email', 'like', '%example%')],
    ['equality with plaintext', () => from().where('email', '=', ada.email)],
    ['equality with a list of plaintexts', () => from().where('email', 'in', [ada.email, grace.email])],
    ['min', () => db.selectFrom('customers').select((e) => e.fn.min('born').as('first'))],
    ['count distinct', () => db.selectFrom('customers').select((e) => e.fn.count('email').distinct().as('n'))],
    ['distinct', () => db.selectFrom('customers').select('email').distinct()],
    [
      'groupBy',
      () =>
        db
          .selectFrom('customers')
          .select((e) => e.fn.countAll().as('n'))
          .groupBy('email'),
    ],
    [
      'a join by it',
      () => from().innerJoin('customers as o', 'o.email', 'customers.email').clearSelect().select('o.id'),
    ],
    ['raw sql', () => from().where(sql<boolean>`lower(email) = 'x'`)],
    ['raw sql with a reference', () => from().orderBy(sql`${sql.ref('customers.email')} desc`)],
    ['a subquery', () => from().where('id', 'in', (e) => e.selectFrom('customers').select('id').orderBy('born'))],
    [
      'a common table expression',
      () =>
        db
          .with('s', (d) => d.selectFrom('customers').select('email'))
          .selectFrom('s')
          .select('email')
          .orderBy('email'),
    ],
    ['plaintext inserted', () => db.insertInto('customers').values({ ...ada, email_index: null })],
    ['plaintext set', () => db.updateTable('customers').set({ email: ada.email }).where('id', '=', ada.id)],
    ['a copy', () => db.updateTable('customers').set((e) => ({ email: e.ref('born') }))],
  ])('throws where it is built: %s', (_what, build) => {
    expect(() => build().compile()).toThrow(expect.objectContaining(refused));
  });

  it('throws on execution too, in a transaction, and before anything is sent', async () => {
    await expect(from().orderBy('email').execute()).rejects.toMatchObject(refused);
    await expect(
      db.transaction().execute(async (tx) => await tx.selectFrom('customers').select('id').orderBy('born').execute()),
    ).rejects.toMatchObject(refused);
  });

  it('leaves the rest of the dialect as it is', async () => {
    const tables = await db.introspection.getTables();
    expect(tables.map(({ name }) => name)).toContain('customers');
    expect(from().where('email', 'is', null).orderBy('joined').compile().sql).toContain('is null');
  });
});
