import type { Clock } from '../base/clock.js';
import { SafekeepError } from '../base/errors.js';
import type { Name } from '../base/names.js';

/** Whether the root key still answers, and what may be done while it does not. */
export interface RootWatch {
  answered(): void;
  failed(): void;
  /** @throws SafekeepError ERR_ROOT_KEY_UNAVAILABLE once it has been silent for longer than reads may go on */
  assertReads(): void;
  /** @throws SafekeepError ERR_ROOT_KEY_UNAVAILABLE where writes wait for it */
  assertWrites(): void;
}

/**
 * The keys of a ring lie unwrapped in memory, so a root key that is down stops nothing by itself. It is asked again at
 * every reload: a root key that was taken away from a machine must end what the machine can read.
 */
export function createRootWatch(
  root: Name,
  clock: Clock,
  readsWithoutRootSeconds: number,
  writesWithoutRoot: 'continue' | 'refuse',
): RootWatch {
  let answeredAtMs = clock.nowMs();
  let silent = false;

  function refuse(): never {
    const silentSeconds = Math.floor((clock.nowMs() - answeredAtMs) / 1000);
    throw new SafekeepError('ERR_ROOT_KEY_UNAVAILABLE', { root, silentSeconds });
  }
  function assertReads(): void {
    if (silent && clock.nowMs() - answeredAtMs > readsWithoutRootSeconds * 1000) refuse();
  }
  return {
    answered() {
      silent = false;
      answeredAtMs = clock.nowMs();
    },
    failed() {
      silent = true;
    },
    assertReads,
    assertWrites() {
      if (silent && writesWithoutRoot === 'refuse') refuse();
      assertReads();
    },
  };
}
