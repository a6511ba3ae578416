import { EventEmitter } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Request } from 'express';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { fileRootKey, openKeyRing } from '../../src/keys/index.js';
import { argon2Engine } from '../../src/passwords/engines/argon2-engine.js';
import type { TagRequest } from '../../src/passwords/index.js';
import { safekeep } from '../../src/safekeep.js';
import { requestFrom } from '../http/request-from.js';
import { ada, codeIn, newAccount, passphrase, shopPolicy, type TestShop, testShop } from './shop.js';

/** The real engine, with a door that can be shut: hashes wait behind it, and the gate fills. */
let opened: Promise<void> = Promise.resolve();
let asked = 0;
let pushedOut = 0;
const engine = {
  async tag(request: TagRequest) {
    asked += 1;
    await opened;
    return await real.tag(request);
  },
};
const real = argon2Engine();

let shop: TestShop;
beforeAll(async () => {
  shop = await testShop({ hashing: { engine, gate: { running: 1, queue: 2, deadlineMs: 60_000 } } });
});
afterAll(() => shop.close());
beforeEach(async () => {
  for (const table of ['customers', 'safekeep.registrations', 'safekeep.accounts']) {
    await shop.test.database.query(`delete from ${table}`);
  }
  shop.outbox.length = 0;
});

/** Fills the gate with work of nobody in particular; the answer lets everything go on. */
async function flood(): Promise<() => Promise<void>> {
  let open = () => {};
  opened = new Promise((resolve) => {
    open = resolve;
  });
  pushedOut = 0;
  const work = Array.from({ length: 3 }, () =>
    shop.keep.passwords.verify(null, 'a guess').catch(() => {
      pushedOut += 1;
    }),
  );
  while (shop.keep.passwords.load().waiting < 2) await new Promise((resolve) => setImmediate(resolve));
  return async () => {
    open();
    await Promise.all(work);
    opened = Promise.resolve();
  };
}
const busy = { code: 'ERR_PASSWORD_BUSY', status: 503 };

/** A request of Ada's network, and its response, which can go away. */
function fromAda(): { readonly req: Request; leave(): void } {
  const res = Object.assign(new EventEmitter(), { writableEnded: false, closed: false });
  const req = Object.assign(requestFrom('203.0.113.7'), { res }) as unknown as Request;
  return { req, leave: () => void res.emit('close') };
}

/** Whether the work is let in although the gate is full of others' work, and dropped when its client leaves. */
async function isFairTo(work: (req?: Request) => Promise<unknown>): Promise<void> {
  const end = await flood();
  // Without a request it is of unknown origin like the flood, and the last to come.
  await expect(work()).rejects.toMatchObject(busy);
  const { req, leave } = fromAda();
  const before = asked;
  const dropped = expect(work(req)).rejects.toMatchObject({ code: 'ERR_PASSWORD_ABANDONED' });
  // She is let in at the cost of one of the flood.
  while (pushedOut === 0) await new Promise((resolve) => setImmediate(resolve));
  leave();
  await dropped;
  await end();
  // The one of the flood that still waited, and nothing for Ada.
  expect(asked - before).toBe(1);
}

describe('a flood of guesses', () => {
  it('does not keep another network from registering', async () => {
    await isFairTo((req) => shop.keep.accounts.register({ row: ada, password: passphrase }, req));
    expect(shop.outbox).toEqual([]);
  });

  it('does not keep another network from confirming, and costs nobody one of five tries', async () => {
    await shop.keep.accounts.register({ row: ada, password: passphrase });
    const code = codeIn(shop.outbox[0]);
    await isFairTo((req) => shop.keep.accounts.confirm(code, passphrase, req));
    // The refused one was given back; the one whose client left was not: leaving is free for an attacker.
    expect(await shop.test.database.query('select attempts from safekeep.registrations')).toEqual([{ attempts: 1 }]);
    expect(await shop.keep.accounts.confirm(code, passphrase)).not.toBeNull();
  });

  it('does not keep another network from a new password, and leaves the code good', async () => {
    await newAccount(shop);
    await shop.keep.resets.request(ada.email);
    const code = codeIn(shop.outbox.at(-1));
    const next = 'nine quiet tractors climb the attic';
    await isFairTo((req) => shop.keep.resets.redeem(code, next, req));
    expect(await shop.keep.resets.redeem(code, next)).not.toBeNull();
  });
});

describe('the preset', () => {
  it('says at its start which engine computes the hashes', () => {
    const line = shop.lines.find((text) => text.includes('password engine'));
    expect(JSON.parse(line ?? '{}')).toMatchObject({ engine: 'own', isolated: false });
  });

  it('does not start with an engine that hashes wrongly', async () => {
    const wrong = { tag: async ({ tagBytes }: TagRequest) => Buffer.alloc(tagBytes) };
    const directory = await mkdtemp(join(tmpdir(), 'safekeep-engine-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    const root = fileRootKey(join(directory, 'root.key'), { create: true });
    const keys = await openKeyRing({ root, path: join(directory, 'keys.json'), create: true });
    const start = safekeep({
      policy: shopPolicy,
      origin: 'https://shop.example',
      mode: 'development',
      keys,
      database: shop.test.database,
      accounts: 'customers',
      hashing: { engine: wrong },
    });
    await expect(start).rejects.toMatchObject({ code: 'ERR_PASSWORD_ENGINE' });
    keys.close();
  });
});
