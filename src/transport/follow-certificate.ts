import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Clock } from '../base/clock.js';
import type { TlsPairSource } from '../certificates/index.js';

/** `due` at a third of the certificate's life, when it should be renewed; `urgent` at a tenth; `expired` after its end. */
export type ExpiryLevel = 'due' | 'urgent' | 'expired';

export interface FollowOptions {
  /** How often the files are looked at, in ms. 1,000 to 3,600,000; default 60,000. */
  readonly everyMs?: number | undefined;
  /** Whether SIGHUP looks at once. Default true. */
  readonly sighup?: boolean | undefined;
  /** A renewed certificate is served from now on. */
  readonly onReload?: ((served: { readonly expiresAtMs: number }) => void) | undefined;
  /** What lies in the files cannot be served; the present certificate stays. Told once for each state of the files. */
  readonly onRefused?: ((error: unknown) => void) | undefined;
  /** Told when a level is reached, and daily from then on. */
  readonly onExpiring?: ((alarm: { readonly level: ExpiryLevel; readonly expiresAtMs: number }) => void) | undefined;
}

export interface Following {
  /** Looks at the files now. Resolves when what lies there is served, or refused. */
  check(): Promise<void>;
  stop(): void;
}

interface Followed {
  readonly sources: readonly TlsPairSource[];
  /** What else a reload takes up when it changes. */
  readonly also: () => string;
  readonly options: FollowOptions & { readonly everyMs: number; readonly sighup: boolean };
  readonly clock: Clock;
  readonly served: () => Served;
  readonly reload: () => Promise<{ readonly expiresAtMs: number }>;
}

export interface Served {
  readonly beginsAtMs: number;
  readonly expiresAtMs: number;
}

const dayMs = 86_400_000;

/**
 * Serves what is renewed in the files, by their content: a symbolic link that moves, a mount that is replaced and a
 * clock that jumps are all seen. A file caught half-written is refused and looked at again.
 */
export function followCertificate({ sources, also, options: o, clock, served, reload }: Followed): Following {
  const digest = (): string => digestOf(sources, also);
  let seen = digest();
  let told: { readonly level: ExpiryLevel; readonly atMs: number; readonly expiresAtMs: number } | undefined;
  let running: Promise<void> = Promise.resolve();

  async function look(): Promise<void> {
    const now = digest();
    if (now !== seen) {
      seen = now;
      try {
        const fresh = await reload();
        o.onReload?.(fresh);
      } catch (error) {
        o.onRefused?.(error);
      }
    }
    const { expiresAtMs } = served();
    const level = levelOf(served(), clock.nowMs());
    if (level === undefined) return;
    const isNews = told?.level !== level || told.expiresAtMs !== expiresAtMs || clock.nowMs() - told.atMs >= dayMs;
    if (!isNews) return;
    told = { level, atMs: clock.nowMs(), expiresAtMs };
    o.onExpiring?.({ level, expiresAtMs });
  }
  const check = (): Promise<void> => {
    running = running.then(look);
    return running;
  };
  const onTick = (): void => void check();
  const timer = setInterval(onTick, o.everyMs).unref();
  if (o.sighup) process.on('SIGHUP', onTick);
  onTick();
  return Object.freeze({
    check,
    stop() {
      clearInterval(timer);
      process.removeListener('SIGHUP', onTick);
    },
  });
}

function levelOf({ beginsAtMs, expiresAtMs }: Served, nowMs: number): ExpiryLevel | undefined {
  const left = expiresAtMs - nowMs;
  if (left <= 0) return 'expired';
  if (left <= (expiresAtMs - beginsAtMs) / 10) return 'urgent';
  return left <= (expiresAtMs - beginsAtMs) / 3 ? 'due' : undefined;
}

/** A file that cannot be read is a state too: it is told once, not with every look. */
function digestOf(sources: readonly TlsPairSource[], also: () => string): string {
  const hash = createHash('sha256');
  for (const source of sources.flatMap(({ key, cert }) => [key, cert])) {
    if (typeof source !== 'string' || source.includes('-----BEGIN ')) continue;
    hash.update(attempt(() => readFileSync(source))).update('\0');
  }
  return hash.update(attempt(also)).digest('hex');
}

function attempt(read: () => string | Buffer): string | Buffer {
  try {
    return read();
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}
