/** The most a password may be. Never truncated: what is longer is refused (ASVS 5.0 V6.2.8, V6.2.9). */
export const mostCodePoints = 256;
export const mostBytes = 1024;

/** What a typed password is to the engine. */
export type PasswordText =
  | {
      readonly usable: true;
      /** As it is stored from now on: composed (NFC). */
      readonly stored: Buffer;
      /** As it may match: the stored form, and what was typed where that differs. */
      readonly forms: readonly Buffer[];
    }
  | { readonly usable: false; readonly because: 'length' | 'text' };

/**
 * Two keyboards write "é" as one code point or as two, and a person cannot tell; hashes made elsewhere may hold either.
 * So the composed form is what we store, and both are tried. Nothing else is changed: no trimming, no case, no width.
 * Lone surrogates are refused, because UTF-8 turns all of them into the same replacement character and many passwords
 * would become one.
 */
export function readPasswordText(password: unknown): PasswordText {
  if (typeof password !== 'string') return { usable: false, because: 'text' };
  // First the cheap bound: a code point is at most two UTF-16 units, so nothing long is walked or normalised.
  if (password.length === 0 || password.length > 2 * mostCodePoints) return { usable: false, because: 'length' };
  if (/\p{Surrogate}/u.test(password)) return { usable: false, because: 'text' };
  if ([...password].length > mostCodePoints) return { usable: false, because: 'length' };
  const typed = Buffer.from(password, 'utf8');
  const stored = Buffer.from(password.normalize('NFC'), 'utf8');
  // 256 code points are at most 1024 bytes as they are typed; a few musical and Hebrew signs grow when composed.
  if (stored.length > mostBytes) return { usable: false, because: 'length' };
  return { usable: true, stored, forms: stored.equals(typed) ? [stored] : [stored, typed] };
}
