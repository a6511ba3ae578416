import { constants } from 'node:crypto';
import { createSecureContext, type SecureContextOptions } from 'node:tls';

/**
 * Mozilla's server-side TLS guideline 6.0 (2026-04-06), intermediate: TLS 1.2 and 1.3, forward secrecy and
 * authenticated encryption only. A test compares it with the published file. ASVS 5.0 V12.1.1, V12.1.2.
 */
export const mozillaIntermediate = {
  ciphersuites: ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'],
  ciphers: [
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-CHACHA20-POLY1305',
  ],
  groups: ['X25519MLKEM768', 'X25519', 'prime256v1', 'secp384r1'],
} as const;

/**
 * The guideline as Node takes it. The post-quantum group is named where this Node's OpenSSL knows it: naming it
 * elsewhere throws, and naming only the classic ones switches it off where it would have been the default.
 * One departure: the server's order counts, not the client's, and ChaCha20 goes first for a client that puts it first.
 */
export function tlsProfile(): SecureContextOptions {
  return {
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    ciphers: [...mozillaIntermediate.ciphersuites, ...mozillaIntermediate.ciphers].join(':'),
    ecdhCurve: mozillaIntermediate.groups.filter(isKnownGroup).join(':'),
    honorCipherOrder: true,
    secureOptions: constants.SSL_OP_PRIORITIZE_CHACHA,
  };
}

function isKnownGroup(group: string): boolean {
  try {
    createSecureContext({ ecdhCurve: group });
    return true;
  } catch {
    return false;
  }
}
