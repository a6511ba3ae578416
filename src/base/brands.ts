/**
 * Types that must not mix. Each is minted in exactly one module; elsewhere a plain string does not compile, and an
 * xxhash value cannot stand where something must resist an attacker.
 */
declare const brand: unique symbol;
type Branded<B extends string, T = string> = T & { readonly [brand]: B };

/** A sealed value in text form, `sf1.…`. Minted by envelope. */
export type Ciphertext = Branded<'Ciphertext'>;
/** A sealed value in bytes, for a column of type `bytea`. Minted by fields. */
export type SealedBytes = Branded<'SealedBytes', Uint8Array>;
/** A stored password: plain PHC, or PHC sealed under the key ring. Minted by passwords. */
export type PasswordHash = Branded<'PasswordHash'>;
/** A keyed look-up value of a sealed column. Minted by fields. */
export type BlindIndex = Branded<'BlindIndex'>;
/** A keyed token that stands for a personal value in logs. Minted by hashing. */
export type Pseudonym = Branded<'Pseudonym'>;
/** xxhash of public bytes; no proof of anything. Minted by hashing. */
export type FastHash = Branded<'FastHash'>;
