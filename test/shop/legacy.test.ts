import express from 'express';
import request from 'supertest';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Accounts } from '../../src/base/ports/accounts.js';
import { loginLimit } from '../../src/limits/index.js';
import { createLogins } from '../../src/logins/index.js';
import { createPasswords, type PasswordHash } from '../../src/passwords/index.js';
import { fakeEngine } from '../passwords/fake-engine.js';
import { ada, codeIn, newAccount, passphrase, type TestShop, testShop } from './shop.js';

// PHP 8.2: password_hash('salt marsh at low tide', PASSWORD_BCRYPT, ['cost' => 5])
const stored = '$2y$05$enT0LXXYxNySCUJzgwwBm.M7vArxubyVAQcK0kzrTMfIvVmseKdxm';
const password = 'salt marsh at low tide';
let shop: TestShop;
let id: string;
let app: express.Express;

beforeAll(async () => {
  shop = await testShop({
    hashing: {
      legacy: [{ scheme: 'bcrypt', most: 5 }],
      dangerouslyAcceptUnsealed: 'hashes of the old shop, until March',
    },
  });
  app = express().use(express.json());
  app.post('/login', shop.keep.logins.limit, async (req, res) => {
    const account = await shop.keep.logins.verify(req, req.body as object);
    res.status(account === null ? 401 : 200).json({ account: account?.id });
  });
});
afterAll(() => shop.close());
beforeEach(async () => {
  await shop.test.database.query('delete from safekeep.accounts');
  await shop.test.database.query('delete from customers');
  id = await newAccount(shop);
  await store(stored);
});

const store = (hash: string) =>
  shop.test.database.query('update customers set password = $2 where id = $1', [id, hash]);
const now = async () =>
  (await shop.test.database.one<{ password: string }>('select password from customers where id = $1', [id])).password;
const login = (typed: string) => request(app).post('/login').send({ email: ada.email, password: typed });

describe('an account with an old hash', () => {
  it('signs in, and is sealed argon2id after the answer', async () => {
    await login('wrong').expect(401);
    expect(await now()).toBe(stored);
    await login(password).expect(200, { account: id });
    await expect.poll(now).toMatch(/^sf1\./);
    const verified = await shop.keep.passwords.verify(await now(), password, { account: id });
    expect(verified?.rehash()).toBeUndefined();
    await login(password).expect(200);
    await login(passphrase).expect(401);
  });

  it('signs in when argon2id was put over it, and is plain argon2id after the answer', async () => {
    const wrapped = await shop.keep.passwords.wrapLegacy(stored, { account: id });
    await store(wrapped);
    await login(password).expect(200);
    await expect.poll(now).not.toBe(wrapped);
    expect((await shop.keep.passwords.verify(await now(), password, { account: id }))?.rehash()).toBeUndefined();
  });

  it('takes a new password by mail like any other', async () => {
    await shop.keep.resets.request(ada.email);
    expect(await shop.keep.resets.redeem(codeIn(shop.outbox.at(-1)), passphrase)).not.toBeNull();
    await login(passphrase).expect(200);
    await login(password).expect(401);
  });

  it('keeps the password that a reset set between the answer and the new hash', async () => {
    const changed = await shop.keep.passwords.hash(passphrase, { account: id });
    const written: boolean[] = [];
    const { accounts, passwords } = shop.keep;
    const slow: Accounts = {
      ...accounts,
      async swapPasswordHash(account, from, to) {
        await store(changed);
        const swapped = await accounts.swapPasswordHash(account, from, to);
        written.push(swapped);
        return swapped;
      },
    };
    const limit = loginLimit({ account: () => 'ada' });
    const logins = createLogins({ accounts: slow, passwords, limit, floorMs: 0 });
    const slowly = express().use(express.json());
    slowly.post('/', limit, async (req, res) => void res.json((await logins.verify(req, req.body as object)) !== null));
    await request(slowly).post('/').send({ email: ada.email, password }).expect(200, 'true');
    await expect.poll(() => written).toEqual([false]);
    expect(await now()).toBe(changed);
  });

  it('is told of once its scheme is not declared any more, and cannot sign in', async () => {
    await store('{SSHA}SQUTTsyI9h//rd8kYlr53Q9ONlfrPccY');
    await login(password).expect(401);
    const events = await shop.keep.events.latest(2);
    expect(events.map(({ kind, account }) => [kind, account])).toContainEqual(['password.undeclared', id]);
    expect(JSON.stringify(events)).not.toContain('SSHA');
  });
});

describe('the floor of refused sign-ins', () => {
  it('is one for every account, above the dearest hash that is declared, whatever the account has', async () => {
    const waits: number[] = [];
    const hashes: Readonly<Record<string, string | null>> = {
      bcrypt: stored,
      edited: stored.replace('$05$', '$31$'),
      rubbish: 'hunter2',
      argon2: await createPasswords({ engine: fakeEngine() }).hash(password, { account: '1' }),
    };
    const accounts = {
      findByLogin: async (name: string) => {
        const passwordHash = hashes[name === 'disabled' ? 'argon2' : name] as PasswordHash | undefined;
        const state = name === 'disabled' ? 'disabled' : 'active';
        return passwordHash === undefined ? null : { id: '1', epoch: 1, state, passwordHash };
      },
      find: async () => null,
      swapPasswordHash: async () => true,
      replacePassword: async () => true,
    } as unknown as Accounts;
    const passwords = { ...createPasswords({ engine: fakeEngine(), legacy: ['bcrypt'] }), dearestMs: async () => 1234 };
    const limit = loginLimit({ account: () => 'x', perAccount: 100 });
    const wait = async (ms: number) => void waits.push(ms);
    for (const [floorMs, expected] of [
      [500, 1250],
      [2000, 2000],
      [0, 0],
    ] as const) {
      waits.length = 0;
      const logins = createLogins({ accounts, passwords, limit, floorMs, clock: { nowMs: () => 5, wait } });
      const server = express().use(express.json());
      server.post('/', limit, async (req, res) => void res.json(await logins.verify(req, req.body as object)));
      const names = ['nobody', 'argon2', 'bcrypt', 'edited', 'rubbish', 'disabled'];
      for (const email of names) {
        await request(server).post('/').send({ email, password: 'wrong' }).expect(200, 'null');
      }
      expect(waits).toEqual(names.map(() => expected));
    }
  });
});
