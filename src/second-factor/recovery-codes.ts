import { createHash } from 'node:crypto';
import { pae, utf8 } from '../base/bytes.js';
import type { Random } from '../base/clock.js';

/** RFC 4648 base32: no digit that is taken for a letter. */
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const codeLetters = 24;

/**
 * A code for the drawer: 120 random bits as six groups of four letters, so that a plain hash keeps it. ASVS 5.0 6.5.2
 * (112 bits or more), 6.5.3.
 */
export function mintRecoveryCode(random: Random): string {
  const bytes = random.bytes(15);
  let bits = BigInt(`0x${bytes.toString('hex')}`);
  let text = '';
  for (let at = 0; at < codeLetters; at += 1) {
    text = letters.charAt(Number(bits & 31n)) + text;
    bits >>= 5n;
  }
  return text.replaceAll(/(.{4})(?=.)/g, '$1-');
}

/** The stored form of what was typed, bound to its account; null for what is no recovery code. Case, spaces and dashes do not count. */
export function hashRecoveryCode(realm: string, account: string, typed: unknown): Buffer | null {
  if (typeof typed !== 'string' || typed.length > 100) return null;
  const code = typed.replaceAll(/[\s-]/g, '').toUpperCase();
  if (!/^[A-Z2-7]{24}$/.test(code)) return null;
  return createHash('sha256')
    .update(pae(['safekeep/recovery', realm, account, code].map(utf8)))
    .digest();
}
