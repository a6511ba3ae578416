import { asc, between, count, countDistinct, eq, gt, ilike, inArray, isNull, min, sql } from 'drizzle-orm';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import { integer, pgTable, text } from 'drizzle-orm/pg-core';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sealedQueryLogger } from '../../src/queries/index.js';
import { type TestDatabase, testDatabase } from '../services/database.js';
import { ada, createTable, fieldsOfShop, grace, policy, refused } from './shop.js';

const customers = pgTable('customers', {
  id: text().primaryKey(),
  email: text(),
  email_index: text(),
  born: text(),
  joined: integer().notNull(),
});
type Customer = typeof customers.$inferInsert;
let server: TestDatabase;
let pool: pg.Pool;
let db: NodePgDatabase<{ customers: typeof customers }>;
const fields = fieldsOfShop();

beforeAll(async () => {
  server = await testDatabase();
  await server.database.query(createTable);
  pool = new pg.Pool({ connectionString: server.url, max: 2 });
  db = drizzle(pool, { logger: sealedQueryLogger(policy), schema: { customers } });
});
afterAll(async () => {
  await pool.end();
  await server.drop();
});

describe('the recipe for Drizzle', () => {
  it('writes, finds and opens rows', async () => {
    const rows = fields.sealRows('customers', [ada, grace]) as unknown as Customer[];
    await db.insert(customers).values([...rows]);
    const indexes = fields.blindIndexes('customers', { email: 'Grace@example.com' });
    const hits = await db
      .select()
      .from(customers)
      .where(inArray(customers.email_index, [...indexes]));
    const [stored] = fields.confirm('customers', { email: grace.email }, hits);
    expect(fields.openRow('customers', stored ?? {}, 'account').reveal()).toEqual(grace);
  });

  it('changes a row by comparing and swapping', async () => {
    const query = async (statement: string, values: readonly unknown[] = []) =>
      (await pool.query<Record<string, unknown>>(statement, [...values])).rows;
    const [stored] = await db.select().from(customers).where(eq(customers.id, ada.id));
    await fields.updateRow('customers', { ...stored }, { email: 'ada@example.net' }, { database: { query } as never });
    const now = await db.query.customers.findFirst({ where: eq(customers.id, ada.id) });
    expect(fields.openRow('customers', { ...now }, 'account').email?.reveal()).toBe('ada@example.net');
  });

  const from = () => db.select({ id: customers.id }).from(customers);
  it.each([
    ['orderBy', () => from().orderBy(asc(customers.email))],
    ['a range', () => from().where(gt(customers.born, '1990-01-01'))],
    ['between', () => from().where(between(customers.born, 'a', 'b'))],
    ['ilike', () => from().where(ilike(customers.email, '%example%'))],
    ['equality with plaintext', () => from().where(eq(customers.email, ada.email))],
    ['a list of plaintexts', () => from().where(inArray(customers.email, [ada.email]))],
    ['min', () => db.select({ first: min(customers.born) }).from(customers)],
    ['count distinct', () => db.select({ n: countDistinct(customers.email) }).from(customers)],
    ['distinct', () => db.selectDistinct({ email: customers.email }).from(customers)],
    ['groupBy', () => db.select({ n: count() }).from(customers).groupBy(customers.email)],
    ['raw sql', () => db.execute(sql`select id from customers order by email`)],
    ['raw sql with a column', () => from().where(sql`lower(${customers.email}) = 'x'`)],
    ['plaintext inserted', () => db.insert(customers).values({ ...ada, id: 'c-3' })],
    ['plaintext set', () => db.update(customers).set({ email: ada.email }).where(eq(customers.id, ada.id))],
    ['a relational query', () => db.query.customers.findMany({ orderBy: asc(customers.email) })],
    [
      'a prepared query',
      () =>
        from()
          .where(eq(customers.email, sql.placeholder('email')))
          .prepare('p')
          .execute({ email: 'x' }),
    ],
    ['a transaction', () => db.transaction(async (tx) => await tx.select().from(customers).orderBy(customers.born))],
  ])('is refused before it is sent: %s', async (_what, run) => {
    const sent = await outcomeOf(run);
    expect(sent).toMatchObject(refused);
  });

  it('lets the rest through', async () => {
    expect(await from().where(isNull(customers.email)).orderBy(customers.joined)).toEqual([]);
    expect(await db.select({ n: count(customers.email) }).from(customers)).toEqual([{ n: 2 }]);
  });
});

/** The error, or that which Drizzle wrapped in one of its own. */
async function outcomeOf(run: () => PromiseLike<unknown>): Promise<unknown> {
  try {
    return await run();
  } catch (error) {
    return (error as { cause?: unknown }).cause ?? error;
  }
}
