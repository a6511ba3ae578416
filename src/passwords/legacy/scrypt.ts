import { type ScryptOptions, scrypt } from 'node:crypto';
import { nameOf } from '../../base/names.js';
import { fromBase64, type OldHash, type OldScheme } from './scheme.js';

const number = '([1-9][0-9]{0,9})';
const django = new RegExp(`^scrypt\\$${number}\\$([^$]{1,128})\\$${number}\\$${number}\\$([A-Za-z0-9+/]+={0,2})$`);
const passlib =
  /^\$scrypt\$ln=([1-9][0-9]?),r=([1-9][0-9]{0,9}),p=([1-9][0-9]{0,9})\$([A-Za-z0-9+/]*)\$([A-Za-z0-9+/]+)$/;

/**
 * scrypt (RFC 7914) as Django and passlib write it.
 * @param most N times r times p, which is the work
 * @param ceilingKiB the most memory that is spent on a stored hash
 */
export function scryptScheme(most: number, ceilingKiB: number): OldScheme {
  const n = Math.max(1024, 2 ** Math.floor(Math.log2(Math.min(most / 8, ceilingKiB))));
  return Object.freeze<OldScheme>({
    variants: ['scrypt'],
    read: (text) => readDjango(text) ?? readPasslib(text),
    outside({ costs, salt, digestBytes }) {
      const [N = 0, r = 0, p = 0] = costs;
      // Small N with large r or p is work that the product does not show, and no writer of these chooses it.
      if (costs.length !== 3 || r < 1 || r > 32 || p < 1 || p > 32 || N * r * p > most) return nameOf('work');
      if (N < 1024 || !Number.isInteger(Math.log2(N))) return nameOf('N');
      // N blocks of 128 r bytes.
      if (N * r > ceilingKiB * 8) return nameOf('memoryKiB');
      if (salt.length > 128) return nameOf('saltBytes');
      return digestBytes >= 16 && digestBytes <= 64 ? undefined : nameOf('tagBytes');
    },
    digestOf: ({ costs, salt, digestBytes }, password) => {
      const [N = 0, r = 0, p = 0] = costs;
      return derive(password, salt, digestBytes, { N, r, p, maxmem: 128 * r * (N + p + 2) + 65_536 });
    },
    dearest: {
      variant: 'scrypt',
      costs: [n, 8, Math.min(32, Math.max(1, Math.floor(most / (n * 8))))],
      salt: Buffer.alloc(16),
      digestBytes: 64,
    },
  });
}

function derive(password: Buffer, salt: Buffer, bytes: number, options: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, bytes, options, (error, key) => (error === null ? resolve(key) : reject(error)));
  });
}

/** `scrypt$16384$<salt as text>$8$1$<base64>` */
function readDjango(text: string): OldHash | undefined {
  const [whole, n, salt, r, p, tag] = django.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const digest = fromBase64(tag as string, true);
  return digest === null ? undefined : hash([n, r, p].map(Number), Buffer.from(salt as string), digest);
}

/** `$scrypt$ln=16,r=8,p=1$<salt>$<tag>`, in base64 without padding. */
function readPasslib(text: string): OldHash | undefined {
  const [whole, ln, r, p, saltText, tagText] = passlib.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const [salt, digest] = [fromBase64(saltText as string, false), fromBase64(tagText as string, false)];
  return salt === null || digest === null ? undefined : hash([2 ** Number(ln), Number(r), Number(p)], salt, digest);
}

function hash(costs: readonly number[], salt: Buffer, digest: Buffer): OldHash {
  return { variant: 'scrypt', costs, salt, digest, digestBytes: digest.length };
}
