import { createHash } from 'node:crypto';
import { nameOf } from '../../base/names.js';
import type { OldScheme } from './scheme.js';

const bytesOf: Readonly<Record<string, number>> = { 'salted-md5': 16, 'salted-sha1': 20 };

/** Django's first forms: `sha1$<salt>$<hex>` and `md5$<salt>$<hex>`, one digest of salt and password. */
export function saltedDigestScheme(): OldScheme {
  return Object.freeze<OldScheme>({
    variants: Object.keys(bytesOf),
    read(text) {
      const [, hash, salt, hex] = /^(md5|sha1)\$([^$]{0,128})\$((?:[0-9a-f]{2})+)$/.exec(text) ?? [];
      if (hash === undefined || salt === undefined || hex === undefined) return undefined;
      const digest = Buffer.from(hex, 'hex');
      const variant = `salted-${hash}`;
      if (digest.length !== bytesOf[variant]) return undefined;
      return { variant, costs: [], salt: Buffer.from(salt), digest, digestBytes: digest.length };
    },
    outside({ variant, costs, salt, digestBytes }) {
      if (costs.length > 0) return nameOf('rounds');
      if (salt.length > 128) return nameOf('saltBytes');
      return bytesOf[variant] === digestBytes ? undefined : nameOf('tagBytes');
    },
    digestOf: async ({ variant, salt }, password) =>
      createHash(variant.slice('salted-'.length)).update(salt).update(password).digest(),
    dearest: { variant: 'salted-sha1', costs: [], salt: Buffer.alloc(12), digestBytes: 20 },
  });
}
