import { describe, expect, it } from 'vitest';
import type { SecurityEvent } from '../../../src/base/ports/security-events.js';
import { createPasswords, type LegacyScheme, type PasswordsOptions } from '../../../src/passwords/index.js';
import { ceilings } from '../../../src/passwords/legacy/schemes.js';
import { parsePhc } from '../../../src/passwords/phc.js';
import { fakeEngine } from '../fake-engine.js';
import { type Fixture, fixtures } from './fixtures.js';

const account = '17';
const every = Object.keys(ceilings) as LegacyScheme[];
const own = { memoryKiB: 19456, passes: 2, lanes: 1 };
/** The rounds that some published vectors have. */
const legacy = every.map((scheme) =>
  ceilings[scheme] === undefined || !scheme.startsWith('sha') ? scheme : { scheme, most: 100_000 },
);

function stage(options: PasswordsOptions = {}) {
  const engine = fakeEngine();
  const recorded: SecurityEvent[] = [];
  const events = { record: async (event: SecurityEvent) => void recorded.push(event) };
  return {
    passwords: createPasswords({ engine, events, legacy, memoryCeilingKiB: 65_536, ...options }),
    engine,
    recorded,
  };
}
/** Django's argon2 strings need the real engine. */
const computed = fixtures.filter(({ scheme }) => scheme !== 'argon2');

describe('an old hash of a declared scheme', () => {
  const all = stage();

  it.each(computed)('verifies, and is written anew as argon2id: $source', async ({ stored, password }) => {
    const { passwords, recorded } = all;
    const verified = await passwords.verify(stored, password, { account });
    const fresh = await verified?.rehash();
    expect(parsePhc(fresh ?? '')).toMatchObject({ variant: 'argon2id', ...own });
    expect(await passwords.verify(fresh ?? null, password, { account })).not.toBeNull();
    expect(await passwords.verify(stored, `x${password}`, { account })).toBeNull();
    expect(await passwords.verify(stored, `${password}\u0000`, { account })).toBeNull();
    expect(recorded).toEqual([]);
  });

  it.each(computed)(
    'verifies under argon2id that was put over it, and without a trace of its digest: $source',
    async ({ stored, password }) => {
      const { passwords, recorded } = all;
      const wrapped = await passwords.wrapLegacy(stored, { account });
      expect(wrapped).toMatch(
        /^\$sfw1\$[a-z0-9-]+\$[0-9,-]+\$[A-Za-z0-9+/]*\$[0-9]+\$argon2id\$v=19\$m=19456,t=2,p=1\$/,
      );
      expect(wrapped).not.toContain(stored.slice(-12));
      const verified = await passwords.verify(wrapped, password, { account });
      expect(parsePhc((await verified?.rehash()) ?? '')).toMatchObject({ variant: 'argon2id', ...own });
      expect(await passwords.verify(wrapped, `x${password}`, { account })).toBeNull();
      expect(await passwords.wrapLegacy(wrapped, { account })).toBe(wrapped);
      expect(recorded).toEqual([]);
    },
  );

  it.each(fixtures.filter(({ scheme }) => scheme === 'argon2'))(
    'verifies as plain argon2: $source',
    async ({ stored, password }) => {
      const passwords = createPasswords({ legacy: ['argon2'] });
      const verified = await passwords.verify(stored, password, { account });
      expect(parsePhc((await verified?.rehash()) ?? '')).toMatchObject(own);
      expect(await passwords.verify(stored, 'another', { account })).toBeNull();
      expect(passwords.memoryBoundKiB).toBe(createPasswords({ memoryCeilingKiB: 102_400 }).memoryBoundKiB);
    },
  );

  it.each(fixtures)(
    'is "no match" and an event where its scheme is not declared: $source',
    async ({ scheme, stored, password }) => {
      const { passwords, engine, recorded } = stage({ legacy: [] });
      expect(await passwords.verify(stored, password, { account })).toBeNull();
      expect(recorded).toEqual([
        { kind: 'password.undeclared', account, facts: { because: 'undeclared', part: scheme } },
      ]);
      expect(engine.requests).toMatchObject([own]);
    },
  );

  it('costs one argon2 of our own on top, like every account, and a zero byte in the password no more than that', async () => {
    const { stored, password } = fixtures.find(({ scheme }) => scheme === 'phpass') as Fixture;
    const { passwords, engine } = stage();
    for (const typed of [password, 'another', `${password}\u0000`]) await passwords.verify(stored, typed, { account });
    expect(engine.requests).toMatchObject([own, own, own]);
  });
});

describe('bcrypt', () => {
  it('is matched by the first 72 bytes, and then all that was typed counts', async () => {
    const { passwords } = stage();
    // PHP 8.2: password_hash(str_repeat('x', 100), PASSWORD_BCRYPT, ['cost' => 5])
    const stored = '$2y$05$lXN43j7X/0jvpQ9cOHaskueXXJR75uH/J2UFNQXvtYqo5NAa/PqtK';
    const typed = `${'x'.repeat(72)} and a tail`;
    expect(await passwords.verify(stored, 'x'.repeat(71), { account })).toBeNull();
    expect(await passwords.verify(stored, `${'x'.repeat(71)}y`, { account })).toBeNull();
    const fresh = (await (await passwords.verify(stored, typed, { account }))?.rehash()) ?? null;
    expect(await passwords.verify(fresh, typed, { account })).not.toBeNull();
    expect(await passwords.verify(fresh, 'x'.repeat(100), { account })).toBeNull();
    expect(await passwords.verify(fresh, 'x'.repeat(72), { account })).toBeNull();
  });

  it('of Django over SHA-256 has no such end', async () => {
    const { passwords } = stage();
    // Django 5.2.17, bcrypt_sha256, of 'y' a hundred times
    const stored = 'bcrypt_sha256$$2b$05$u9PiedTaIKD9N5R.HO8NC.95uEBf42v1/GusZy8QRWjMcQHZFQq/.';
    expect(await passwords.verify(stored, 'y'.repeat(100), { account })).not.toBeNull();
    expect(await passwords.verify(stored, `${'y'.repeat(99)}z`, { account })).toBeNull();
  });
});

describe('two spellings of one password', () => {
  it('are both tried against an old hash, composed first', async () => {
    const { passwords, engine } = stage();
    const { createHash } = await import('node:crypto');
    const sha1 = (text: string) => `sha1$salt$${createHash('sha1').update(`salt${text}`).digest('hex')}`;
    const [composed, decomposed] = ['caf\u00e9 am see', 'cafe\u0301 am see'];
    expect(await passwords.verify(sha1(decomposed), decomposed, { account })).not.toBeNull();
    expect(await passwords.verify(sha1(composed), decomposed, { account })).not.toBeNull();
    expect(await passwords.verify(sha1(composed), composed, { account })).not.toBeNull();
    expect(engine.requests.length).toBe(2 + 2 + 1);
  });
});

describe('a stored text that someone edited', () => {
  const b64 = (bytes: number) => Buffer.alloc(bytes, 7).toString('base64').replace(/=+$/, '');
  const padded = (bytes: number) => Buffer.alloc(bytes, 7).toString('base64');
  const aspnet = (prf: number, iterations: number, salt: number, rest = 48) => {
    const head = Buffer.alloc(13);
    head[0] = 1;
    for (const [index, value] of [prf, iterations, salt].entries()) head.writeUInt32BE(value, 1 + 4 * index);
    return Buffer.concat([head, Buffer.alloc(rest, 7)]).toString('base64');
  };
  const phc = `$argon2id$v=19$m=19456,t=2,p=1$${b64(16)}$${b64(32)}`;
  const tag22 = `${'a'.repeat(21)}.`;

  it.each<[string, string]>([
    ['cost', `$2b$13$${'.'.repeat(53)}`],
    ['cost', `$2b$31$${'.'.repeat(53)}`],
    ['cost', `$2y$03$${'.'.repeat(53)}`],
    ['cost', `bcrypt_sha256$$2b$99$${'.'.repeat(53)}`],
    ['iterations', `pbkdf2_sha256$1000000000$salt$${padded(32)}`],
    ['iterations', `$pbkdf2-sha512$1000001$${b64(16)}$${b64(64)}`],
    ['tagBytes', `pbkdf2_sha256$1000$salt$${padded(64)}`],
    ['tagBytes', `pbkdf2_sha256$1000$salt$${padded(1)}`],
    ['tagBytes', `$pbkdf2$1000$${b64(16)}$${b64(64)}`],
    ['iterations', aspnet(2, 0xffff_ffff, 16)],
    ['iterations', aspnet(1, 0, 16)],
    ['tagBytes', aspnet(0, 1000, 16, 16 + 64)],
    ['work', `scrypt$1073741824$salt$8$1$${padded(64)}`],
    ['work', `$scrypt$ln=31,r=8,p=1$${b64(16)}$${b64(32)}`],
    ['work', `$scrypt$ln=1,r=1,p=999999999$${b64(16)}$${b64(32)}`],
    ['work', `$scrypt$ln=1,r=999999999,p=1$${b64(16)}$${b64(32)}`],
    ['memoryKiB', `$scrypt$ln=16,r=9,p=1$${b64(16)}$${b64(32)}`],
    ['N', `scrypt$1000$salt$8$1$${padded(64)}`],
    ['tagBytes', `scrypt$1024$salt$8$1$${padded(8)}`],
    ['rounds', `$5$rounds=999999999$salt$${'.'.repeat(43)}`],
    ['rounds', `$6$rounds=100001$salt$${'.'.repeat(86)}`],
    ['rounds', `$6$rounds=999$salt$${'.'.repeat(86)}`],
    ['rounds', `$P$Esaltsalt${tag22}`],
    ['rounds', `$H$zsaltsalt${tag22}`],
    ['rounds', `$P$4saltsalt${tag22}`],
    ['saltBytes', `{SSHA}${padded(20 + 129)}`],
    ['saltBytes', `md5$${'\u00e4'.repeat(100)}$${'0'.repeat(32)}`],
    ['memoryKiB', `argon2$argon2id$v=19$m=2097152,t=2,p=8$${b64(16)}$${b64(16)}`],
    ['passes', `argon2$argon2id$v=19$m=8192,t=17,p=8$${b64(16)}$${b64(16)}`],
    ['cost', `$sfw1$bcrypt$31$${b64(16)}$23${phc}`],
    ['cost', `$sfw1$bcrypt$12,12$${b64(16)}$23${phc}`],
    ['cost', `$sfw1$bcrypt$-$${b64(16)}$23${phc}`],
    ['saltBytes', `$sfw1$bcrypt$12$${b64(15)}$23${phc}`],
    ['tagBytes', `$sfw1$bcrypt$12$${b64(16)}$1${phc}`],
    ['iterations', `$sfw1$pbkdf2-sha256$1000000000$${b64(16)}$32${phc}`],
    ['iterations', `$sfw1$pbkdf2-sha256$0$${b64(16)}$32${phc}`],
    ['rounds', `$sfw1$sha512-crypt$999999999$${b64(8)}$64${phc}`],
    ['rounds', `$sfw1$phpass$31$${b64(8)}$16${phc}`],
    ['rounds', `$sfw1$md5-crypt$9$${b64(8)}$16${phc}`],
    ['work', `$sfw1$scrypt$1073741824,8,1$${b64(8)}$64${phc}`],
    ['tagBytes', `$sfw1$ldap-sha1$-$${b64(8)}$16${phc}`],
    ['tagBytes', `$sfw1$salted-md5$-$${b64(8)}$20${phc}`],
    ['memoryKiB', `$sfw1$bcrypt$12$${b64(16)}$23${phc.replace('m=19456', 'm=2097152')}`],
    ['passes', `$sfw1$bcrypt$12$${b64(16)}$23${phc.replace('t=2', 't=1000000000')}`],
    ['length', `$sfw1$bcrypt$12$${'A'.repeat(1100)}$23${phc}`],
    ['length', `$6$rounds=5000$${'a'.repeat(1_000_000)}`],
    ['length', `{SSHA}${'A'.repeat(1_000_000)}`],
    ['length', 'A'.repeat(1_000_000)],
  ])('beyond the bounds of %s is "no match", an event, and nothing is computed for it (%#)', async (part, stored) => {
    const { passwords, engine, recorded } = stage();
    expect(await passwords.verify(stored, 'salt marsh at low tide', { account })).toBeNull();
    expect(recorded).toEqual([{ kind: 'password.bounds', account, facts: { because: 'bounds', part } }]);
    expect(engine.requests).toMatchObject([own]);
    await expect(passwords.wrapLegacy(stored, { account })).rejects.toMatchObject({ code: 'ERR_PASSWORD_LEGACY' });
    expect(engine.requests.length).toBe(1);
  });

  it.each<[string, string]>([
    ['bcrypt', `$2x$12$${'.'.repeat(53)}`],
    ['bcrypt', `$2b$12$${'.'.repeat(52)}`],
    ['bcrypt', `$2b$5$${'.'.repeat(53)}`],
    ['bcrypt', `$2b$12$${'.'.repeat(52)}z`],
    ['pbkdf2', `pbkdf2_sha256$0600000$salt$${padded(32)}`],
    ['pbkdf2', `pbkdf2_sha256$600000$$${padded(32)}`],
    ['pbkdf2', `pbkdf2_sha256$600000$salt$${padded(32)} `],
    ['pbkdf2', `$pbkdf2-sha256$29000$${b64(16)}$${padded(32)}`],
    ['scrypt', `$scrypt$ln=16,r=8$${b64(16)}$${b64(32)}`],
    ['md5-crypt', `$1$ninechars$${'.'.repeat(22)}`],
    ['md5-crypt', `$1$salt$${'.'.repeat(21)}z`],
    ['sha256-crypt', `$5$rounds=05000$salt$${'.'.repeat(43)}`],
    ['sha512-crypt', `$6$salt$${'.'.repeat(85)}`],
    ['ldap', `{SSHA}${padded(20)}`],
    ['ldap', '{SMD5}!!!'],
    ['salted-digest', `sha1$salt$${'0'.repeat(32)}`],
    ['salted-digest', `md5$salt$${'G'.repeat(32)}`],
    ['phpass', `$P$Bsaltsalt${'.'.repeat(21)}`],
    ['aspnet-identity', Buffer.alloc(50).toString('base64')],
    ['aspnet-identity', aspnet(3, 1000, 16)],
    ['aspnet-identity', aspnet(1, 1000, 0xffff_ffff)],
    ['wrapped', '$sfw1$'],
    ['wrapped', `$sfw1$bcrypt$012$${b64(16)}$23${phc}`],
    ['wrapped', `$sfw1$bcrypt$12$${b64(16)}=$23${phc}`],
    ['wrapped', `$sfw1$bcrypt$12$${b64(16).slice(0, -1)}x$23${phc}`],
    ['wrapped', `$sfw1$bcrypt$12$${b64(16)}$23${phc.replace('argon2id', 'argon2d')}`],
  ])('into no spelling of %s is "no match" and an event (%#)', async (part, stored) => {
    const { passwords, engine, recorded } = stage();
    expect(await passwords.verify(stored, 'salt marsh at low tide', { account })).toBeNull();
    expect(recorded).toEqual([{ kind: 'password.unreadable', account, facts: { because: 'form', part } }]);
    expect(engine.requests).toMatchObject([own]);
  });

  it('into a wrapped hash of a scheme that nobody declared, or that never was, is an event too', async () => {
    const { passwords, recorded } = stage({ legacy: ['ldap'] });
    for (const variant of ['bcrypt', 'rot13']) {
      expect(await passwords.verify(`$sfw1$${variant}$5$${b64(16)}$23${phc}`, 'x', { account })).toBeNull();
    }
    expect(recorded.map(({ kind, facts }) => [kind, facts?.['part']])).toEqual([
      ['password.undeclared', 'bcrypt'],
      ['password.undeclared', 'rot13'],
    ]);
  });

  it('for more memory of scrypt, by whichever of its numbers', async () => {
    const { passwords, recorded } = stage({ legacy: [{ scheme: 'scrypt', most: 8_388_608 }] });
    for (const costs of ['ln=17,r=8,p=1', 'ln=16,r=9,p=1', 'ln=10,r=1,p=33', 'ln=10,r=33,p=1']) {
      expect(await passwords.verify(`$scrypt$${costs}$${b64(16)}$${b64(32)}`, 'x', { account })).toBeNull();
    }
    expect(recorded.map(({ facts }) => facts?.['part'])).toEqual(['memoryKiB', 'memoryKiB', 'work', 'work']);
  });

  it('never lets a password match by another digest of the same length', async () => {
    const { passwords } = stage();
    for (const { stored, password } of computed.slice(0, 20)) {
      const wrapped = await passwords.wrapLegacy(stored, { account });
      const at = wrapped.lastIndexOf('$') + 5;
      const edited = wrapped.slice(0, at) + (wrapped[at] === 'A' ? 'B' : 'A') + wrapped.slice(at + 1);
      expect(await passwords.verify(edited, password, { account })).toBeNull();
    }
  });
});

describe('a wrapped hash', () => {
  it('is not opened by its old digest, wherever somebody got that from', async () => {
    const { passwords } = stage();
    const stored = `md5$salt$${'f'.repeat(32)}`;
    const wrapped = await passwords.wrapLegacy(stored, { account });
    const plain = wrapped.slice(wrapped.indexOf('$argon2id'));
    for (const typed of [
      'f'.repeat(32),
      Buffer.alloc(16, 255).toString('latin1'),
      Buffer.alloc(16, 255).toString('utf8'),
    ]) {
      for (const text of [wrapped, plain]) expect(await passwords.verify(text, typed, { account })).toBeNull();
    }
  });

  it('is bound to what it was made of: an easier old hash in front of the same tag does not match', async () => {
    const { passwords } = stage();
    const { stored, password } = fixtures.find(({ scheme }) => scheme === 'ldap') as Fixture;
    const wrapped = await passwords.wrapLegacy(stored, { account });
    expect(await passwords.verify(wrapped, password, { account })).not.toBeNull();
    expect(await passwords.verify(wrapped.replace('ldap-sha1', 'salted-sha1'), password, { account })).toBeNull();
  });
});

describe('the option legacy', () => {
  it.each([
    'bcrypt',
    [''],
    ['des'],
    ['bcrypt', 'bcrypt'],
    ['bcrypt', { scheme: 'bcrypt', most: 10 }],
    [{ scheme: 'bcrypt', most: 17 }],
    [{ scheme: 'bcrypt', most: 3 }],
    [{ scheme: 'bcrypt' }],
    [{ scheme: 'ldap', most: 1 }],
    [{ scheme: 'bcrypt', mosst: 12, most: 12 }],
    [7],
    [null],
  ])('refuses %j at construction', (given: unknown) => {
    expect(() => createPasswords({ legacy: given as LegacyScheme[] })).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^ERR_OPTION_(INVALID|UNKNOWN|MISSING)$/) }),
    );
  });

  it('sets the most that a hash may cost', async () => {
    const stored = '$2a$10$XajjQvNhvvRt5GSeFk1xFeyqRrsxkhBkUiQeg0dt.wU1qD4aFDcga';
    const { passwords } = stage({ legacy: [{ scheme: 'bcrypt', most: 10 }] });
    expect(await passwords.verify(stored, 'allmine', { account })).not.toBeNull();
    const less = stage({ legacy: [{ scheme: 'bcrypt', most: 9 }] });
    expect(await less.passwords.verify(stored, 'allmine', { account })).toBeNull();
    expect(less.recorded).toMatchObject([{ kind: 'password.bounds', facts: { part: 'cost' } }]);
  });
});
