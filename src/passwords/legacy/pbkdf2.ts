import { pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import { type Name, nameOf } from '../../base/names.js';
import { fromBase64, type OldHash, type OldScheme, type OldSettings } from './scheme.js';

const derive = promisify(pbkdf2);
const variants = ['pbkdf2-sha1', 'pbkdf2-sha256', 'pbkdf2-sha512'];
const decimal = '([1-9][0-9]{0,9})';
const django = new RegExp(`^pbkdf2_(sha1|sha256)\\$${decimal}\\$([^$]{1,128})\\$([A-Za-z0-9+/]+={0,2})$`);
const passlib = new RegExp(`^\\$pbkdf2(-sha256|-sha512)?\\$${decimal}\\$([A-Za-z0-9./]*)\\$([A-Za-z0-9./]+)$`);

/** PBKDF2 (RFC 8018) as Django and passlib write it. */
export function pbkdf2Scheme(most: number): OldScheme {
  return Object.freeze<OldScheme>({
    variants,
    read: (text) => readDjango(text) ?? readPasslib(text),
    outside: (settings) => outsidePbkdf2(settings, most),
    digestOf: pbkdf2Digest,
    // Of the three SHA-512 costs most where the processor knows SHA-256.
    dearest: { variant: 'pbkdf2-sha512', costs: [most], salt: Buffer.alloc(16), digestBytes: 64 },
  });
}

export async function pbkdf2Digest(
  { variant, costs, salt, digestBytes }: OldSettings,
  password: Buffer,
): Promise<Buffer> {
  return await derive(password, salt, costs[0] ?? 0, digestBytes, variant.slice('pbkdf2-'.length));
}

/** A tag of more than one block of the digest would multiply the work, and no writer of these makes one. */
const mostTagBytes: Readonly<Record<string, number>> = {
  'pbkdf2-sha1': 20,
  'pbkdf2-sha256': 32,
  'pbkdf2-sha512': 64,
};

export function outsidePbkdf2(
  { variant, costs, salt, digestBytes }: OldSettings,
  most: number,
  mostBytes: number = mostTagBytes[variant] ?? 0,
): Name | undefined {
  const [iterations = 0] = costs;
  if (costs.length !== 1 || iterations < 1 || iterations > most) return nameOf('iterations');
  if (salt.length > 128) return nameOf('saltBytes');
  return digestBytes >= 16 && digestBytes <= mostBytes ? undefined : nameOf('tagBytes');
}

/** `pbkdf2_sha256$600000$<salt as text>$<base64>` */
function readDjango(text: string): OldHash | undefined {
  const [whole, hash, iterations, salt, tag] = django.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const digest = fromBase64(tag as string, true);
  if (digest === null) return undefined;
  const costs = [Number(iterations)];
  return { variant: `pbkdf2-${hash}`, costs, salt: Buffer.from(salt as string), digest, digestBytes: digest.length };
}

/** `$pbkdf2-sha256$29000$<salt>$<tag>`, both in base64 without padding and with `.` for `+`. */
function readPasslib(text: string): OldHash | undefined {
  const [whole, hash = '-sha1', iterations, saltText, tagText] = passlib.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const [salt, digest] = [saltText, tagText].map((part) => fromBase64((part as string).replaceAll('.', '+'), false));
  if (!salt || !digest) return undefined;
  return { variant: `pbkdf2${hash}`, costs: [Number(iterations)], salt, digest, digestBytes: digest.length };
}
