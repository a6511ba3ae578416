import type { Name } from '../names.js';

/** A root key that wraps the ring's data keys: a file, an HSM, a KMS. It never leaves its place. */
export interface KeySource {
  /** What it is, for start-up messages: `file`, `pkcs11`. */
  readonly kind: Name;
  /** Encrypts key material under the root key, bound to `context`. */
  wrap(material: Uint8Array, context: Uint8Array): Promise<Buffer>;
  /** @throws SafekeepError ERR_ROOT_KEY when the root key or the context is another one. */
  unwrap(wrapped: Uint8Array, context: Uint8Array): Promise<Buffer>;
}
