import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { liveColumns } from '../../src/database/columns.js';
import { migrate } from '../../src/database/migrate.js';
import { type TestDatabase, testDatabase } from '../services/database.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
  await migrate(db.database);
  await db.database.query(`
    create table orders (id uuid primary key, total numeric not null, note text, at timestamptz, gone int);
    alter table orders drop column gone;
    create schema billing;
    create table billing.orders ("Id" bigint not null, raw bytea);
    create view recent as select id from orders`);
});
afterAll(() => db.drop());

describe('columns', () => {
  it('lists the tables of the application by name, with their schema beyond public, in the order of the columns', async () => {
    const live = await db.database.columns();
    expect([...live.keys()].sort()).toEqual(['billing.orders', 'orders', 'recent']);
    expect(live.get('orders')).toEqual([
      { name: 'id', type: 'uuid', nullable: false },
      { name: 'total', type: 'numeric', nullable: false },
      { name: 'note', type: 'text', nullable: true },
      { name: 'at', type: 'timestamp with time zone', nullable: true },
    ]);
    expect(live.get('billing.orders')).toEqual([
      { name: 'Id', type: 'bigint', nullable: false },
      { name: 'raw', type: 'bytea', nullable: true },
    ]);
  });

  it('leaves out our tables, the catalogue and tables of a session', async () => {
    const live = await db.database.transaction(async (tx) => {
      await tx.query('create temporary table passing (id int) on commit drop');
      return liveColumns(tx);
    });
    expect([...live.keys()].filter((name) => /^(pg_|information_schema|safekeep)|passing/.test(name))).toEqual([]);
  });
});
