import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/base/ports/database.js';
import { Secret } from '../../src/base/secret.js';
import { postgres } from '../../src/database/postgres.js';
import { type TestDatabase, testDatabase } from '../services/database.js';

let db: TestDatabase;
let database: Database;
beforeAll(async () => {
  db = await testDatabase();
  database = db.database;
  await database.query(`create table people (
    id int primary key, email text not null constraint people_email_once unique, born date, seen timestamptz, points bigint)`);
});
afterAll(() => db.drop());

describe('postgres: queries', () => {
  it('returns rows for parameters, and values as they are: dates without a shift, bigints without a loss', async () => {
    await database.query('insert into people values ($1, $2, $3, $4, $5)', [
      1,
      'ada@example.com',
      '1985-12-10',
      new Date('2026-01-02T03:04:05Z'),
      9007199254740993n,
    ]);
    expect(await database.query('select * from people where id = $1', [1])).toEqual([
      {
        id: 1,
        email: 'ada@example.com',
        born: '1985-12-10',
        seen: new Date('2026-01-02T03:04:05Z'),
        points: '9007199254740993',
      },
    ]);
  });

  it('gives exactly one row, or says that there was none or several', async () => {
    expect(await database.one('select 1 as n')).toEqual({ n: 1 });
    await expect(database.one('select 1 where false')).rejects.toMatchObject({
      code: 'ERR_ROW_NOT_FOUND',
      status: 404,
    });
    await expect(database.one('select generate_series(1, 3)')).rejects.toMatchObject({
      code: 'ERR_ROW_NOT_UNIQUE',
      facts: { rows: 3 },
    });
  });

  it('refuses a Secret as a value instead of storing its label', async () => {
    const values = [9, new Secret('grace@example.com', 'user.email')];
    const insert = database.query('insert into people (id, email) values ($1, $2)', values);
    await expect(insert).rejects.toMatchObject({ code: 'ERR_DATABASE_SECRET', facts: { parameter: 2 } });
  });

  it('plans a repeated query once, by name, and only while the option allows it', async () => {
    const repeat = async (on: Database) => {
      // One connection, so that both queries and the question meet on it.
      await on.query('select $1::int as repeated', [1]);
      await on.query('select $1::int as repeated', [2]);
      return on.query("select name from pg_prepared_statements where statement like '%as repeated'");
    };
    const named = postgres(db.url, { maxConnections: 1 });
    const unnamed = postgres(db.url, { maxConnections: 1, namedStatements: false });
    expect(await repeat(named)).toHaveLength(1);
    expect(await repeat(unnamed)).toHaveLength(0);
    await Promise.all([named.close(), unnamed.close()]);
  });

  it('goes on with a prepared `select *` after the table got a column', async () => {
    const one = postgres(db.url, { maxConnections: 1 });
    await one.query('create table shapes (id int)');
    const select = () => one.query('select * from shapes where id > $1', [0]);
    await one.query('insert into shapes values (1)');
    expect(await select()).toEqual([{ id: 1 }]);
    await database.query("alter table shapes add column name text default 'new'");
    expect(await select()).toEqual([{ id: 1, name: 'new' }]);
    expect(await select()).toEqual([{ id: 1, name: 'new' }]);
    await one.close();
  });

  it('has the server cancel a statement that runs too long', async () => {
    const hasty = postgres(db.url, { statementTimeoutMs: 20 });
    await expect(hasty.query('select pg_sleep(30)')).rejects.toMatchObject({
      code: 'ERR_DATABASE',
      facts: { sqlState: '57014' },
    });
    await hasty.close();
  });
});

describe('postgres: transactions', () => {
  const count = async () =>
    Number((await database.one<{ n: string }>('select count(*) as n from people where id >= 100')).n);

  it('commits what the work did and returns its result', async () => {
    const result = await database.transaction(async (tx) => {
      await tx.query('insert into people (id, email) values (100, $1)', ['alan@example.com']);
      return 'done';
    });
    expect(result).toBe('done');
    expect(await count()).toBe(1);
  });

  it('rolls everything back when the work throws, and passes its error on', async () => {
    const failing = database.transaction(async (tx) => {
      await tx.query('insert into people (id, email) values (101, $1)', ['joan@example.com']);
      throw new RangeError('not today');
    });
    await expect(failing).rejects.toThrow(new RangeError('not today'));
    expect(await count()).toBe(1);
  });

  it('does not call a transaction committed in which a failed statement was swallowed', async () => {
    const swallowing = database.transaction(async (tx) => {
      await tx.query('insert into people (id, email) values (102, $1)', ['kay@example.com']);
      await tx.query('select 1 / 0').catch(() => undefined);
    });
    await expect(swallowing).rejects.toMatchObject({ code: 'ERR_TRANSACTION_ROLLED_BACK' });
    expect(await count()).toBe(1);
  });

  it('refuses a transaction that is over: its connection may serve somebody else', async () => {
    let kept: Parameters<Parameters<Database['transaction']>[0]>[0] | undefined;
    await database.transaction(async (tx) => {
      kept = tx;
    });
    await expect(kept?.query('select 1')).rejects.toMatchObject({ code: 'ERR_TRANSACTION_OVER' });
    await expect(kept?.one('select 1')).rejects.toMatchObject({ code: 'ERR_TRANSACTION_OVER' });
  });

  it('survives a connection that the server ends in the middle, and gives the next work another', async () => {
    const small = postgres(db.url, { maxConnections: 1 });
    const cut = small.transaction(async (tx) => {
      const { pid } = await tx.one<{ pid: number }>('select pg_backend_pid() as pid');
      await database.query('select pg_terminate_backend($1)', [pid]);
      while ((await database.query('select 1 from pg_stat_activity where pid = $1', [pid])).length > 0);
      await tx.query('select 1');
    });
    await expect(cut).rejects.toMatchObject({ code: 'ERR_DATABASE_UNAVAILABLE', status: 503 });
    expect(await small.one('select 1 as n')).toEqual({ n: 1 });
    await small.close();
  });
});

describe('postgres: closing', () => {
  it('is unavailable after it was closed, and may be closed twice', async () => {
    const short = postgres(db.url);
    await short.query('select 1');
    await short.close();
    await short.close();
    await expect(short.query('select 1')).rejects.toMatchObject({ code: 'ERR_DATABASE_UNAVAILABLE' });
  });
});
