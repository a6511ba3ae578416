import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileRootKey, openKeyRing, type Pkcs11RootKeyOptions, pkcs11RootKey } from '../../src/keys/index.js';
import { temporaryFolder } from '../keys/temporary-folder.js';

const module =
  [
    '/usr/lib/softhsm/libsofthsm2.so',
    '/usr/lib64/pkcs11/libsofthsm2.so',
    '/opt/homebrew/lib/softhsm/libsofthsm2.so',
  ].find(existsSync) ?? '';
const built = existsSync(join(import.meta.dirname, 'node_modules/pkcs11js/build/Release/pkcs11.node'));
/** `.ci/run` installs both: what is left out there is a failure. */
const present = module !== '' && built;
if (!present) console.warn('The HSM is not tested: install softhsm2, and run npm ci --prefix test/hsm.');

const material = Buffer.alloc(32, 7);
const context = Buffer.from('a context');
const pin = '24681357';
const options = { module, token: 'shop', key: 'ring', pin };
const root = (more: Partial<Pkcs11RootKeyOptions> = {}) => pkcs11RootKey({ ...options, ...more });

describe.skipIf(!present)('pkcs11RootKey', () => {
  const folder = mkdtempSync(join(tmpdir(), 'safekeep-hsm-'));
  beforeAll(() => {
    mkdirSync(join(folder, 'tokens'));
    const configuration = join(folder, 'softhsm2.conf');
    writeFileSync(
      configuration,
      `directories.tokendir = ${folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n`,
    );
    process.env['SOFTHSM2_CONF'] = configuration;
    const run = (command: string, args: readonly string[]) => execFileSync(command, args, { stdio: 'pipe' });
    run('softhsm2-util', ['--init-token', '--free', '--label', 'shop', '--so-pin', '12345678', '--pin', pin]);
    for (const [label, more] of [
      ['ring', []],
      ['other', []],
      ['twice', []],
      ['twice', []],
      ['loose', ['--extractable']],
    ] as const) {
      run('pkcs11-tool', [
        ...['--module', module, '--token-label', 'shop', '--login', '--pin', pin, '--sensitive'],
        ...['--keygen', '--key-type', 'AES:32', '--label', label, ...more],
      ]);
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('wraps and unwraps inside the token', async () => {
    expect(root().kind).toBe('pkcs11');
    const wrapped = await root().wrap(material, context);
    expect(wrapped).toHaveLength(60);
    expect(wrapped.includes(material.subarray(0, 8))).toBe(false);
    expect(await root().unwrap(wrapped, context)).toEqual(material);
    expect(await root().wrap(material, context)).not.toEqual(wrapped);
  });

  it('holds a key ring, which no other root key opens', async () => {
    const at = await temporaryFolder();
    const path = join(at, 'keys.json');
    const ring = await openKeyRing({ root: root(), path, create: true });
    const { id } = await ring.stage('fields');
    expect((await openKeyRing({ root: root(), path })).find(id)?.derive(context)).toEqual(
      ring.find(id)?.derive(context),
    );
    await expect(openKeyRing({ root: root({ key: 'other' }), path })).rejects.toMatchObject({ code: 'ERR_ROOT_KEY' });
    writeFileSync(join(at, 'root.key'), Buffer.alloc(32, 1), { mode: 0o600 });
    await expect(openKeyRing({ root: fileRootKey(join(at, 'root.key')), path })).rejects.toMatchObject({
      code: 'ERR_ROOT_KEY',
    });
  });

  it('serves many callers at once', async () => {
    const one = root({ pin: async () => pin });
    const wrapped = await Promise.all(Array.from({ length: 40 }, () => one.wrap(material, context)));
    const opened = await Promise.all(wrapped.map((each) => one.unwrap(each, context)));
    expect(opened.every((each) => each.equals(material))).toBe(true);
  });

  it('refuses another context, another key, and every flipped bit', async () => {
    const wrapped = await root().wrap(material, context);
    const refused = { code: 'ERR_ROOT_KEY' };
    await expect(root().unwrap(wrapped, Buffer.from('elsewhere'))).rejects.toMatchObject(refused);
    await expect(root({ key: 'other' }).unwrap(wrapped, context)).rejects.toMatchObject(refused);
    const one = root();
    for (let bit = 0; bit < 8 * wrapped.length; bit += 1) {
      const flipped = Buffer.from(wrapped);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      await expect(one.unwrap(flipped, context)).rejects.toMatchObject(refused);
    }
    for (const length of [0, 12, 28, 59]) {
      await expect(one.unwrap(wrapped.subarray(0, length), context)).rejects.toMatchObject(refused);
    }
    expect(await one.unwrap(wrapped, context)).toEqual(material);
  });

  it.each([
    ['missing', 'the token has no AES key with this label'],
    ['twice', 'the token has two AES keys with this label'],
    ['loose', 'the key can be extracted from the token'],
  ])('refuses a key that is %s', async (key, problem) => {
    await expect(root({ key }).wrap(material, context)).rejects.toMatchObject({
      code: 'ERR_ROOT_KEY',
      facts: { problem },
    });
  });

  it('does not try a PIN twice that the token refused, and never shows it', async () => {
    let given = '11112222';
    const asking = root({ pin: () => given });
    const first: unknown = await asking.wrap(material, context).catch((error: unknown) => error);
    expect(first).toMatchObject({ code: 'ERR_ROOT_KEY_REFUSED', facts: { problem: 'the token refuses the PIN' } });
    expect(inspect(first, { depth: 9 })).not.toContain(given);
    await expect(asking.wrap(material, context)).rejects.toThrow('is not asked again');
    given = pin;
    expect(await asking.wrap(material, context)).toHaveLength(60);
    given = '';
    await expect(asking.wrap(material, context)).rejects.toThrow('there is no PIN');
  });

  it('takes a fault before the key is reached for an outage, not for a wrong key', async () => {
    const { default: pkcs11js } = await import('pkcs11js');
    const { prototype } = pkcs11js.PKCS11;
    const open = prototype.C_OpenSession;
    // What the library of a network HSM says without a network is no result that is known.
    prototype.C_OpenSession = () => {
      throw new Error('general error');
    };
    try {
      await expect(root().wrap(material, context)).rejects.toMatchObject({
        code: 'ERR_ROOT_KEY_UNAVAILABLE',
      });
    } finally {
      prototype.C_OpenSession = open;
    }
    expect(await root().wrap(material, context)).toHaveLength(60);
  });

  it('says that the token or the library is away, and finds it when it is back', async () => {
    const code = 'ERR_ROOT_KEY_UNAVAILABLE';
    await expect(root({ token: 'elsewhere' }).wrap(material, context)).rejects.toMatchObject({ code, status: 503 });
    await expect(root({ module: `${module}.not` }).wrap(material, context)).rejects.toMatchObject({ code });
    expect(await root().wrap(material, context)).toHaveLength(60);
  });
});

describe('pkcs11RootKey, before it meets a token', () => {
  it.each([{ pin: '' }, { pin: undefined }, { module: '' }, { tokn: 'shop' }])('refuses %j', (wrong) => {
    expect(() => pkcs11RootKey({ ...options, module: 'x', ...wrong } as Pkcs11RootKeyOptions)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^ERR_OPTION_/) as string }),
    );
  });
});
