import { describe, expect, it } from 'vitest';
import { argon2Engine, type TagRequest } from '../../src/passwords/engine.js';

const request: TagRequest = {
  variant: 'argon2id',
  memoryKiB: 64,
  passes: 1,
  lanes: 1,
  password: Buffer.from('password'),
  salt: Buffer.from('somesalt'),
  tagBytes: 32,
};

describe('argon2Engine', () => {
  // src/test.c of P-H-C/phc-winner-argon2 (version 0x13), and argon2id lines of golang/crypto argon2_test.go.
  it.each([
    ['argon2i', 65536, 2, 1, 'c1628832147d9720c5bd1cfd61367078729f6dfb6f8fea9ff98158e0d7816ed0'],
    ['argon2id', 65536, 2, 1, '09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7'],
    ['argon2id', 64, 1, 1, '655ad15eac652dc59f7170a7332bf49b8469be1fdb9c28bb'],
    ['argon2d', 64, 1, 1, '8727405fd07c32c78d64f547f24150d3f2e703a89f981a19'],
  ] as const)('gives the published tag of %s with m=%i, t=%i, p=%i', async (variant, memoryKiB, passes, lanes, tag) => {
    const computed = await argon2Engine().tag({
      ...request,
      variant,
      memoryKiB,
      passes,
      lanes,
      tagBytes: tag.length / 2,
    });
    expect(Buffer.from(computed).toString('hex')).toBe(tag);
  });

  // RFC 9106 sections 5.1 to 5.3: password 32 times 01, salt 16 times 02, secret 8 times 03, data 12 times 04.
  it.each([
    [0, '512b391b6f1162975371d30919734294f868e3be3984f3c1a13a4db9fabe4acb'],
    [1, 'c814d9d1dc7f37aa13f0d77f2494bda1c8de6b016dd388d29952a4c4672b6ce8'],
    [2, '0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659'],
  ] as const)('stands on a package that gives the tag of RFC 9106 (type %i)', async (type, expected) => {
    const { hash } = await import('argon2');
    const tag = await hash(Buffer.alloc(32, 1), {
      raw: true,
      type,
      version: 0x13,
      memoryCost: 32,
      timeCost: 3,
      parallelism: 4,
      salt: Buffer.alloc(16, 2),
      secret: Buffer.alloc(8, 3),
      associatedData: Buffer.alloc(12, 4),
      hashLength: 32,
    });
    expect(tag.toString('hex')).toBe(expected);
  });

  it('says in our words that the native module does not load, at every call', async () => {
    const engine = argon2Engine(() => Promise.reject(new Error('No native build was found for platform=/secret')));
    for (let call = 0; call < 2; call += 1) {
      await expect(engine.tag(request)).rejects.toMatchObject({ code: 'ERR_NATIVE_MODULE' });
      await expect(engine.tag(request)).rejects.not.toThrow(/secret/);
    }
  });

  it('refuses an engine that does not give the published tag, before any password is hashed with it', async () => {
    const { hash } = await import('argon2');
    const asked: unknown[] = [];
    const wrong = {
      hash(password: Buffer, options: Parameters<typeof hash>[1] & { raw: true }) {
        asked.push(password);
        return hash(password, { ...options, version: 0x10 });
      },
    };
    await expect(argon2Engine(async () => wrong).tag(request)).rejects.toMatchObject({ code: 'ERR_PASSWORD_ENGINE' });
    expect(asked).toEqual([Buffer.alloc(32, 1)]);
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
