import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Random } from './clock.js';

/** `rst_` resets a password, `cnf_` confirms a registration, `chg_` a new mail address, `und_` puts the old one back. */
export const mailTokenKinds = ['rst', 'cnf', 'chg', 'und'] as const;
export type MailTokenKind = (typeof mailTokenKinds)[number];

const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

export interface MailToken {
  /** What the mail carries: `rst_` + 32 random bytes in base64url + CRC-32 in 6 base62 digits. */
  readonly text: string;
  /** SHA-256 of the text: what is stored. 256 random bits need no slow hash (ASVS 5.0 6.5.2). */
  readonly hash: Buffer;
}

export function mintMailToken(kind: MailTokenKind, random: Random): MailToken {
  const body = `${kind}_${random.bytes(32).toString('base64url')}`;
  const text = body + checksum(body);
  return { text, hash: sha256(text) };
}

/**
 * The stored form of what a person typed or pasted, or null when it is no token of this kind. The checksum catches a
 * cut-off paste before the database is asked, and lets scanners tell a leaked token from look-alikes; it is no proof.
 */
export function hashMailToken(kind: MailTokenKind, typed: unknown): Buffer | null {
  if (typeof typed !== 'string') return null;
  const text = typed.trim();
  if (!new RegExp(`^${kind}_[A-Za-z0-9_-]{43}[0-9A-Za-z]{6}$`).test(text)) return null;
  const body = text.slice(0, -6);
  return checksum(body) === text.slice(-6) ? sha256(text) : null;
}

function checksum(body: string): string {
  let rest = crc32(body);
  let digits = '';
  for (let place = 0; place < 6; place += 1) {
    digits = base62[rest % 62] + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
