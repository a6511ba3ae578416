import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';

/**
 * A second implementation, written from docs/formats.md and nothing else: CMAC in its general form, HKDF spelled out,
 * no module of ours. It is slow and only opens. Where it and src agree on the frozen vectors, the page is enough.
 */
export function pae(...parts: readonly (string | Uint8Array)[]): Buffer {
  const u32 = (value: number) => Buffer.from(value.toString(16).padStart(8, '0'), 'hex');
  const bytes = parts.map((part) => Buffer.from(part));
  return Buffer.concat([u32(bytes.length), ...bytes.flatMap((part) => [u32(part.length), part])]);
}

export function hmac(key: Uint8Array, data: Uint8Array): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

export function hkdf(key: Uint8Array, info: Uint8Array | string): Buffer {
  return hmac(hmac(Buffer.alloc(32), key), Buffer.concat([Buffer.from(info), Buffer.of(1)]));
}

/** NIST SP 800-38B for messages of whole blocks, by AES-CBC. */
export function cmac(key: Uint8Array, message: Uint8Array): Buffer {
  const cbc = (data: Uint8Array) => {
    const cipher = createCipheriv('aes-256-cbc', key, Buffer.alloc(16)).setAutoPadding(false);
    return Buffer.concat([cipher.update(data), cipher.final()]);
  };
  const double = BigInt(`0x${cbc(Buffer.alloc(16)).toString('hex')}`) << 1n;
  const subKey = BigInt.asUintN(128, double) ^ (double >> 128n === 1n ? 0x87n : 0n);
  const last = Buffer.from(subKey.toString(16).padStart(32, '0'), 'hex');
  const masked = Buffer.from(message);
  for (let i = 0; i < 16; i += 1) masked[masked.length - 16 + i]! ^= last[i]!;
  return cbc(masked).subarray(-16);
}

/** The plaintext of a body of suite 01. Throws where the commitment or the tag differs. */
export function openBody(key: Uint8Array, body: Buffer, aad: Uint8Array): Buffer {
  const [first, second] = [body.subarray(0, 12), body.subarray(12, 24)];
  const messageKey = [1, 2].map((i) => cmac(key, Buffer.concat([Buffer.of(0, i, 0x58, 0), first])));
  const commitment = [1, 2].map((i) =>
    cmac(key, Buffer.concat([Buffer.from('XCMT'), first, second, Buffer.of(0, 1, 0, i)])),
  );
  if (!Buffer.concat(commitment).equals(body.subarray(24, 56))) throw new Error('commitment');
  const gcm = createDecipheriv('aes-256-gcm', Buffer.concat(messageKey), second, { authTagLength: 16 });
  gcm.setAuthTag(body.subarray(-16));
  gcm.setAAD(aad);
  return Buffer.concat([gcm.update(body.subarray(56, -16)), gcm.final()]);
}
