import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/base/ports/database.js';
import { createQueryCheck, guardDatabase } from '../../src/queries/index.js';
import { type TestDatabase, testDatabase } from '../services/database.js';
import { ada, createTable, fieldsOfShop, grace, policy, refused } from './shop.js';

let server: TestDatabase;
let database: Database;
const fields = fieldsOfShop();

beforeAll(async () => {
  server = await testDatabase();
  database = guardDatabase(server.database, policy);
  await database.query(createTable);
});
afterAll(async () => await server.drop());

describe('the recipe for the toolkit’s own database', () => {
  it('writes, finds, opens and changes rows through the guard', async () => {
    for (const row of [ada, grace]) {
      const stored = fields.sealRow('customers', row);
      const { id, email, email_index, born, joined } = stored;
      await database.transaction(async (tx) => {
        await fields.claimUnique('customers', row, { tx });
        await tx.query('insert into customers (id, email, email_index, born, joined) values ($1, $2, $3, $4, $5)', [
          ...[id, email, email_index, born, joined],
        ]);
      });
    }
    const [found] = await fields.findRows('customers', { email: 'ADA@example.com' }, { database });
    expect(fields.openRow('customers', found ?? {}, 'account').reveal()).toEqual(ada);
    await fields.updateRow('customers', found ?? {}, { born: '1990-12-11' }, { database });
    const stored = await database.one('select * from customers where id = $1', [ada.id]);
    expect(fields.openRow('customers', stored, 'account').born?.reveal()).toBe('1990-12-11');
  });

  it('binds a value to its row: the same bytes in another row do not open', async () => {
    const stored = fields.sealRow('customers', ada);
    expect(() => fields.openRow('customers', { ...stored, id: grace.id }, 'account')).toThrow(
      expect.objectContaining({ code: 'ERR_SEAL_BROKEN' }),
    );
  });

  it('refuses what only the plaintext could answer, in a transaction too, and sends nothing', async () => {
    const sorted = 'select id from customers order by email';
    await expect(database.query(sorted)).rejects.toMatchObject(refused);
    await expect(database.one('select id from customers where email = $1', [ada.email])).rejects.toMatchObject(refused);
    await expect(database.transaction(async (tx) => await tx.query(sorted))).rejects.toMatchObject(refused);
    await expect(
      database.transaction(async (tx) => await tx.one('select min(born) as first from customers')),
    ).rejects.toMatchObject(refused);
    const unsent = guardDatabase(
      { ...server.database, query: () => expect.unreachable('it was sent') as never },
      policy,
    );
    await expect(unsent.query(sorted)).rejects.toMatchObject(refused);
    expect((await database.columns()).get('customers')?.length).toBe(5);
  });
});

describe('the recipe for plain pg', () => {
  it('checks each statement where the application sends it', async () => {
    const pool = new pg.Pool({ connectionString: server.url, max: 1 });
    const check = createQueryCheck(policy);
    const query = async (sql: string, values: unknown[] = []) => {
      check(sql, values);
      return (await pool.query<Record<string, unknown>>(sql, values)).rows;
    };
    const [stored] = await query('select * from customers where email_index = any($1)', [
      fields.blindIndexes('customers', { email: grace.email }),
    ]);
    const [confirmed] = fields.confirm('customers', { email: grace.email }, stored === undefined ? [] : [stored]);
    expect(fields.openRow('customers', confirmed ?? {}, 'account').reveal()).toEqual(grace);
    await expect(query('select id from customers where born < $1', ['1990-01-01'])).rejects.toMatchObject(refused);
    await pool.end();
  });
});
