import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sqlSecurityEvents } from '../../src/audit/sql-security-events.js';
import { nameOf } from '../../src/base/names.js';
import { migrate } from '../../src/database/migrate.js';
import { type TestDatabase, testDatabase } from '../services/database.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
  await migrate(db.database);
});
afterAll(() => db.drop());

describe('sqlSecurityEvents', () => {
  it('keeps events with the time of the server and gives the newest of its realm first', async () => {
    const events = sqlSecurityEvents({ database: db.database, realm: 'shop' });
    const before = Date.now();
    await events.record({
      kind: 'login.failed',
      account: '17',
      facts: { attempts: 2, rule: nameOf('subnet'), left: undefined },
    });
    await events.record({ kind: 'key.activated' });
    await sqlSecurityEvents({ database: db.database }).record({ kind: 'other.realm' });
    const [newest, oldest, ...rest] = await events.latest(10);
    expect(rest).toEqual([]);
    expect(newest).toMatchObject({ realm: 'shop', kind: 'key.activated', account: null, facts: {} });
    expect(oldest).toMatchObject({
      realm: 'shop',
      kind: 'login.failed',
      account: '17',
      facts: { attempts: 2, rule: 'subnet' },
    });
    expect(Math.abs((oldest?.at.getTime() ?? 0) - before)).toBeLessThan(60_000);
    expect(await events.latest(1)).toEqual([newest]);
    expect((await sqlSecurityEvents({ database: db.database }).latest(10)).map(({ kind }) => kind)).toEqual([
      'other.realm',
    ]);
  });

  it('commits with the transaction it is given, or not at all', async () => {
    const events = sqlSecurityEvents({ database: db.database, realm: 'rolled-back' });
    const failing = db.database.transaction(async (tx) => {
      await events.record({ kind: 'reset.redeemed', account: '17' }, tx);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await events.latest(1)).toEqual([]);
    await db.database.transaction((tx) => events.record({ kind: 'reset.redeemed', account: '17' }, tx));
    expect(await events.latest(1)).toHaveLength(1);
  });

  it('does not keep a kind that is no identifier: it could be what a person typed', async () => {
    const events = sqlSecurityEvents({ database: db.database, realm: 'typed' });
    await events.record({ kind: 'ada@example.com' });
    expect(await events.latest(1)).toMatchObject([{ kind: '(unprintable)' }]);
  });

  it.each([
    ['an update', "update safekeep.security_events set kind = 'nothing'"],
    ['an update of no row', 'update safekeep.security_events set kind = kind where false'],
    ['a delete', 'delete from safekeep.security_events'],
    ['a truncate', 'truncate safekeep.security_events'],
    [
      'an upsert',
      "insert into safekeep.security_events (id, kind) overriding system value values (1, 'x') on conflict (id) do update set kind = 'x'",
    ],
    ['a session that plays replica', 'set session_replication_role = replica; delete from safekeep.security_events'],
  ])('is append-only: the table refuses %s', async (_, sql) => {
    const count = async () => (await db.database.one('select count(*) as n from safekeep.security_events')).n;
    const before = await count();
    await expect(db.database.query(sql)).rejects.toMatchObject({ code: 'ERR_DATABASE', facts: { sqlState: '42501' } });
    expect(await count()).toBe(before);
  });

  it.each([0, 10_001, 1.5])('refuses to read %s events', async (count) => {
    const events = sqlSecurityEvents({ database: db.database });
    await expect(events.latest(count)).rejects.toMatchObject({ code: 'ERR_OPTION_INVALID' });
  });
});

describe('the role that docs/operations.md gives an application', () => {
  it('adds events, and can neither change them nor take the trigger away', async () => {
    const role = `shop_${process.pid}_${Date.now()}`;
    await db.database.query(`
      create role ${role};
      grant usage on schema safekeep to ${role};
      grant select, insert, update, delete on all tables in schema safekeep to ${role};
      revoke update, delete, truncate on safekeep.security_events from ${role};
      revoke insert, update, delete on safekeep.migrations from ${role}`);
    const as = (sql: string) =>
      db.database.transaction(async (tx) => {
        await tx.query(`set local role ${role}`);
        await tx.query(sql);
      });
    await as("insert into safekeep.security_events (kind) values ('login.failed')");
    await as("insert into safekeep.accounts values ('shop', '1', default, default, now(), now())");
    for (const sql of [
      'delete from safekeep.security_events',
      'truncate safekeep.security_events',
      'drop trigger append_only on safekeep.security_events',
      'alter table safekeep.security_events disable trigger append_only',
      'drop table safekeep.security_events',
      'set session_replication_role = replica',
      'delete from safekeep.migrations',
    ]) {
      await expect(as(sql)).rejects.toMatchObject({ facts: { sqlState: '42501' } });
    }
    await db.database.query(`drop owned by ${role}; drop role ${role}`);
  });
});
