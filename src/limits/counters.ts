/** How one kind of counter counts, and what it does when it is full. */
export interface CounterRule {
  /** Keeps kinds apart: the same key under two names is two counters. */
  readonly name: string;
  /** Places before it refuses. */
  readonly limit: number;
  /**
   * Without `backoff`: the window, which begins with its first place. With it: how long after the last wait the counter
   * remembers; then it begins anew.
   */
  readonly windowMs: number;
  /** From the last free place on each place is followed by a wait, doubled each time, up to `mostMs`. */
  readonly backoff?: { readonly firstMs: number; readonly mostMs: number } | undefined;
  /**
   * `refuse`: no place is taken anywhere, and the client is told. `hide`: the others keep their places, and the answer
   * is that of a wrong password. `count`: never refuses.
   */
  readonly over: 'refuse' | 'hide' | 'count';
}

/** A place asked for. What a cluster keeps on one node shares the first part of its key. */
export interface CounterPlace {
  readonly rule: CounterRule;
  readonly key: readonly [string, ...string[]];
}

/** What a counter held when it was asked, the place that was taken included. */
export interface CounterHold {
  readonly count: number;
  readonly resetAtMs: number;
  /** Tells this window from those before and after it. */
  readonly window: number;
  /** The end of the wait that this place began; 0 for none. Whoever returns the place takes the wait along. */
  readonly lockMark: number;
  /** Where a table in memory keeps it. */
  readonly slot?: number;
}

export interface CounterOutcome {
  readonly places: readonly CounterPlace[];
  /** One per place, in order; none behind the one that refused, and none where `hide` refused. */
  readonly holds: readonly (CounterHold | undefined)[];
  /** The rule that refused openly: no place was taken. */
  readonly refusedBy: CounterRule | undefined;
  /** A rule that hides refused: the places of the others are taken. */
  readonly hidden: boolean;
  /** Until the refusing counter has room. */
  readonly waitMs: number;
}

export type CounterSettlement = 'keep' | 'return' | 'clear';

/** What to do when shared counters do not answer: count in this process, or refuse with 503. Nobody is let through. */
export type WhenDown = 'local' | 'refuse';

/** Counters that take the places of one attempt in one step. */
export interface Counters {
  /** Counted for several processes: keys and device cookies must then mean the same in all of them. */
  readonly shared: boolean;
  /**
   * Takes a place in every counter or, when one refuses openly, in none.
   * @throws SafekeepError ERR_COUNTERS_UNAVAILABLE where counters are shared, do not answer, and `whenDown` is `refuse`
   */
  reserve(places: readonly CounterPlace[], whenDown?: WhenDown): CounterOutcome | Promise<CounterOutcome>;
  /** Ends the attempt, place by place. `return`: in the same window only and never below zero. Never rejects. */
  settle(outcome: CounterOutcome, how: readonly CounterSettlement[]): void | Promise<void>;
}

/** The wait behind the `count`-th place, 0 while it is free. */
export function waitBehind({ limit, backoff }: CounterRule, count: number): number {
  if (backoff === undefined || count < limit) return 0;
  // Beyond 2^31 doublings would leave the integers; every accepted `mostMs` is reached long before.
  return Math.min(backoff.mostMs, backoff.firstMs * 2 ** Math.min(count - limit, 31));
}
