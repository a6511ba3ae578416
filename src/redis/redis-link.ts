import type { Clock } from '../base/clock.js';
import type { ErrorCode } from '../base/errors.js';
import { createCircuitBreaker } from './circuit-breaker.js';
import { type RedisClient, type Scripts, scriptsOf } from './redis-client.js';
import { refusePlaintextRedis } from './redis-endpoints.js';

export interface RedisLinkOptions {
  /** What a client beyond this machine without verified TLS is refused with; undefined where plaintext is allowed. */
  readonly refusal: ErrorCode | undefined;
  readonly timeoutMs: number;
  readonly pauseMs: number;
  readonly onChange: ((isUp: boolean) => void) | undefined;
  readonly clock: Clock;
}

/** Speaks to a Redis of the application's, and is not held up by one that does not answer. */
export interface RedisLink {
  readonly scripts: Scripts;
  /** @returns undefined when it failed, took too long, or was not asked because it had not answered before */
  ask<T>(work: () => Promise<T>): Promise<{ readonly value: T } | undefined>;
  /** Whether it answered when it was last asked. */
  isUp(): boolean;
}

const failuresToOpen = 5;
/** How often a cluster is asked again where its nodes are. */
const lookAgainMs = 1000;

/** @throws SafekeepError with the code `refusal`; from `ask` too, once a cluster names a node far away */
export function redisLink(client: RedisClient, options: RedisLinkOptions): RedisLink {
  const { refusal, timeoutMs, pauseMs, onChange, clock } = options;
  if (refusal !== undefined) refusePlaintextRedis(client, refusal);
  const scripts = scriptsOf(client);
  const breaker = createCircuitBreaker({ timeoutMs, pauseMs, failures: failuresToOpen, clock });
  let isUp = true;
  let lookedAtMs = clock.nowMs();

  function change(to: boolean): void {
    if (isUp === to) return;
    isUp = to;
    try {
      onChange?.(to);
    } catch {
      // A hook that is broken must not decide who signs in.
    }
  }

  return {
    scripts,
    isUp: () => isUp,
    async ask(work) {
      if (scripts.isCluster && refusal !== undefined && clock.nowMs() - lookedAtMs > lookAgainMs) {
        lookedAtMs = clock.nowMs();
        refusePlaintextRedis(client, refusal);
      }
      const answer = breaker.admits() ? await breaker.call(work) : undefined;
      change(answer !== undefined);
      return answer;
    },
  };
}
