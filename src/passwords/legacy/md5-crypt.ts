import { nameOf } from '../../base/names.js';
import { fromCrypt64 } from './crypt-base64.js';
import { runRounds } from './run-rounds.js';
import type { OldScheme } from './scheme.js';

const rounds = 1000;
const order = [12, 6, 0, 13, 7, 1, 14, 8, 2, 15, 9, 3, 5, 10, 4, 11];

/** md5-crypt of Unix (`$1$`) and Apache (`$apr1$`): 1000 rounds, always. */
export function md5CryptScheme(): OldScheme {
  return Object.freeze<OldScheme>({
    variants: ['md5-crypt', 'apr1'],
    read(text) {
      const [, magic, salt, tag] = /^\$(1|apr1)\$([^$:\n]{0,8})\$([./0-9A-Za-z]{22})$/.exec(text) ?? [];
      const digest = tag === undefined ? null : fromCrypt64(tag, order);
      if (salt === undefined || digest === null) return undefined;
      const variant = magic === '1' ? 'md5-crypt' : 'apr1';
      return { variant, costs: [], salt: Buffer.from(salt), digest, digestBytes: 16 };
    },
    outside({ costs, salt, digestBytes }) {
      if (costs.length > 0) return nameOf('rounds');
      if (salt.length > 32) return nameOf('saltBytes');
      return digestBytes === 16 ? undefined : nameOf('tagBytes');
    },
    async digestOf({ variant, salt }, password) {
      return await runRounds({ kind: variant === 'apr1' ? 'apr1' : 'md5-crypt', password, salt, rounds });
    },
    dearest: { variant: 'md5-crypt', costs: [], salt: Buffer.alloc(8, 'a'), digestBytes: 16 },
  });
}
