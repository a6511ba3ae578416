/** One dated request about one purpose and channel. */
export interface PreferenceEvent {
  readonly state: 'granted' | 'denied';
  /** When the person said so: the date on the letter, the moment of the click. */
  readonly statedAtMs: number;
}

/**
 * The latest dated request wins, in whatever order requests arrive and however often each does; on a tie, opting out
 * wins; no request means not opted in. (The 2004 policy: "the date of the most recent opt in/out request will
 * supercede prior requests".)
 */
export function latestRequest(events: readonly PreferenceEvent[]): 'granted' | 'denied' | 'unset' {
  let latest: PreferenceEvent | undefined;
  for (const event of events) {
    const isLater = latest === undefined || event.statedAtMs > latest.statedAtMs;
    const isDenyingTie = event.statedAtMs === latest?.statedAtMs && event.state === 'denied';
    if (isLater || isDenyingTie) latest = event;
  }
  return latest?.state ?? 'unset';
}
