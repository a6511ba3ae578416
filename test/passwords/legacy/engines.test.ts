import { describe, expect, it } from 'vitest';
import { createPasswords } from '../../../src/passwords/index.js';
import { type Bcrypt, bcryptScheme } from '../../../src/passwords/legacy/bcrypt.js';
import { loadSchemes, readDeclared } from '../../../src/passwords/legacy/declared.js';
import type { OldHash } from '../../../src/passwords/legacy/scheme.js';
import { fakeEngine } from '../fake-engine.js';

describe('the package that computes bcrypt', () => {
  it('is not believed when it gives another digest than the original', async () => {
    const wrong: Bcrypt = { hash: async () => `$2b$05$${'.'.repeat(53)}` };
    await expect(bcryptScheme(12, async () => wrong)).rejects.toMatchObject({ code: 'ERR_PASSWORD_ENGINE' });
  });

  it('is named when it is not installed', async () => {
    const missing = () => Promise.reject(Object.assign(new Error('no'), { code: 'ERR_MODULE_NOT_FOUND' }));
    await expect(bcryptScheme(12, missing)).rejects.toMatchObject({
      code: 'ERR_PEER_MISSING',
      facts: { install: '@node-rs/bcrypt' },
    });
  });

  it('never gets more than 72 bytes, nor a cost beyond the ceiling', async () => {
    const asked: [number, number][] = [];
    const vector = '$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW';
    const spy: Bcrypt = {
      hash: async (password, cost) => {
        asked.push([password.length, cost]);
        return vector;
      },
    };
    const scheme = await bcryptScheme(12, async () => spy);
    const hash = scheme.read(vector) as OldHash;
    expect(scheme.outside({ ...hash, costs: [13] })).toBe('cost');
    await scheme.digestOf(hash, Buffer.alloc(500, 'x'));
    expect(asked).toEqual([
      [3, 5],
      [72, 5],
    ]);
  });
});

describe('schemes', () => {
  it('are loaded when they are declared, and no others', async () => {
    const loaded = await loadSchemes(readDeclared(['ldap', 'argon2']), 65_536);
    expect([...loaded.keys()]).toEqual(['ldap']);
  });
});

describe('dearestMs', () => {
  /** Every call of the engine takes as long as its memory says, on a clock of its own. */
  function timed() {
    let nowMs = 0;
    const clock = { nowMs: () => nowMs, wait: async () => undefined };
    const fake = fakeEngine();
    const engine = {
      tag: (request: Parameters<typeof fake.tag>[0]) => {
        nowMs += (request.memoryKiB / 1024) * request.passes;
        return fake.tag(request);
      },
    };
    return { clock, engine, requests: fake.requests };
  }

  it('is that of our own cost, in two spellings and with as much again, where nothing old is declared', async () => {
    const { clock, engine } = timed();
    expect(await createPasswords({ clock, engine }).dearestMs()).toBe(2 * 2 * 38);
  });

  it('is that of the dearest argon2 that is declared', async () => {
    const { clock, engine, requests } = timed();
    const passwords = createPasswords({ clock, engine, legacy: [{ scheme: 'argon2', most: 3 }] });
    expect(await passwords.dearestMs()).toBe(2 * 2 * 300);
    const count = requests.length;
    expect(await passwords.dearestMs()).toBe(2 * 2 * 300);
    expect(requests).toHaveLength(count);
  });

  it('is above what a password of two spellings takes against the dearest hash of every declared scheme', async () => {
    const legacy = [
      { scheme: 'bcrypt', most: 8 },
      { scheme: 'scrypt', most: 8192 },
      { scheme: 'pbkdf2', most: 20_000 },
      'ldap',
    ] as const;
    const passwords = createPasswords({ engine: fakeEngine(), legacy });
    const dearestMs = await passwords.dearestMs();
    const stored = `$2b$08$${'.'.repeat(53)}`;
    const startedMs = performance.now();
    await passwords.verify(stored, 'cafe\u0301 am see', { account: '17' });
    expect(dearestMs).toBeGreaterThan((performance.now() - startedMs) / 4);
    expect(dearestMs).toBeGreaterThan(4);
  });

  it('measures again after it had no room', async () => {
    const held = fakeEngine(true);
    const passwords = createPasswords({ engine: held, gate: { running: 1, queue: 0 } });
    const first = passwords.verify(null, 'x');
    await expect(passwords.dearestMs()).rejects.toMatchObject({ code: 'ERR_PASSWORD_BUSY' });
    held.finishOne();
    await first;
    const later = passwords.dearestMs();
    for (let at = 0; at < 2; at += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      held.finishOne();
    }
    expect(await later).toBeGreaterThanOrEqual(0);
  });
});
