/** Old ways to store passwords that can be verified and left behind. docs/passwords.md has the spellings of each. */
export type LegacyScheme =
  | 'argon2'
  | 'aspnet-identity'
  | 'bcrypt'
  | 'ldap'
  | 'md5-crypt'
  | 'pbkdf2'
  | 'phpass'
  | 'salted-digest'
  | 'scrypt'
  | 'sha256-crypt'
  | 'sha512-crypt';

/** A scheme with a ceiling of its own. */
export interface LegacyChoice {
  readonly scheme: LegacyScheme;
  /**
   * The most that a stored hash of the scheme may cost; what asks for more is "no match". Every refused sign-in waits
   * as long as this takes, so it is what your hashes really have. Its unit, range and default are the scheme's.
   */
  readonly most: number;
}

/** Ranges of `most`; undefined where the scheme has one cost only. */
export const ceilings: Readonly<
  Record<LegacyScheme, { readonly min: number; readonly max: number; readonly usual: number } | undefined>
> = {
  /** Passes. */
  argon2: { min: 1, max: 16, usual: 4 },
  /** Iterations. */
  'aspnet-identity': { min: 1000, max: 2_000_000, usual: 100_000 },
  /** Binary logarithm of the rounds. */
  bcrypt: { min: 4, max: 16, usual: 12 },
  ldap: undefined,
  'md5-crypt': undefined,
  /** Iterations. */
  pbkdf2: { min: 1000, max: 5_000_000, usual: 1_000_000 },
  /** Binary logarithm of the rounds. */
  phpass: { min: 7, max: 20, usual: 13 },
  'salted-digest': undefined,
  /** N times r times p. */
  scrypt: { min: 8192, max: 8_388_608, usual: 655_360 },
  /** Rounds. */
  'sha256-crypt': { min: 1000, max: 2_000_000, usual: 5000 },
  'sha512-crypt': { min: 1000, max: 2_000_000, usual: 5000 },
};

/** By how it begins; what follows is read strictly by the scheme, and only where it is declared. */
const beginnings: readonly (readonly [RegExp, LegacyScheme])[] = [
  [/^(\$2[abxy]?\$|bcrypt(_sha256)?\$)/, 'bcrypt'],
  [/^(\$pbkdf2(-sha256|-sha512)?\$|pbkdf2_sha(1|256)\$)/, 'pbkdf2'],
  [/^\$?scrypt\$/, 'scrypt'],
  [/^\$(1|apr1)\$/, 'md5-crypt'],
  [/^\$5\$/, 'sha256-crypt'],
  [/^\$6\$/, 'sha512-crypt'],
  [/^\{(SSHA(256|384|512)?|SMD5)\}/i, 'ldap'],
  [/^(md5|sha1)\$/, 'salted-digest'],
  [/^\$[PH]\$/, 'phpass'],
  [/^argon2\$/, 'argon2'],
  // Base64 of a first byte 00 or 01, and at least 29 more.
  [/^A[A-PQ][A-Za-z0-9+/]{38,}={0,2}$/, 'aspnet-identity'],
];

/** Which scheme a stored text looks like; undefined when none. Nothing is promised of the rest of it. */
export function schemeOf(stored: string): LegacyScheme | undefined {
  const start = stored.slice(0, 512);
  return beginnings.find(([beginning]) => beginning.test(start))?.[1];
}
