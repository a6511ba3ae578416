import type { Name } from '../../base/names.js';

/** What it takes to compute an old hash again: everything that was stored but the digest. */
export interface OldSettings {
  /** The computation, in one word: `bcrypt`, `pbkdf2-sha256`. The wrapped form writes it. */
  readonly variant: string;
  /** What it costs: rounds, or N, r and p. Empty where the scheme fixes it. */
  readonly costs: readonly number[];
  readonly salt: Buffer;
  readonly digestBytes: number;
}

/** An old hash, read. Nothing was computed for it yet. */
export interface OldHash extends OldSettings {
  readonly digest: Buffer;
}

/** The longest password that the schemes' dearest cost is stated for, in bytes. */
export const measuredBytes = 128;

/** One old way to store passwords: strictly read, held to bounds, computed again. It never writes. */
export interface OldScheme {
  readonly variants: readonly string[];
  /** undefined: not in the scheme's own spelling. */
  read(text: string): OldHash | undefined;
  /** The first part that asks for more than is computed, or that the scheme cannot have written. */
  outside(settings: OldSettings): Name | undefined;
  /** @returns null where the password is too long for the work that it would be, and then without work */
  digestOf(settings: OldSettings, password: Buffer): Promise<Buffer | null>;
  /** The dearest settings within the bounds: what is measured at set-up. */
  readonly dearest: OldSettings;
}

/** Base64 of RFC 4648, with its padding or without; null for anything but the one spelling. */
export function fromBase64(text: string, padded: boolean): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  const canonical = bytes.toString('base64');
  return (padded ? canonical : canonical.replace(/=+$/, '')) === text ? bytes : null;
}
