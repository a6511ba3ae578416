import { equalBytes } from '../base/bytes.js';
import { wrapInput } from './legacy/wrapped.js';
import type { Phc } from './phc.js';
import type { Target } from './stored-password.js';

/** Computes the argon2 tag that a stored hash would have for a password. */
export type TagOf = (password: Buffer, phc: Phc) => Promise<Uint8Array>;

/**
 * Whether a password gives what is stored. argon2 is computed once whatever the target is, none at all included: an
 * old hash costs its own work on top, which the floor of the answers hides, and never less.
 */
export async function givesTarget(
  password: Buffer,
  target: Target | undefined,
  dummy: Phc,
  tagOf: TagOf,
): Promise<boolean> {
  const { phc, old } = target ?? {};
  // To texts of C a zero byte is the end, and to HMAC one more at the end is none: two passwords would be one.
  const isClear = !password.includes(0);
  const digest = old === undefined ? undefined : isClear ? await old.scheme.digestOf(old.settings, password) : null;
  const wraps = phc !== undefined && old !== undefined && digest instanceof Buffer;
  const tag = await tagOf(wraps ? wrapInput(old.settings, digest) : password, phc ?? dummy);
  if (digest === null) return false;
  if (phc !== undefined) return equalBytes(tag, phc.tag);
  return old?.digest !== undefined && digest !== undefined && equalBytes(digest, old.digest);
}
