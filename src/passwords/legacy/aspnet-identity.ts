import { outsidePbkdf2, pbkdf2Digest } from './pbkdf2.js';
import { fromBase64, type OldHash, type OldScheme } from './scheme.js';

/** The version-3 marker's numbers for the hash under PBKDF2. */
const prfs: readonly string[] = ['pbkdf2-sha1', 'pbkdf2-sha256', 'pbkdf2-sha512'];

/**
 * ASP.NET Core Identity, in base64: version 2 (`00`, 16 bytes of salt, 32 of PBKDF2-HMAC-SHA-1 after 1000 iterations)
 * and version 3 (`01`, hash, iterations and length of the salt as u32, salt, tag).
 */
export function aspnetIdentityScheme(most: number): OldScheme {
  return Object.freeze<OldScheme>({
    variants: prfs.map((prf) => `aspnet-${prf}`),
    read(text) {
      const bytes = fromBase64(text, true);
      if (bytes === null) return undefined;
      return bytes[0] === 0 ? readVersion2(bytes) : bytes[0] === 1 ? readVersion3(bytes) : undefined;
    },
    // Under SHA-1 a tag of 32 bytes is two blocks, which cost less than one under SHA-512.
    outside: (settings) => outsidePbkdf2(settings, most, settings.variant.endsWith('sha512') ? 64 : 32),
    digestOf: (settings, password) =>
      pbkdf2Digest({ ...settings, variant: settings.variant.slice('aspnet-'.length) }, password),
    dearest: { variant: 'aspnet-pbkdf2-sha512', costs: [most], salt: Buffer.alloc(16), digestBytes: 64 },
  });
}

function readVersion2(bytes: Buffer): OldHash | undefined {
  if (bytes.length !== 49) return undefined;
  const [salt, digest] = [bytes.subarray(1, 17), bytes.subarray(17)];
  return { variant: 'aspnet-pbkdf2-sha1', costs: [1000], salt, digest, digestBytes: digest.length };
}

function readVersion3(bytes: Buffer): OldHash | undefined {
  if (bytes.length < 13) return undefined;
  const [prf, iterations, saltBytes] = [1, 5, 9].map((at) => bytes.readUInt32BE(at)) as [number, number, number];
  const hash = prfs[prf];
  if (hash === undefined || saltBytes < 16 || saltBytes > bytes.length - 13 - 16) return undefined;
  const salt = bytes.subarray(13, 13 + saltBytes);
  const digest = bytes.subarray(13 + saltBytes);
  return { variant: `aspnet-${hash}`, costs: [iterations], salt, digest, digestBytes: digest.length };
}
