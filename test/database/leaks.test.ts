import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/base/ports/database.js';
import { fromDriver } from '../../src/database/driver-errors.js';
import { postgres } from '../../src/database/postgres.js';
import { type TestDatabase, testDatabase } from '../services/database.js';

const planted = ['ada@example.com', '4111111111111111', '+1 202 555-0147', '12 Analytical Row', '1985-12-10'];
const [email, card, phone, street, born] = planted;

let db: TestDatabase;
let database: Database;
beforeAll(async () => {
  db = await testDatabase();
  database = db.database;
  await database.query(`create table customers (
    id int primary key, email text constraint customers_email_once unique, card text check (length(card) < 5 or id > 0),
    phone text not null, street varchar(40), born date)`);
  await database.query('insert into customers values (1, $1, $2, $3, $4, $5)', planted);
});
afterAll(() => db.drop());

/** Every way an error reaches a log. */
function everythingOf(error: unknown): string {
  const { stack = '', message = '', cause } = error as Error;
  const shown = inspect(error, { depth: 10, showHidden: true, getters: true });
  return [
    String(error),
    message,
    stack,
    inspect(cause),
    shown,
    JSON.stringify(error),
    JSON.stringify(Object.entries(error as object)),
  ].join('\n');
}

const failures: readonly (readonly [string, string, readonly unknown[]])[] = [
  ['a second row with the key', 'insert into customers values (2, $1, $2, $3, $4, $5)', planted],
  ['a check', 'insert into customers values (-1, null, $1, $2, $3, $4)', [card, phone, street, born]],
  ['a null', 'insert into customers values (3, null, $1, null, $2, $3)', [card, street, born]],
  ['a text that is no number', 'select $1::int', [email]],
  ['a text that is no date', 'select $1::date', [`${born} ${phone}`]],
  ['a text that is too long', 'update customers set street = $1', [`${street} ${street} ${street}`]],
  ['a value inside the SQL', `select ${phone?.replace('+', '')} '${email}'`, []],
  ['a JSON that is none', 'select $1::json', [`{"card": ${card}, ${street}`]],
  [
    'a raised exception',
    `do $$ begin raise exception 'no %', '${email}' using detail = '${card}', hint = '${street}'; end $$`,
    [],
  ],
];

describe('errors of the database', () => {
  it.each(failures)('carry nothing of %s', async (_, sql, values) => {
    const error = await database.query(sql, values).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ name: 'SafekeepError', facts: { sqlState: expect.stringMatching(/^[0-9A-Z]{5}$/) } });
    for (const value of planted) expect(everythingOf(error)).not.toContain(value);
  });

  it('say of a second row which rule it broke', async () => {
    const again = database.query('insert into customers values (2, $1, $2, $3, $4, $5)', planted);
    await expect(again).rejects.toMatchObject({
      code: 'ERR_DATABASE_UNIQUE',
      status: 409,
      facts: { sqlState: '23505', table: 'customers', constraint: 'customers_email_once' },
    });
  });

  it('say where in the SQL, and which column', async () => {
    await expect(database.query('select nonsense')).rejects.toMatchObject({
      facts: { sqlState: '42703', position: 8 },
    });
    await expect(database.query('insert into customers (id) values (5)')).rejects.toMatchObject({
      facts: { sqlState: '23502', column: 'phone' },
    });
  });

  it('name no constraint that is no identifier', () => {
    const error = fromDriver(Object.assign(new Error(email), { code: '23505', constraint: email, table: street }));
    expect(error.facts).toMatchObject({ constraint: '(unprintable)', table: '(unprintable)' });
  });

  it('are one code when nobody answers, with the reason of the system', async () => {
    const nobody = postgres('postgres://127.0.0.1:1/shop');
    await expect(nobody.query('select 1')).rejects.toMatchObject({
      code: 'ERR_DATABASE_UNAVAILABLE',
      status: 503,
      facts: { reason: 'ECONNREFUSED' },
    });
    await nobody.close();
  });

  it.each([
    ['57P03', 'ERR_DATABASE_UNAVAILABLE'],
    ['53300', 'ERR_DATABASE_UNAVAILABLE'],
    ['08006', 'ERR_DATABASE_UNAVAILABLE'],
    ['40001', 'ERR_DATABASE'],
  ])('call SQLSTATE %s %s', (sqlState, code) => {
    expect(fromDriver({ code: sqlState })).toMatchObject({ code, facts: { sqlState } });
  });

  it('call what the driver itself refuses an error of the statement, without its words', () => {
    expect(everythingOf(fromDriver(new TypeError(`bad ${email}`)))).not.toContain(email);
    expect(fromDriver(new TypeError('bad')).code).toBe('ERR_DATABASE');
    expect(fromDriver(undefined).code).toBe('ERR_DATABASE');
    expect(fromDriver(new Error('Connection terminated unexpectedly')).code).toBe('ERR_DATABASE_UNAVAILABLE');
  });
});
