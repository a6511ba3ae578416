import { type Random, systemRandom } from '../base/clock.js';
import { SafekeepError } from '../base/errors.js';
import { nameOf, say } from '../base/names.js';
import { xaesNonceBytes } from './xaes.js';

/** 8 KiB, in whole nonces. */
const poolBytes = Math.floor(8192 / xaesNonceBytes) * xaesNonceBytes;

export interface Nonces {
  /** Writes a fresh 24-byte nonce into `out` at `at`. */
  drawInto(out: Uint8Array, at: number): void;
  /** Wipes what is left of the pool; the next draw fetches anew. */
  drop(): void;
}

/**
 * Random nonces from the operating system, fetched 341 at a time because the call costs more than the bytes. A nonce
 * is wiped from the pool as it is drawn, so it cannot be drawn twice. One pool per thread: it is a closure, and
 * closures do not cross threads.
 */
export function createNonces(random: Random = systemRandom): Nonces {
  let pool: Buffer = Buffer.alloc(0);
  let used = 0;
  return {
    drawInto(out, at) {
      if (used === pool.length) {
        pool = random.bytes(poolBytes);
        used = 0;
        // A short answer would leave zero bytes in a nonce.
        if (pool.length !== poolBytes) {
          throw new SafekeepError('ERR_OPTION_INVALID', {
            option: nameOf('random'),
            expected: say`${poolBytes} bytes`,
          });
        }
      }
      for (let i = 0; i < xaesNonceBytes; i += 1) {
        out[at + i] = pool[used + i] as number;
        pool[used + i] = 0;
      }
      used += xaesNonceBytes;
    },
    drop() {
      pool.fill(0);
      used = pool.length;
    },
  };
}
