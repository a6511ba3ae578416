import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { migrate } from '../../../src/database/index.js';
import { redisSessionStore, type SessionStore } from '../../../src/sessions/index.js';
import { fixedRing } from '../../envelope/fixed-ring.js';
import { hasRedis, redisTitle } from '../../limits/backends.js';
import { type TestDatabase, testDatabase } from '../../services/database.js';
import { type RedisServer, startRedis } from '../../services/redis.js';

const keys = fixedRing([{ id: 7, key: Buffer.alloc(32, 1) }]);
const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);
const away = { code: 'ERR_SESSIONS_UNAVAILABLE', status: 503 };

describe.skipIf(!hasRedis)(redisTitle('a Redis with sessions that goes away'), () => {
  let test: TestDatabase;
  let server: RedisServer;
  let client: Redis;
  let store: SessionStore;
  let changes: boolean[];
  const now = () => new Date();
  const session = (account = 'ada') => ({
    ...{ idHash: randomBytes(32), account, epoch: undefined, browser: '', now: now() },
    expiresAt: new Date(Date.now() + 600_000),
  });
  beforeAll(async () => {
    process.on('unhandledRejection', note);
    test = await testDatabase();
    await migrate(test.database);
  });
  afterAll(async () => {
    process.off('unhandledRejection', note);
    await test.drop();
    expect(unhandled).toEqual([]);
  });
  beforeEach(async () => {
    await test.database.query('delete from safekeep.accounts');
    await test.database.query(
      `insert into safekeep.accounts (realm, account, confirmed_at, password_changed_at) values ('customers', 'ada', now(), now())`,
    );
    server = await startRedis();
    client = new Redis(server.port, '127.0.0.1', { retryStrategy: () => 20 });
    client.on('error', () => undefined);
    changes = [];
    store = redisSessionStore(client, {
      ...{ database: test.database, realm: 'customers', application: 'shop', keys, pauseMs: 100, timeoutMs: 100 },
      onChange: (isUp) => changes.push(isUp),
    });
    await client.ping();
  });
  afterEach(async () => {
    client.disconnect();
    await server.kill();
  });
  const epoch = async () => (await test.database.one<{ epoch: number }>('select epoch from safekeep.accounts')).epoch;

  it('is told as an outage: nobody is let in, and nobody is told to sign in again', async () => {
    const one = session();
    await store.create(one);
    await server.kill();
    for (let tries = 0; tries < 8; tries += 1) {
      await expect(store.find(one.idHash, now(), new Date(0))).rejects.toMatchObject(away);
    }
    await expect(store.create(session())).rejects.toMatchObject({ code: 'ERR_SESSIONS_UNAVAILABLE', status: 503 });
    await expect(store.touch(one.idHash, now())).rejects.toMatchObject(away);
    await expect(store.remove(one.idHash)).rejects.toMatchObject(away);
    await expect(store.removeOf('ada', one.idHash)).rejects.toMatchObject(away);
    await expect(store.list('ada', now(), new Date(0))).rejects.toMatchObject(away);
    expect(changes).toEqual([false]);
  });

  it('holds up no change of password: all sessions end by the raised epoch, and stay ended when it is back', async () => {
    const one = session();
    await store.create(one);
    expect(await store.find(one.idHash, now(), new Date(0))).not.toBeNull();
    server.pause();
    const before = await epoch();
    await store.removeAll('ada');
    expect(await epoch()).toBe(before + 1);
    server.resume();
    let found: unknown = 'nothing yet';
    for (let tries = 0; tries < 500 && found === 'nothing yet'; tries += 1) {
      found = await store.find(one.idHash, now(), new Date(0)).catch(() => 'nothing yet');
      await wait(5);
    }
    expect(found).toBeNull();
    expect(changes.at(-1)).toBe(true);
  });

  it('rolls back with the transaction that raised the epoch', async () => {
    const before = await epoch();
    await expect(
      test.database.transaction(async (tx) => {
        await store.removeAll('ada', tx);
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect(await epoch()).toBe(before);
  });

  it('must not be spoken to in plaintext beyond this machine', () => {
    const far = new Redis({ host: 'sessions.example', lazyConnect: true });
    const options = { database: test.database, realm: 'customers', application: 'shop', keys };
    expect(() => redisSessionStore(far, options)).toThrowError(
      expect.objectContaining({ code: 'ERR_SESSIONS_PLAINTEXT' }),
    );
    const reason = 'a private link between two racks';
    expect(() => redisSessionStore(far, { ...options, dangerouslyAllowPlaintextRedis: reason })).not.toThrow();
    far.disconnect();
  });
});
