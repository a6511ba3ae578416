import { hkdfSync } from 'node:crypto';

/** HKDF-SHA-256 with an empty salt (RFC 5869): 32 bytes bound to `info`. The key is uniform already, so no salt. */
export function deriveKey(key: Uint8Array, info: Uint8Array): Buffer {
  return Buffer.from(hkdfSync('sha256', key, '', info, 32));
}
