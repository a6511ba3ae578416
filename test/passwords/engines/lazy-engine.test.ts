import { describe, expect, it } from 'vitest';
import type { TagRequest } from '../../../src/passwords/engine.js';
import { argon2Engine } from '../../../src/passwords/engines/argon2-engine.js';
import { type CryptoArgon2, cryptoEngine } from '../../../src/passwords/engines/crypto-engine.js';
import { nodeRsEngine } from '../../../src/passwords/engines/node-rs-engine.js';

const request: TagRequest = {
  variant: 'argon2id',
  memoryKiB: 64,
  passes: 1,
  lanes: 1,
  password: Buffer.from('salt marsh at low tide'),
  salt: Buffer.from('somesalt'),
  tagBytes: 32,
};

describe('an engine over a package', () => {
  it('says in our words that the native module does not load, at every call', async () => {
    const engine = argon2Engine(() => Promise.reject(new Error('No native build was found for platform=/secret')));
    for (let call = 0; call < 2; call += 1) {
      await expect(engine.tag(request)).rejects.toMatchObject({ code: 'ERR_NATIVE_MODULE' });
      await expect(engine.tag(request)).rejects.not.toThrow(/secret/);
    }
  });

  it('says which package is not installed', async () => {
    const missing = Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' });
    await expect(nodeRsEngine(() => Promise.reject(missing)).tag(request)).rejects.toMatchObject({
      code: 'ERR_PEER_MISSING',
      facts: { install: '@node-rs/argon2' },
    });
  });

  it('says that this Node has no argon2 of its own', async () => {
    await expect(cryptoEngine(() => undefined).tag(request)).rejects.toMatchObject({
      code: 'ERR_PASSWORD_ENGINE',
      facts: { engine: 'crypto.argon2', because: 'absent' },
    });
  });

  const wrong: Record<string, (asked: unknown[]) => ReturnType<typeof argon2Engine>> = {
    argon2: (asked) =>
      argon2Engine(async () => {
        const { hash } = await import('argon2');
        return {
          hash(password, options) {
            asked.push(password);
            return hash(password, { ...options, version: 0x10 });
          },
        };
      }),
    '@node-rs/argon2': (asked) =>
      nodeRsEngine(async () => {
        const { hashRaw } = await import('@node-rs/argon2');
        return {
          hashRaw(password, options) {
            asked.push(password);
            return hashRaw(password, { ...options, version: 0 });
          },
        };
      }),
    'crypto.argon2': (asked) => {
      const argon2: CryptoArgon2 = (_algorithm, { message, tagLength }, done) => {
        asked.push(message);
        done(null, Buffer.alloc(tagLength));
      };
      return cryptoEngine(() => argon2);
    },
  };
  it.each(Object.keys(wrong))(
    'refuses a %s that does not give the published tags, before any password is hashed with it',
    async (name) => {
      const asked: unknown[] = [];
      const engine = wrong[name]?.(asked);
      for (let call = 0; call < 2; call += 1) {
        await expect(engine?.tag(request)).rejects.toMatchObject({
          code: 'ERR_PASSWORD_ENGINE',
          facts: { engine: name, because: 'wrong' },
        });
      }
      expect(new Set(asked.map((password) => Buffer.from(password as Uint8Array).toString()))).toEqual(
        new Set(['password']),
      );
    },
  );

  it('passes on what OpenSSL says against a hash', async () => {
    let calls = 0;
    const failing: CryptoArgon2 = (variant, parameters, done) => {
      calls += 1;
      if (calls > 4) return done(new Error('out of memory'), Buffer.alloc(0));
      argon2Engine()
        .tag({
          variant,
          password: parameters.message,
          salt: parameters.nonce,
          memoryKiB: parameters.memory,
          passes: parameters.passes,
          lanes: parameters.parallelism,
          tagBytes: parameters.tagLength,
        })
        .then(
          (tag) => done(null, Buffer.from(tag)),
          (error: Error) => done(error, Buffer.alloc(0)),
        );
    };
    await expect(cryptoEngine(() => failing).tag(request)).rejects.toThrow('out of memory');
  });

  it('loads and tests the package once, at the first hash', async () => {
    const argon2 = await import('argon2');
    let loads = 0;
    const engine = argon2Engine(async () => {
      loads += 1;
      return argon2;
    });
    expect(loads).toBe(0);
    await Promise.all([engine.tag(request), engine.tag(request)]);
    await engine.tag(request);
    expect(loads).toBe(1);
  });
});
