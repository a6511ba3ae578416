import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hash } from 'argon2';
import { describe, expect, it } from 'vitest';
import type { Random } from '../../src/base/clock.js';
import { createPasswords, type LegacyScheme } from '../../src/passwords/index.js';
import { ceilings } from '../../src/passwords/legacy/schemes.js';
import { pae } from './reference.js';

interface Vector {
  readonly what: string;
  readonly password: string;
  /** What was stored before. */
  readonly old: string;
  /** Of argon2, in hex. */
  readonly salt: string;
  readonly wrapped: string;
}
const { vectors } = JSON.parse(readFileSync(join(import.meta.dirname, 'wrapped.json'), 'utf8')) as {
  readonly vectors: readonly Vector[];
};
const legacy = Object.keys(ceilings).filter((name) => name !== 'argon2') as LegacyScheme[];

/** The digest of an old hash, where it is easily seen. */
function digestOf(old: string): Buffer | undefined {
  const last = old.split('$').at(-1) ?? '';
  if (/^(md5|sha1)\$/.test(old)) return Buffer.from(last, 'hex');
  if (old.startsWith('$pbkdf2') || old.startsWith('$scrypt')) return Buffer.from(last.replaceAll('.', '+'), 'base64');
  const bytes = Buffer.from(old.replace(/^\{\w+\}/, ''), 'base64');
  if (old.startsWith('{SSHA}')) return bytes.subarray(0, 20);
  if (old.startsWith('{SMD5}')) return bytes.subarray(0, 16);
  if (old.startsWith('{SSHA512}')) return bytes.subarray(0, 64);
  return undefined;
}

describe('the frozen vectors of wrapped hashes', () => {
  it.each(vectors)('$what: is written letter for letter, and verifies', async ({ password, old, salt, wrapped }) => {
    const random: Random = { bytes: (count) => Buffer.from(salt, 'hex').subarray(0, count), below: () => 0 };
    const passwords = createPasswords({ legacy, random });
    expect(await passwords.wrapLegacy(old, { account: '17' })).toBe(wrapped);
    expect(await passwords.verify(wrapped, password, { account: '17' })).not.toBeNull();
  });

  it('are what docs/formats.md says, by another way: argon2id over the header and the digest', async () => {
    let seen = 0;
    for (const { old, salt, wrapped } of vectors) {
      const digest = digestOf(old);
      if (digest === undefined) continue;
      const [, header = '', tag] = /^\$sfw1\$(.*)\$argon2id\$v=19\$m=19456,t=2,p=1\$[^$]+\$(.+)$/.exec(wrapped) ?? [];
      const options = {
        memoryCost: 19456,
        timeCost: 2,
        parallelism: 1,
        hashLength: 32,
        salt: Buffer.from(salt, 'hex'),
      };
      const computed = await hash(pae('sf1/wrapped', header, digest), { ...options, raw: true, type: 2 });
      expect(computed.toString('base64').replace(/=+$/, '')).toBe(tag);
      seen += 1;
    }
    expect(seen).toBeGreaterThanOrEqual(5);
  });
});
