import { createHash } from 'node:crypto';
import { equalBytes } from '../../base/bytes.js';
import { SafekeepError } from '../../base/errors.js';
import { nameOf } from '../../base/names.js';
import { loadPeer } from '../../base/peer.js';
import type { OldScheme } from './scheme.js';

/** What is used of the package `@node-rs/bcrypt`: it computes in Node's thread pool. */
export interface Bcrypt {
  hash(password: Uint8Array, cost: number, salt: Uint8Array): Promise<string>;
}

/** bcrypt reads no further. */
const mostBytes = 72;
const spelling = /^(?:\$2[aby]|(bcrypt(?:_sha256)?)\$\$2[aby])\$([0-9]{2})\$([./A-Za-z0-9]{22})([./A-Za-z0-9]{31})$/;

/**
 * bcrypt as OpenBSD's 2a and 2b and PHP's 2y write it, and Django's two forms around it. 2x, the marker of a broken
 * implementation, is not read. Of a password over 72 bytes the original looked at the first 72, so these decide here
 * too; in Django's `bcrypt_sha256` a SHA-256 of all of it does.
 */
export function bcryptScheme(
  most: number,
  load: () => Promise<Bcrypt> = () => import('@node-rs/bcrypt'),
): Promise<OldScheme> {
  return loadPeer('@node-rs/bcrypt', load)
    .then(checked)
    .then((bcrypt) => {
      const compute = (password: Buffer, cost: number, salt: Buffer) =>
        bcrypt.hash(password.subarray(0, mostBytes), cost, salt).then((text) => fromBcrypt64(text.slice(-31)));
      return Object.freeze<OldScheme>({
        variants: ['bcrypt', 'bcrypt-sha256'],
        read(text) {
          const [whole, django, cost, saltText, digestText] = spelling.exec(text) ?? [];
          if (whole === undefined) return undefined;
          const digest = fromBcrypt64(digestText as string);
          // Some old generators of salts left bits set behind the last byte, which every implementation skips. A digest
          // has one spelling.
          if (toBcrypt64(digest) !== digestText) return undefined;
          const variant = django === 'bcrypt_sha256' ? 'bcrypt-sha256' : 'bcrypt';
          const salt = fromBcrypt64(saltText as string);
          return { variant, costs: [Number(cost)], salt, digest, digestBytes: digest.length };
        },
        outside({ costs, salt, digestBytes }) {
          const [cost = 0] = costs;
          if (costs.length !== 1 || cost < 4 || cost > most) return nameOf('cost');
          if (salt.length !== 16) return nameOf('saltBytes');
          return digestBytes === 23 ? undefined : nameOf('tagBytes');
        },
        async digestOf({ variant, costs, salt }, password) {
          const typed =
            variant === 'bcrypt' ? password : Buffer.from(createHash('sha256').update(password).digest('hex'));
          return await compute(typed, costs[0] ?? most, salt);
        },
        dearest: { variant: 'bcrypt', costs: [most], salt: Buffer.alloc(16), digestBytes: 23 },
      });
    });
}

/** A vector of the original's test suite (crypt_blowfish, wrapper.c), before the package is believed. */
async function checked(bcrypt: Bcrypt): Promise<Bcrypt> {
  const salt = fromBcrypt64('CCCCCCCCCCCCCCCCCCCCC.');
  const text = await bcrypt.hash(Buffer.from('U*U'), 5, salt);
  const expected = fromBcrypt64('E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW');
  if (!equalBytes(fromBcrypt64(text.slice(-31)), expected)) throw new SafekeepError('ERR_PASSWORD_ENGINE');
  return bcrypt;
}

const alphabet = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const base64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** bcrypt writes base64 with an alphabet in another order. */
function fromBcrypt64(text: string): Buffer {
  return Buffer.from(
    text.replace(/./g, (letter) => base64[alphabet.indexOf(letter)] ?? ''),
    'base64',
  );
}
function toBcrypt64(bytes: Buffer): string {
  const text = bytes.toString('base64').replace(/=+$/, '');
  return text.replace(/./g, (letter) => alphabet[base64.indexOf(letter)] ?? '');
}
