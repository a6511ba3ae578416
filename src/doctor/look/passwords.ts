import { randomBytes } from 'node:crypto';
import { isSafekeepError } from '../../base/errors.js';
import { parsePhc } from '../../passwords/phc.js';
import type { PasswordsView } from '../subject.js';

/** What is asked of whatever hashes an application's passwords: ours, or a function of the application. */
export interface HashesPasswords {
  hash(password: string, context: { readonly account: string }): Promise<string> | string;
  selfTest?(): Promise<{ readonly engine: string; readonly isolated: boolean }>;
  /** Where the hash itself is sealed and does not say. */
  readonly cost?: { readonly memoryKiB: number; readonly passes: number };
}

/** Hashes one password that nobody has, and reads what the result says of itself. */
export async function lookAtPasswords(passwords: HashesPasswords): Promise<PasswordsView> {
  const engine = await testOf(passwords);
  const text = String(await passwords.hash(randomBytes(18).toString('base64url'), { account: 'safekeep-doctor' }));
  const read = parsePhc(text);
  if (!('unusable' in read)) {
    return { scheme: read.variant, memoryKiB: read.memoryKiB, passes: read.passes, engine };
  }
  const { cost } = passwords;
  const sealed = text.startsWith('sf1.') && cost !== undefined;
  return { scheme: sealed ? 'argon2id' : schemeOf(text), memoryKiB: cost?.memoryKiB, passes: cost?.passes, engine };
}

async function testOf({ selfTest }: HashesPasswords): Promise<PasswordsView['engine']> {
  if (selfTest === undefined) return undefined;
  try {
    const { engine, isolated } = await selfTest();
    return { name: engine, isolated };
  } catch (error) {
    return {
      problem: isSafekeepError(error) ? `${error.code} (${String(error.facts['because'] ?? '')})` : 'it throws',
    };
  }
}

const schemes: readonly (readonly [RegExp, string])[] = [
  [/^\$argon2/, 'argon2 with parameters out of bounds'],
  [/^\$2[abxy]\$/, 'bcrypt'],
  [/^\$scrypt\$|^scrypt[:$]/, 'scrypt'],
  [/^\$?pbkdf2/i, 'pbkdf2'],
  [/^[0-9a-f]{32}$/i, 'an unsalted digest of 128 bits'],
  [/^[0-9a-f]{40}$/i, 'an unsalted digest of 160 bits'],
  [/^[0-9a-f]{64}$/i, 'an unsalted digest of 256 bits'],
];

function schemeOf(text: string): string {
  return schemes.find(([form]) => form.test(text))?.[1] ?? 'unknown';
}
