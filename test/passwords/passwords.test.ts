import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { SecurityEvent } from '../../src/base/ports/security-events.js';
import { createPasswords, type PasswordsOptions } from '../../src/passwords/index.js';
import { formatPhc, type Phc, parsePhc } from '../../src/passwords/phc.js';
import { fakeEngine } from './fake-engine.js';
import { manualClock, settled } from './manual-clock.js';

const good = 'salt marsh at low tide';
const account = '17';

function stage(options: PasswordsOptions = {}) {
  const engine = fakeEngine();
  const recorded: SecurityEvent[] = [];
  const events = { record: async (event: SecurityEvent) => void recorded.push(event) };
  return { passwords: createPasswords({ engine, events, ...options }), engine, recorded };
}

/** A stored hash with other parameters, computed by the same engine. */
async function storedWith(change: Partial<Phc>, password = good): Promise<string> {
  const base: Phc = {
    variant: 'argon2id',
    memoryKiB: 19456,
    passes: 2,
    lanes: 1,
    salt: Buffer.alloc(16, 7),
    tag: Buffer.alloc(32),
    ...change,
  };
  const request = { ...base, password: Buffer.from(password), tagBytes: base.tag.length };
  return formatPhc({ ...base, tag: Buffer.from(await fakeEngine().tag(request)) });
}

describe('createPasswords with argon2', () => {
  it('verifies what it hashed and nothing else', async () => {
    const passwords = createPasswords();
    const stored = await passwords.hash(good, { account });
    expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(await passwords.verify(stored, good)).not.toBeNull();
    expect(await passwords.verify(stored, 'salt marsh at high tide')).toBeNull();
    expect(await passwords.verify(null, good)).toBeNull();
  });
});

describe('hash', () => {
  it('takes a new salt each time', async () => {
    const { passwords } = stage();
    expect(await passwords.hash(good, { account })).not.toBe(await passwords.hash(good, { account }));
  });

  it('computes what the cost says', async () => {
    const { passwords, engine } = stage({ cost: { memoryKiB: 65536, passes: 3, lanes: 2 } });
    expect(await passwords.hash(good, { account })).toContain('$m=65536,t=3,p=2$');
    expect(engine.requests).toMatchObject([
      { variant: 'argon2id', memoryKiB: 65536, passes: 3, lanes: 2, tagBytes: 32 },
    ]);
    expect(engine.requests[0]?.salt.length).toBe(16);
  });

  it.each([
    ['ERR_PASSWORD_LENGTH', ''],
    ['ERR_PASSWORD_LENGTH', 'x'.repeat(257)],
    ['ERR_PASSWORD_TEXT', 'salt \ud800 marsh'],
    ['ERR_PASSWORD_TEXT', undefined],
    ['ERR_PASSWORD_TEXT', ['salt marsh at low tide']],
  ])('refuses with %s before any work (%#)', async (code, password: unknown) => {
    const { passwords, engine } = stage();
    await expect(passwords.hash(password as string, { account })).rejects.toMatchObject({ code, status: 422 });
    expect(engine.requests).toEqual([]);
  });

  it('refuses without an account, for whose row it would be', async () => {
    const { passwords } = stage();
    const nobody: unknown = {};
    await expect(passwords.hash(good, { account: '' })).rejects.toMatchObject({ code: 'ERR_OPTION_MISSING' });
    await expect(passwords.hash(good, nobody as { account: string })).rejects.toMatchObject({
      code: 'ERR_OPTION_MISSING',
    });
  });
});

describe('verify', () => {
  it('never cuts a password: what differs only at the end does not match', async () => {
    const { passwords } = stage();
    const long = 'x'.repeat(255);
    const stored = await passwords.hash(`${long}a`, { account });
    expect(await passwords.verify(stored, `${long}a`)).not.toBeNull();
    expect(await passwords.verify(stored, `${long}b`)).toBeNull();
    expect(await passwords.verify(stored, `${long}ab`)).toBeNull();
  });

  it('changes nothing else in it: case, blanks and width count', async () => {
    const { passwords } = stage();
    const stored = await passwords.hash(good, { account });
    for (const other of [`${good} `, ` ${good}`, good.toUpperCase(), good.replaceAll(' ', ''), `${good}\u0000`]) {
      expect(await passwords.verify(stored, other)).toBeNull();
    }
  });

  describe('does the same work for everyone', () => {
    const cost = { variant: 'argon2id', memoryKiB: 19456, passes: 2, lanes: 1, tagBytes: 32 };
    it.each([
      ['an account that does not exist', async () => null],
      ['a wrong password', () => storedWith({}, 'another password')],
      ['the right password', () => storedWith({})],
      ['a stored text that is no hash', async () => 'hunter2'],
      ['an empty stored text', async () => ''],
      ['a stored hash out of bounds', async () => (await storedWith({})).replace('m=19456', 'm=4194304')],
    ])('%s', async (_name, stored) => {
      const { passwords, engine } = stage();
      await passwords.verify(await stored(), good);
      expect(engine.requests).toMatchObject([{ ...cost, password: Buffer.from(good) }]);
    });

    it('a stored value that is missing instead of null', async () => {
      const { passwords, engine } = stage();
      const missing: unknown = undefined;
      expect(await passwords.verify(missing as null, good)).toBeNull();
      expect(engine.requests.length).toBe(1);
    });

    it.each([
      ['too long', 'x'.repeat(257)],
      ['no well-formed text', '\ud800'],
      ['empty', ''],
      ['no text at all', 7],
    ])('a password that is %s', async (_name, password: unknown) => {
      for (const stored of [null, await storedWith({}), await storedWith({ memoryKiB: 12288, passes: 3 }), 'hunter2']) {
        const { passwords, engine } = stage();
        expect(await passwords.verify(stored, password as string)).toBeNull();
        expect(engine.requests).toMatchObject([cost]);
      }
    });

    it('a password whose composed form differs: both forms, always', async () => {
      const decomposed = 'cafe\u0301 am see';
      const matching = await storedWith({}, 'caf\u00e9 am see');
      for (const stored of [null, matching, await storedWith({}), 'hunter2']) {
        const { passwords, engine } = stage();
        await passwords.verify(stored, decomposed);
        expect(engine.requests.map(({ password }) => Buffer.from(password).toString())).toEqual([
          'caf\u00e9 am see',
          decomposed,
        ]);
      }
    });
  });

  it('does not let the empty work of an unusable password match a hash of the empty text', async () => {
    const { passwords } = stage();
    const ofNothing = await storedWith({}, '');
    for (const password of ['', '\ud800', 'x'.repeat(257)]) {
      expect(await passwords.verify(ofNothing, password)).toBeNull();
    }
  });

  it('does not let lone surrogates stand for the character that UTF-8 makes of them', async () => {
    const { passwords } = stage();
    const stored = await passwords.hash('salt \ufffd marsh at low tide', { account });
    expect(await passwords.verify(stored, 'salt \ud800 marsh at low tide')).toBeNull();
  });

  it('matches whichever keyboard wrote it, and hashes made elsewhere from either form', async () => {
    const { passwords } = stage();
    const [composed, decomposed] = ['caf\u00e9 am see', 'cafe\u0301 am see'];
    const stored = await passwords.hash(decomposed, { account });
    expect(await passwords.verify(stored, composed)).not.toBeNull();
    expect(await passwords.verify(stored, decomposed)).not.toBeNull();
    expect(await passwords.verify(await storedWith({}, decomposed), decomposed)).not.toBeNull();
  });

  it('spends at most the ceiling on a stored hash', async () => {
    const { passwords, engine, recorded } = stage({ memoryCeilingKiB: 19456 });
    expect(await passwords.verify(await storedWith({ memoryKiB: 19457 }), good)).toBeNull();
    expect(engine.requests).toMatchObject([{ memoryKiB: 19456 }]);
    expect(recorded.map(({ kind }) => kind)).toEqual(['password.bounds']);
  });

  it('refuses a ceiling below its own cost', () => {
    expect(() => stage({ memoryCeilingKiB: 19455 })).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID' }));
  });

  it('reports what cannot be used, with the account and the part and nothing that is stored', async () => {
    const { passwords, recorded } = stage();
    await passwords.verify((await storedWith({})).replace('t=2', 't=17'), good, { account });
    await passwords.verify('hunter2', good, { account });
    await passwords.verify(null, good, { account });
    await passwords.verify(await storedWith({}), 'wrong', { account });
    expect(recorded).toEqual([
      { kind: 'password.bounds', account, facts: { because: 'bounds', part: 'passes' } },
      { kind: 'password.unreadable', account, facts: { because: 'form', part: undefined } },
    ]);
    expect(JSON.stringify(recorded)).not.toMatch(/hunter2|argon2id|salt marsh/);
  });

  it('does the work before it fails for want of a place to report to', async () => {
    const engine = fakeEngine();
    const events = { record: () => Promise.reject(new Error('audit table is gone')) };
    const passwords = createPasswords({ engine, events });
    await expect(passwords.verify('hunter2', good)).rejects.toThrow('audit table is gone');
    expect(engine.requests.length).toBe(1);
  });

  it('needs nobody to report to', async () => {
    const passwords = createPasswords({ engine: fakeEngine() });
    expect(await passwords.verify('hunter2', good)).toBeNull();
  });
});

describe('rehash', () => {
  it('is undefined for a hash as it would be written today', async () => {
    const { passwords } = stage();
    const stored = await passwords.hash(good, { account });
    expect((await passwords.verify(stored, good, { account }))?.rehash()).toBeUndefined();
  });

  it.each<[string, Partial<Phc>]>([
    ['another variant', { variant: 'argon2i' }],
    ['less memory', { memoryKiB: 12288 }],
    ['more memory', { memoryKiB: 65536 }],
    ['fewer passes', { passes: 1 }],
    ['more passes', { passes: 3 }],
    ['more lanes', { lanes: 4 }],
    ['a shorter salt', { salt: Buffer.alloc(8, 1) }],
    ['a longer salt', { salt: Buffer.alloc(32, 1) }],
    ['a shorter tag', { tag: Buffer.alloc(16) }],
    ['a longer tag', { tag: Buffer.alloc(64) }],
  ])('writes a hash of today for one with %s', async (_name, change) => {
    const { passwords } = stage();
    const verified = await passwords.verify(await storedWith(change), good, { account });
    const fresh = await verified?.rehash();
    expect(parsePhc(fresh ?? '')).toMatchObject({ variant: 'argon2id', memoryKiB: 19456, passes: 2, lanes: 1 });
    expect((await passwords.verify(fresh ?? null, good, { account }))?.rehash()).toBeUndefined();
  });

  it('composes what another program hashed decomposed', async () => {
    const { passwords } = stage();
    const decomposed = 'cafe\u0301 am see';
    const verified = await passwords.verify(await storedWith({}, decomposed), decomposed, { account });
    const fresh = await verified?.rehash();
    expect(await passwords.verify(fresh ?? null, 'caf\u00e9 am see')).not.toBeNull();
  });

  it('runs after the answer, when the request is over', async () => {
    const { passwords } = stage();
    const request = new AbortController();
    const verified = await passwords.verify(await storedWith({ passes: 3 }), good, {
      account,
      signal: request.signal,
    });
    request.abort();
    await expect(verified?.rehash()).resolves.toContain('t=2');
  });
});

describe('the gate in front', () => {
  it('bounds how many hashes run at once, and with them the memory, over hash, verify and rehash', async () => {
    const engine = fakeEngine(true);
    const passwords = createPasswords({ engine, gate: { running: 2 }, memoryCeilingKiB: 32768 });
    expect(passwords.memoryBoundKiB).toBe(2 * 32768);
    const old = await storedWith({ passes: 3 });
    const all = Array.from({ length: 24 }, async (_, index) => {
      if (index % 3 === 0) return await passwords.hash(good, { account });
      if (index % 3 === 1) return await passwords.verify(null, 'cafe\u0301 am see');
      return await (await passwords.verify(old, good, { account }))?.rehash();
    });
    let done = false;
    const finished = Promise.all(all).then(() => {
      done = true;
    });
    while (!done) {
      expect(engine.running()).toBeLessThanOrEqual(2);
      expect(passwords.load().running).toBeLessThanOrEqual(2);
      engine.finishOne();
      await settled();
    }
    await finished;
    expect(engine.most()).toBe(2);
    expect(engine.requests.length).toBe(8 + 16 + 16);
    const inUse = Math.max(...engine.requests.map(({ memoryKiB }) => memoryKiB)) * engine.most();
    expect(inUse).toBeLessThanOrEqual(passwords.memoryBoundKiB);
    expect(passwords.load()).toEqual({ running: 0, waiting: 0 });
  });

  it('answers 503 for existing and unknown accounts alike, before any work', async () => {
    const engine = fakeEngine(true);
    const clock = manualClock();
    const passwords = createPasswords({ engine, clock, gate: { running: 1, queue: 0 } });
    const first = passwords.hash(good, { account });
    await settled();
    for (const stored of [null, await storedWith({}), 'hunter2']) {
      await expect(passwords.verify(stored, good)).rejects.toMatchObject({
        code: 'ERR_PASSWORD_BUSY',
        status: 503,
        facts: { retryAfterSeconds: expect.any(Number) },
      });
    }
    expect(engine.requests.length).toBe(1);
    engine.finishOne();
    await first;
  });

  it('drops the work of a client that went away', async () => {
    const engine = fakeEngine(true);
    const passwords = createPasswords({ engine, gate: { running: 1 } });
    const first = passwords.hash(good, { account });
    const gone = new AbortController();
    const dropped = [
      passwords.verify(null, good, { signal: gone.signal }),
      passwords.hash(good, { account, signal: gone.signal }),
    ];
    gone.abort();
    for (const work of dropped) await expect(work).rejects.toMatchObject({ code: 'ERR_PASSWORD_ABANDONED' });
    engine.finishOne();
    await first;
    expect(engine.requests.length).toBe(1);
  });

  it('is told who asks: another subnet does not wait for a flood', async () => {
    const engine = fakeEngine(true);
    const passwords = createPasswords({ engine, gate: { running: 1 } });
    const flood = { client: { subnet: '198.51.100.1/32' } };
    const work = Array.from({ length: 20 }, () => passwords.verify(null, 'guess', flood));
    const ada = passwords.hash(good, { account, client: { subnet: '203.0.113.7/32' } });
    const order: string[] = [];
    void ada.then(() => order.push('ada'));
    void Promise.all(work).then(() => order.push('flood'));
    for (let round = 0; round < 21; round += 1) {
      await settled();
      engine.finishOne();
    }
    await Promise.all([ada, ...work]);
    await settled();
    expect(order).toEqual(['ada', 'flood']);
    expect(Buffer.from(engine.requests[2]?.password ?? []).toString()).toBe(good);
  });
});

describe('createPasswords', () => {
  it('gives objects that print nothing of a password or a hash', async () => {
    const { passwords } = stage();
    const stored = await passwords.hash(good, { account });
    const verified = await passwords.verify(stored, good, { account });
    const printed = [passwords, verified].map((value) => inspect(value, { showHidden: true, depth: 9 })).join();
    expect(printed + JSON.stringify([passwords, verified])).not.toMatch(/salt marsh|argon2id/);
  });

  it.each([
    { engine: {} },
    { events: {} },
    { clock: {} },
    { random: {} },
    { gate: { runing: 2 } },
    { cost: 'high' },
    { memoryCeilingKiB: 2_000_000 },
    { pepper: 'x' },
  ])('refuses %j at construction', (options: unknown) => {
    expect(() => createPasswords(options as PasswordsOptions)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^ERR_OPTION_(INVALID|UNKNOWN)$/) }),
    );
  });
});
