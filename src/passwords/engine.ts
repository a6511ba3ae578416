import type { Options as Argon2Options } from 'argon2';
import { equalBytes } from '../base/bytes.js';
import { SafekeepError } from '../base/errors.js';
import { loadPeer } from '../base/peer.js';
import type { Cost } from './cost.js';
import type { Variant } from './phc.js';

/** One hash to compute. */
export interface TagRequest extends Cost {
  readonly variant: Variant;
  readonly password: Uint8Array;
  readonly salt: Uint8Array;
  readonly tagBytes: number;
}

/** Computes argon2 tags (RFC 9106, version 0x13) off the event loop, and nothing else: the stored form is ours. */
export interface PasswordEngine {
  tag(request: TagRequest): Promise<Uint8Array>;
}

interface Argon2 {
  hash(password: Buffer, options: Argon2Options & { raw: true }): Promise<Buffer>;
}
const types = { argon2d: 0, argon2i: 1, argon2id: 2 } as const;

/**
 * The engine over the package `argon2`, always with `raw: true`. Loaded at the first hash, and then asked for the
 * argon2id vector of RFC 9106 section 5.3 before it is believed: an engine that hashes wrongly writes passwords nobody
 * can check again.
 * @throws SafekeepError from `tag`: ERR_NATIVE_MODULE when it does not load, ERR_PASSWORD_ENGINE when it hashes wrongly
 */
export function argon2Engine(load: () => Promise<Argon2> = () => import('argon2')): PasswordEngine {
  let ready: Promise<Argon2> | undefined;
  return Object.freeze({
    async tag({ variant, password, salt, tagBytes, memoryKiB, passes, lanes }: TagRequest) {
      ready ??= loadPeer('argon2', load).then(checked);
      const { hash } = await ready;
      return await hash(Buffer.from(password), {
        raw: true,
        type: types[variant],
        version: 0x13,
        memoryCost: memoryKiB,
        timeCost: passes,
        parallelism: lanes,
        salt: Buffer.from(salt),
        hashLength: tagBytes,
      });
    },
  });
}

async function checked(argon2: Argon2): Promise<Argon2> {
  const expected = Buffer.from('0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659', 'hex');
  const tag = await argon2.hash(Buffer.alloc(32, 1), {
    raw: true,
    type: types.argon2id,
    version: 0x13,
    memoryCost: 32,
    timeCost: 3,
    parallelism: 4,
    salt: Buffer.alloc(16, 2),
    secret: Buffer.alloc(8, 3),
    associatedData: Buffer.alloc(12, 4),
    hashLength: 32,
  });
  if (!equalBytes(tag, expected)) throw new SafekeepError('ERR_PASSWORD_ENGINE');
  return argon2;
}
