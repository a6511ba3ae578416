import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SecurityEvent } from '../../src/base/ports/security-events.js';
import { createEnvelopes } from '../../src/envelope/index.js';
import { fileRootKey, type KeyRing, openKeyRing } from '../../src/keys/index.js';
import { createPasswords, type PasswordPlace } from '../../src/passwords/index.js';
import { temporaryFolder } from '../keys/temporary-folder.js';
import { fakeEngine } from './fake-engine.js';

const good = 'salt marsh at low tide';
const account = '17';

async function newRing(): Promise<KeyRing> {
  const folder = await temporaryFolder();
  const root = fileRootKey(join(folder, 'root.key'), { create: true });
  return await openKeyRing({ root, path: join(folder, 'keys.json'), create: true });
}

interface Change extends PasswordPlace {
  readonly keys?: KeyRing;
  readonly dangerouslyAcceptUnsealed?: string;
}

async function stage({ keys: given, dangerouslyAcceptUnsealed, ...change }: Change = {}) {
  const keys = given ?? (await newRing());
  const engine = fakeEngine();
  const recorded: SecurityEvent[] = [];
  const events = { record: async (event: SecurityEvent) => void recorded.push(event) };
  const place = { application: 'shop', table: 'customers', column: 'password', ...change };
  return {
    keys,
    engine,
    recorded,
    passwords: createPasswords({ engine, events, keys, place, dangerouslyAcceptUnsealed }),
  };
}

describe('passwords with a key ring', () => {
  it('store nothing that can be guessed against: the PHC string is sealed for the account', async () => {
    const { passwords, keys } = await stage();
    const stored = await passwords.hash(good, { account });
    expect(stored).toMatch(/^sf1\.[A-Za-z0-9_-]+$/);
    expect(stored).not.toContain('argon2');
    const place = { table: 'customers', column: 'password', row: account };
    expect(createEnvelopes({ application: 'shop', keys }).open(stored, place, 'text')).toMatch(/^\$argon2id\$v=19\$m=/);
    const verified = await passwords.verify(stored, good, { account });
    expect(verified).not.toBeNull();
    expect(verified?.rehash()).toBeUndefined();
    expect(await passwords.verify(stored, 'another', { account })).toBeNull();
  });

  it.each<[string, string, (keys: KeyRing) => Promise<string>]>([
    [
      'another account',
      'ERR_SEAL_BROKEN',
      async (keys) => (await stage({ keys })).passwords.hash(good, { account: '18' }),
    ],
    [
      'another column',
      'ERR_SEAL_KEY',
      async (keys) => (await stage({ keys, column: 'pin' })).passwords.hash(good, { account }),
    ],
    [
      'another table',
      'ERR_SEAL_KEY',
      async (keys) => (await stage({ keys, table: 'staff' })).passwords.hash(good, { account }),
    ],
    [
      'another application',
      'ERR_SEAL_KEY',
      async (keys) => (await stage({ keys, application: 'isp' })).passwords.hash(good, { account }),
    ],
    [
      'another tenant',
      'ERR_SEAL_BROKEN',
      async (keys) => (await stage({ keys, tenant: 'b' })).passwords.hash(good, { account }),
    ],
    ['another ring', 'ERR_KEY_UNKNOWN', async () => (await stage()).passwords.hash(good, { account })],
    ['nobody: a plain hash', 'ERR_NOT_SEALED', () => createPasswords({ engine: fakeEngine() }).hash(good, { account })],
    [
      'another type of value',
      'ERR_SEAL_BROKEN',
      async (keys) => {
        const place = { table: 'customers', column: 'password', row: account };
        const phc = await createPasswords({ engine: fakeEngine() }).hash(good, { account });
        return createEnvelopes({ application: 'shop', keys }).seal({ type: 'bytes', value: Buffer.from(phc) }, place);
      },
    ],
  ])('answer null, after the usual work, to a hash sealed for %s, and report %s', async (_name, code, store) => {
    const keys = await newRing();
    const stored = await store(keys);
    const { passwords, engine, recorded } = await stage({ keys });
    expect(await passwords.verify(stored, good, { account })).toBeNull();
    expect(engine.requests).toMatchObject([{ memoryKiB: 19456, passes: 2, password: Buffer.from(good) }]);
    expect(recorded).toEqual([{ kind: 'password.unreadable', account, facts: { because: code, part: undefined } }]);
  });

  it('answer null to every single-character edit of what is stored', async () => {
    const { passwords } = await stage();
    const stored = await passwords.hash(good, { account });
    for (let at = 0; at < stored.length; at += 1) {
      const edited = stored.slice(0, at) + (stored[at] === 'A' ? 'B' : 'A') + stored.slice(at + 1);
      expect(await passwords.verify(edited, good, { account })).toBeNull();
    }
  });

  it('hold what is sealed to the same bounds as what is plain', async () => {
    const { passwords, keys, recorded, engine } = await stage();
    const envelopes = createEnvelopes({ application: 'shop', keys });
    const place = { table: 'customers', column: 'password', row: account };
    const plain = await createPasswords({ engine: fakeEngine() }).hash(good, { account });
    for (const value of [plain.replace('m=19456', 'm=4194304'), 'hunter2']) {
      expect(await passwords.verify(envelopes.seal({ type: 'text', value }, place), good, { account })).toBeNull();
    }
    expect(recorded.map(({ kind }) => kind)).toEqual(['password.bounds', 'password.unreadable']);
    expect(engine.requests.map(({ memoryKiB }) => memoryKiB)).toEqual([19456, 19456]);
  });

  it('do not look at a stored text that is far too long', async () => {
    const { passwords, recorded } = await stage();
    expect(await passwords.verify(`sf1.${'A'.repeat(3_000_000)}`, good, { account })).toBeNull();
    expect(recorded).toMatchObject([{ kind: 'password.bounds', facts: { because: 'bounds' } }]);
  });

  it('read a sealed hash of the longest kind', async () => {
    const { keys } = await stage();
    const sealed = { keys, application: 'shop', table: 'customers', column: 'password' };
    const place = { table: 'customers', column: 'password', row: account };
    const value = `$argon2id$v=19$m=19456,t=16,p=8$${'A'.repeat(86)}$${'A'.repeat(86)}`;
    const { recorded, passwords } = await stage(sealed);
    const stored = createEnvelopes({ application: 'shop', keys }).seal({ type: 'text', value }, place);
    expect(await passwords.verify(stored, good, { account })).toBeNull();
    expect(recorded).toEqual([]);
  });

  it('demand the account wherever something is stored, because it is the row', async () => {
    const { passwords } = await stage();
    const stored = await passwords.hash(good, { account });
    await expect(passwords.verify(stored, good)).rejects.toMatchObject({ code: 'ERR_OPTION_MISSING' });
    expect(await passwords.verify(null, good)).toBeNull();
  });

  it('still open what a key of before sealed, after another became active', async () => {
    const { passwords, keys } = await stage();
    const stored = await passwords.hash(good, { account });
    const { id } = await keys.stage('fields');
    await keys.activate(id);
    expect(await passwords.verify(stored, good, { account })).not.toBeNull();
    expect(createEnvelopes({ application: 'shop', keys }).keyIdOf(await passwords.hash(good, { account }))).toBe(id);
  });

  it('throw when the ring is closed, for then nothing can be decided', async () => {
    const { passwords, keys } = await stage();
    const stored = await passwords.hash(good, { account });
    keys.close();
    await expect(passwords.verify(stored, good, { account })).rejects.toMatchObject({ code: 'ERR_KEY_RING_CLOSED' });
  });

  describe('while plain hashes are let in with a reason', () => {
    const dangerouslyAcceptUnsealed = 'plain hashes from before the ring';

    it('verify them, and seal them by rehash', async () => {
      const { passwords } = await stage({ dangerouslyAcceptUnsealed });
      const plain = await createPasswords({ engine: fakeEngine() }).hash(good, { account });
      const verified = await passwords.verify(plain, good, { account });
      expect(await verified?.rehash()).toMatch(/^sf1\./);
      expect(await passwords.verify(plain, 'another', { account })).toBeNull();
    });

    it('still refuse a hash that is sealed for another account', async () => {
      const { passwords, recorded } = await stage({ dangerouslyAcceptUnsealed });
      const stored = await passwords.hash(good, { account: '18' });
      expect(await passwords.verify(stored, good, { account })).toBeNull();
      expect(recorded).toMatchObject([{ kind: 'password.unreadable', facts: { because: 'ERR_SEAL_BROKEN' } }]);
    });
  });

  it.each([
    { keys: {} },
    { place: { table: '' } },
    { place: { application: '' } },
    { place: { column: 7 } },
    { place: { tenant: '' } },
    { place: { row: '17' } },
    { place: 'customers' },
    { dangerouslyAcceptUnsealed: 'yes' },
  ])('refuse %j at construction', async (change: unknown) => {
    const { keys } = await stage();
    expect(() => createPasswords({ keys, ...(change as object) })).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^ERR_OPTION_/) }),
    );
  });
});

describe('plain passwords', () => {
  it('answer null to a sealed hash, and report it', async () => {
    const { passwords } = await stage();
    const stored = await passwords.hash(good, { account });
    const recorded: SecurityEvent[] = [];
    const events = { record: async (event: SecurityEvent) => void recorded.push(event) };
    const plain = createPasswords({ engine: fakeEngine(), events });
    expect(await plain.verify(stored, good, { account })).toBeNull();
    expect(recorded).toMatchObject([{ kind: 'password.unreadable', facts: { because: 'form' } }]);
  });
});
