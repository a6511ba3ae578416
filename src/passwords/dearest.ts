import type { Clock } from '../base/clock.js';
import type { TagOf } from './check-password.js';
import { measuredBytes } from './legacy/scheme.js';
import type { Phc } from './phc.js';
import type { OldSchemes } from './stored-password.js';

/** A password may come in two spellings, and each is computed. */
const mostForms = 2;
/** A measurement on a quiet machine is no 99th percentile of a busy one. */
const headroom = 2;

/**
 * How long the dearest verification takes that the set-up allows, in milliseconds: of every declared scheme the dearest
 * settings within its ceiling, and our own cost, for a password of two spellings, and twice that.
 */
export async function measureDearest(
  { declared, loaded }: OldSchemes,
  dummy: Phc,
  ceilingKiB: number,
  tagOf: TagOf,
  clock: Clock,
): Promise<number> {
  const password = Buffer.alloc(measuredBytes, 'measured ');
  async function timed(work: () => Promise<unknown>): Promise<number> {
    const startedMs = clock.nowMs();
    await work();
    return clock.nowMs() - startedMs;
  }
  // Twice: the first loads the engine.
  await tagOf(password, dummy);
  const ownMs = await timed(() => tagOf(password, dummy));
  const passes = declared.get('argon2');
  let mostMs =
    passes === undefined ? ownMs : await timed(() => tagOf(password, { ...dummy, memoryKiB: ceilingKiB, passes }));
  for (const scheme of loaded.values()) {
    mostMs = Math.max(mostMs, ownMs + (await timed(() => scheme.digestOf(scheme.dearest, password))));
  }
  return mostForms * headroom * Math.max(ownMs, mostMs);
}
