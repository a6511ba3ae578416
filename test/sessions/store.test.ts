import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemRandom } from '../../src/base/clock.js';
import { migrate } from '../../src/database/index.js';
import { redisSessionStore, rememberVerified, type SessionStore, sqlSessionStore } from '../../src/sessions/index.js';
import { sessionRecords } from '../../src/sessions/redis/session-records.js';
import { verifiedEpoch } from '../../src/sessions/verified.js';
import { fixedRing } from '../envelope/fixed-ring.js';
import { hasRedis, redisTitle } from '../limits/backends.js';
import { redisClients } from '../redis/clients.js';
import { type TestDatabase, testDatabase } from '../services/database.js';

let test: TestDatabase;
const now = new Date(Date.UTC(2026, 0, 1));
const at = (seconds: number): Date => new Date(now.getTime() + seconds * 1000);
const expiresAt = at(600);
const longAgo = new Date(0);
const newId = (): Buffer => randomBytes(32);
const keys = fixedRing([{ id: 7, key: Buffer.alloc(32, 1) }]);

/** Of one test: accounts begin anew with each, and their epochs with them. */
let prefix = '';

interface Made {
  of(realm: string): SessionStore;
  readonly nodes: readonly Redis[];
  close(): Promise<unknown>;
}

const backends: Readonly<Record<string, () => Promise<Made>>> = {
  async PostgreSQL() {
    const of = (realm: string) => sqlSessionStore({ database: test.database, realm });
    return { of, nodes: [], close: async () => undefined };
  },
  ...Object.fromEntries(
    Object.entries(redisClients).map(([name, connect]) => [
      name,
      async (): Promise<Made> => {
        const { client, nodes, close } = await connect();
        const more = { database: test.database, application: 'shop', keys, epochSeconds: 5, timeoutMs: 5000 };
        return {
          of: (realm) => redisSessionStore(client, { ...more, prefix, realm }),
          nodes,
          async close() {
            await close();
            for (const node of nodes) node.disconnect();
          },
        };
      },
    ]),
  ),
};

beforeAll(async () => {
  test = await testDatabase();
  await migrate(test.database);
});
afterAll(() => test.drop());
beforeEach(async () => {
  prefix = `s${randomBytes(6).toString('hex')}`;
  await test.database.query('delete from safekeep.accounts');
  for (const realm of ['customers', 'subscribers']) {
    for (const account of ['ada', 'bob']) {
      await test.database.query(
        `insert into safekeep.accounts (realm, account, confirmed_at, password_changed_at) values ($1, $2, now(), now())`,
        [realm, account],
      );
    }
  }
});
const raise = () => test.database.query(`update safekeep.accounts set epoch = epoch + 1 where account = 'ada'`);

describe.each(Object.keys(backends))('sessions kept in %s', (name) => {
  const isHere = name === 'PostgreSQL' || hasRedis;
  let made: Made;
  let store: SessionStore;
  beforeAll(async () => {
    if (isHere) made = await (backends[name] as () => Promise<Made>)();
  });
  afterAll(() => made?.close());
  beforeEach(() => {
    if (isHere) store = made.of('customers');
  });
  const begin = async (account = 'ada', epoch: number | undefined = 1, from = now): Promise<Buffer> => {
    const idHash = newId();
    const session = { idHash, account, epoch, browser: 'Firefox', now: from, expiresAt };
    expect(await store.create(session)).toBe(true);
    return idHash;
  };
  const itHere = it.skipIf(!isHere);
  const titled = (title: string): string => (isHere ? title : redisTitle(title));

  itHere(titled('are found by their id until they end, expire, or lie idle'), async () => {
    const idHash = await begin();
    const found = { account: 'ada', createdAtMs: now.getTime(), seenAtMs: now.getTime() };
    expect(await store.find(idHash, now, longAgo)).toEqual(found);
    expect(await store.find(newId(), now, longAgo)).toBeNull();
    expect(await store.find(idHash, at(600), longAgo)).toBeNull();
    expect(await store.find(idHash, at(60), now)).toBeNull();
    await store.touch(idHash, at(30));
    expect(await store.find(idHash, at(60), now)).toEqual({ ...found, seenAtMs: at(30).getTime() });
    // Being seen does not make them longer.
    expect(await store.find(idHash, at(600), longAgo)).toBeNull();
    await store.remove(idHash);
    expect(await store.find(idHash, at(60), longAgo)).toBeNull();
    await store.touch(idHash, at(90));
    expect(await store.find(idHash, at(90), longAgo)).toBeNull();
    await store.remove(newId());
    // Seen and ended at once: the end stays.
    const both = await begin();
    await Promise.all([store.remove(both), store.touch(both, at(30))]);
    expect(await store.find(both, at(30), longAgo)).toBeNull();
  });

  itHere(titled('begin only for an active account at the epoch that was proven'), async () => {
    const session = { idHash: newId(), browser: '', now, expiresAt };
    expect(await store.create({ ...session, account: 'nobody', epoch: undefined })).toBe(false);
    expect(await store.create({ ...session, account: 'ada', epoch: 2 })).toBe(false);
    await test.database.query(`update safekeep.accounts set state = 'disabled' where account = 'bob'`);
    expect(await store.create({ ...session, account: 'bob', epoch: 1 })).toBe(false);
    expect(await store.create({ ...session, account: 'ada', epoch: undefined })).toBe(true);
  });

  itHere(
    titled('end when the account is disabled or its epoch is raised elsewhere, within the stated time'),
    async () => {
      const [raised, disabled] = [await begin('ada'), await begin('bob')];
      for (const idHash of [raised, disabled]) expect(await store.find(idHash, now, longAgo)).not.toBeNull();
      await raise();
      await test.database.query(`update safekeep.accounts set state = 'disabled' where account = 'bob'`);
      for (const idHash of [raised, disabled]) expect(await store.find(idHash, at(5), longAgo)).toBeNull();
      // And one that began at the new epoch counts at once, also where the old one was just read.
      const next = await begin('ada', 2, at(5));
      expect(await store.find(next, at(5), longAgo)).not.toBeNull();
      await raise();
      const other = made.of('customers');
      const last = newId();
      await other.create({ idHash: last, account: 'ada', epoch: 3, browser: '', now: at(6), expiresAt });
      expect(await store.find(last, at(6), longAgo)).not.toBeNull();
    },
  );

  itHere(titled('are listed for their owner, the last seen first, and none that would not be found'), async () => {
    const [one, two] = [await begin('ada'), await begin('ada', 1, at(10))];
    await begin('bob');
    const ended = await begin('ada');
    await store.remove(ended);
    const list = async (when = at(20), idleSince = longAgo) =>
      (await store.list('ada', when, idleSince)).map(({ idHash }) => idHash.toString('hex'));
    expect(await list()).toEqual([two, one].map((idHash) => idHash.toString('hex')));
    expect((await store.list('ada', at(20), longAgo))[0]).toMatchObject({ account: 'ada', browser: 'Firefox' });
    await store.touch(one, at(15));
    expect(await list()).toEqual([one, two].map((idHash) => idHash.toString('hex')));
    expect(await list(at(20), at(12))).toEqual([one.toString('hex')]);
    expect(await list(at(600))).toEqual([]);
    await raise();
    expect(await list()).toEqual([]);
    await begin('ada', 2);
    expect(await list()).toHaveLength(1);
    await test.database.query(`update safekeep.accounts set state = 'disabled'`);
    expect(await list()).toEqual([]);
  });

  itHere(titled('end one by one for their own account and for no other'), async () => {
    const [one, two] = [await begin('ada'), await begin('ada')];
    expect(await store.removeOf('bob', one)).toBe(false);
    expect(await made.of('subscribers').removeOf('ada', one)).toBe(false);
    expect(await store.find(one, now, longAgo)).not.toBeNull();
    expect(await store.removeOf('ada', one)).toBe(true);
    expect(await store.removeOf('ada', one)).toBe(false);
    expect(await store.find(one, now, longAgo)).toBeNull();
    expect(await store.find(two, now, longAgo)).not.toBeNull();
  });

  itHere(titled('end all at once, in their own realm only, and not those that begin afterwards'), async () => {
    const [one, two] = [await begin('ada'), await begin('ada')];
    const bobs = await begin('bob');
    await made.of('subscribers').removeAll('ada');
    expect(await store.find(one, now, longAgo)).not.toBeNull();
    await store.removeAll('ada');
    for (const idHash of [one, two]) expect(await store.find(idHash, now, longAgo)).toBeNull();
    expect(await store.find(bobs, now, longAgo)).not.toBeNull();
    expect(await store.find(await begin('ada', 2), now, longAgo)).not.toBeNull();
  });

  itHere(titled('are known in their own realm only'), async () => {
    const idHash = await begin();
    expect(await made.of('subscribers').find(idHash, now, longAgo)).toBeNull();
    expect(await made.of('subscribers').list('ada', now, longAgo)).toEqual([]);
  });

  if (name === 'PostgreSQL') return;
  itHere(titled('cannot be read, made or moved by who has that Redis'), async () => {
    const [adas, bobs] = [await begin('ada'), await begin('bob')];
    const keysOf = async () => (await Promise.all(made.nodes.map((node) => node.keys(`${prefix}:session*`)))).flat();
    const nodeOf = async (key: string): Promise<Redis> => {
      for (const node of made.nodes) if ((await node.keys(key)).length > 0) return node;
      throw new Error(`there is no ${key}`);
    };
    const own = (id: Buffer) => async () =>
      (await keysOf()).find((key) => key.endsWith(id.toString('base64url'))) ?? '';
    const [ada, bob] = [await own(adas)(), await own(bobs)()];
    const textOf = async (key: string) => (await (await nodeOf(key)).get(key)) ?? '';
    for (const key of [ada, bob]) {
      expect(await (await nodeOf(key)).pttl(key)).toBeGreaterThan(0);
      expect(await textOf(key)).toMatch(/^sf1\./);
    }
    for (const key of await keysOf()) expect(key).not.toMatch(/ada|bob|customers/);
    // Bob's session in Ada's list: she neither sees it there nor is told of it.
    for (const list of (await keysOf()).filter((key) => key.startsWith(`${prefix}:sessions:`))) {
      await (await nodeOf(list)).zadd(list, Date.now() + 60_000, bobs.toString('base64url'));
    }
    expect((await store.list('ada', now, longAgo)).map(({ idHash }) => idHash)).toEqual([adas]);
    // Bob's record under Ada's id, and a record of somebody else's making.
    await (await nodeOf(ada)).set(ada, await textOf(bob), 'KEEPTTL');
    expect(await store.find(adas, now, longAgo)).toBeNull();
    const forged = recordsOfAnotherRing();
    await (await nodeOf(ada)).set(ada, forged(adas), 'KEEPTTL');
    expect(await store.find(adas, now, longAgo)).toBeNull();
    await (await nodeOf(ada)).set(ada, '{"account":"ada"}', 'KEEPTTL');
    expect(await store.find(adas, now, longAgo)).toBeNull();
    expect(await store.list('ada', now, longAgo)).toEqual([]);
  });
});

function recordsOfAnotherRing(): (idHash: Buffer) => string {
  const records = sessionRecords({
    application: 'shop',
    keys: fixedRing([{ id: 7, key: Buffer.alloc(32, 2) }]),
    realm: 'customers',
    random: systemRandom,
  });
  const nowMs = now.getTime();
  const times = { createdAtMs: nowMs, seenAtMs: nowMs, expiresAtMs: expiresAt.getTime() };
  return (idHash) => records.seal(idHash, { account: 'ada', epoch: 1, browser: '', ...times });
}

describe('sessions in PostgreSQL', () => {
  it('are purged when they have expired, and no others', async () => {
    const store = sqlSessionStore({ database: test.database, realm: 'customers' });
    await store.create({ idHash: newId(), account: 'ada', epoch: 1, browser: 'Firefox', now, expiresAt: at(60) });
    expect(await store.purge(now)).toBe(0);
    expect(await store.purge(at(60))).toBe(1);
  });
});

describe('the epoch a request has proven', () => {
  it('is that of its account and of no other', () => {
    const req = {} as Parameters<typeof rememberVerified>[0];
    rememberVerified(req, 'ada', 7);
    expect([verifiedEpoch(req, 'ada'), verifiedEpoch(req, 'bob')]).toEqual([7, undefined]);
  });
});
