import { createHash } from 'node:crypto';
import { nameOf } from '../../base/names.js';
import { fromBase64, type OldScheme } from './scheme.js';

/** By the scheme's name in RFC 2307 form: hash, and bytes of its digest. */
const hashes: Readonly<Record<string, readonly [hash: string, bytes: number]>> = {
  SMD5: ['md5', 16],
  SSHA: ['sha1', 20],
  SSHA256: ['sha256', 32],
  SSHA384: ['sha384', 48],
  SSHA512: ['sha512', 64],
};
const byVariant = new Map(Object.values(hashes).map(([hash, bytes]) => [`ldap-${hash}`, [hash, bytes] as const]));

/** Salted digests of directories: `{SSHA}` and base64 of digest and salt, the hash being that of password and salt. */
export function ldapScheme(): OldScheme {
  return Object.freeze<OldScheme>({
    variants: [...byVariant.keys()],
    read(text) {
      const [, name, base64] = /^\{([A-Za-z0-9]+)\}([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
      const [hash, length] = hashes[name?.toUpperCase() ?? ''] ?? [];
      const bytes = base64 === undefined ? null : fromBase64(base64, true);
      if (hash === undefined || length === undefined || bytes === null || bytes.length <= length) return undefined;
      const [digest, salt] = [bytes.subarray(0, length), bytes.subarray(length)];
      return { variant: `ldap-${hash}`, costs: [], salt, digest, digestBytes: length };
    },
    outside({ variant, costs, salt, digestBytes }) {
      if (costs.length > 0) return nameOf('rounds');
      if (salt.length > 128) return nameOf('saltBytes');
      return byVariant.get(variant)?.[1] === digestBytes ? undefined : nameOf('tagBytes');
    },
    digestOf: async ({ variant, salt }, password) =>
      createHash(byVariant.get(variant)?.[0] ?? 'sha1')
        .update(password)
        .update(salt)
        .digest(),
    dearest: { variant: 'ldap-sha512', costs: [], salt: Buffer.alloc(16), digestBytes: 64 },
  });
}
