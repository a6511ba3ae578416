import { SafekeepError } from '../../base/errors.js';
import { nameOf, type Statement, say } from '../../base/names.js';
import { anyRule, integerRule, listRule, oneOfRule, readOptions, required } from '../../base/options.js';
import type { OldScheme } from './scheme.js';
import { ceilings, type LegacyChoice, type LegacyScheme } from './schemes.js';

/** Schemes that may occur, each with the most that a hash of it may cost; undefined where there is one cost only. */
export type Declared = ReadonlyMap<LegacyScheme, number | undefined>;

const owner = 'createPasswords.legacy';
const scheme = oneOfRule(...(Object.keys(ceilings) as LegacyScheme[]));
const choiceShape = { scheme: required(scheme), most: required(anyRule<number>()) };

/** @throws SafekeepError ERR_OPTION_INVALID and its like for what is no scheme, twice the same, or no ceiling of it */
export function readDeclared(legacy: readonly (LegacyScheme | LegacyChoice)[]): Declared {
  const declared = new Map<LegacyScheme, number | undefined>();
  const wrong = (option: string, expected: Statement): SafekeepError =>
    new SafekeepError('ERR_OPTION_INVALID', { of: nameOf(owner), option: nameOf(option), expected });
  const refused = listRule(anyRule()).check(legacy);
  if (refused !== undefined) throw wrong('legacy', refused);
  for (const entry of legacy) {
    const choice: unknown = typeof entry === 'string' ? { scheme: entry, most: ceilings[entry]?.usual ?? 0 } : entry;
    const read = readOptions(owner, choiceShape, choice);
    const ceiling = ceilings[read.scheme];
    if (declared.has(read.scheme)) throw wrong(read.scheme, say`each scheme once`);
    if (ceiling === undefined && typeof entry !== 'string')
      throw wrong('most', say`none: this scheme has one cost only`);
    const outside = ceiling === undefined ? undefined : integerRule(ceiling).check(read.most);
    if (outside !== undefined) throw wrong('most', outside);
    declared.set(read.scheme, ceiling === undefined ? undefined : read.most);
  }
  return declared;
}

/**
 * Loads what is declared and nothing else. `argon2` needs nothing: our own engine computes it.
 * @throws SafekeepError ERR_PEER_MISSING where `bcrypt` is declared and `@node-rs/bcrypt` not installed;
 *   ERR_NATIVE_MODULE and ERR_PASSWORD_ENGINE where it does not load or hashes wrongly
 */
export async function loadSchemes(
  declared: Declared,
  ceilingKiB: number,
): Promise<ReadonlyMap<LegacyScheme, OldScheme>> {
  const loaded = new Map<LegacyScheme, OldScheme>();
  for (const [name, most = 0] of declared) {
    const found = name === 'argon2' ? undefined : await loaders[name](most, ceilingKiB);
    if (found !== undefined) loaded.set(name, found);
  }
  return loaded;
}

const loaders: Readonly<
  Record<Exclude<LegacyScheme, 'argon2'>, (most: number, ceilingKiB: number) => Promise<OldScheme>>
> = {
  'aspnet-identity': async (most) => (await import('./aspnet-identity.js')).aspnetIdentityScheme(most),
  bcrypt: async (most) => await (await import('./bcrypt.js')).bcryptScheme(most),
  ldap: async () => (await import('./ldap.js')).ldapScheme(),
  'md5-crypt': async () => (await import('./md5-crypt.js')).md5CryptScheme(),
  pbkdf2: async (most) => (await import('./pbkdf2.js')).pbkdf2Scheme(most),
  phpass: async (most) => (await import('./phpass.js')).phpassScheme(most),
  'salted-digest': async () => (await import('./salted-digest.js')).saltedDigestScheme(),
  scrypt: async (most, ceilingKiB) => (await import('./scrypt.js')).scryptScheme(most, ceilingKiB),
  'sha256-crypt': async (most) => (await import('./sha-crypt.js')).shaCryptScheme('sha256-crypt', most),
  'sha512-crypt': async (most) => (await import('./sha-crypt.js')).shaCryptScheme('sha512-crypt', most),
};
