import { createHash } from 'node:crypto';
import type { PasswordEngine, TagRequest } from '../../src/passwords/index.js';

export interface FakeEngine extends PasswordEngine {
  /** Every request so far. */
  readonly requests: TagRequest[];
  /** Calls that run now, and the most that ever ran at once. */
  readonly running: () => number;
  readonly most: () => number;
  /** With `held`, lets the oldest running call end. */
  finishOne(): void;
}

/** Deterministic tags without the cost, for what is not about argon2. */
export function fakeEngine(held = false): FakeEngine {
  const requests: TagRequest[] = [];
  const holds: (() => void)[] = [];
  let [running, most] = [0, 0];
  return {
    requests,
    running: () => running,
    most: () => most,
    finishOne: () => holds.shift()?.(),
    async tag(request) {
      requests.push(request);
      running += 1;
      most = Math.max(most, running);
      if (held) await new Promise<void>((go) => holds.push(go));
      else await Promise.resolve();
      running -= 1;
      const { variant, memoryKiB, passes, lanes, salt, password, tagBytes } = request;
      const text = `${variant}/${memoryKiB}/${passes}/${lanes}/${Buffer.from(salt).toString('hex')}/`;
      return createHash('shake256', { outputLength: tagBytes }).update(text).update(password).digest();
    },
  };
}
