/** One waiting request. */
export interface Waiting {
  /** Whom it waits for: requests of one lane wait behind each other. */
  readonly lane: string;
}

export interface FairQueue<T extends Waiting> {
  readonly size: () => number;
  /** The first of every lane: nobody in it waits longer. */
  heads(): readonly T[];
  /** Takes the request in, and returns the one that is refused for it: another lane's newest, itself, or nobody. */
  add(request: T): T | undefined;
  /** The next request in turn, taken out; undefined when nobody waits. */
  take(): T | undefined;
  /** False when it no longer waits. */
  remove(request: T): boolean;
}

/**
 * A bounded queue that serves its lanes in turn: however many requests one subnet sends, the next subnet's first
 * request waits for one of them and not for all. When it is full, room is made at the cost of the longest lane, never
 * of one that holds less.
 * @param limit how many may wait at this moment; where it sinks below those that do, they stay
 */
export function createFairQueue<T extends Waiting>(limit: () => number): FairQueue<T> {
  /** In the order of service; a served lane goes to the end. None is ever empty. */
  const lanes = new Map<string, T[]>();
  let size = 0;

  function remove(request: T): boolean {
    const lane = lanes.get(request.lane);
    const at = lane?.indexOf(request) ?? -1;
    if (lane === undefined || at < 0) return false;
    lane.splice(at, 1);
    size -= 1;
    if (lane.length === 0) lanes.delete(request.lane);
    return true;
  }

  return {
    size: () => size,
    heads: () => [...lanes.values()].map((lane) => lane[0] as T),
    add(request) {
      const lane = lanes.get(request.lane);
      let refused: T | undefined;
      if (size >= limit()) {
        const longest = longestOf(lanes);
        // With this one its lane must hold no more than the longest keeps, or two lanes would evict each other's.
        if (longest === undefined || longest.length <= (lane?.length ?? 0) + 1) return request;
        refused = longest.at(-1) as T;
        remove(refused);
      }
      if (lane === undefined) lanes.set(request.lane, [request]);
      else lane.push(request);
      size += 1;
      return refused;
    },
    take() {
      const [first] = lanes;
      if (first === undefined) return undefined;
      const [name, lane] = first;
      const request = lane.shift();
      size -= 1;
      lanes.delete(name);
      if (lane.length > 0) lanes.set(name, lane);
      return request;
    },
    remove,
  };
}

function longestOf<T>(lanes: ReadonlyMap<string, T[]>): T[] | undefined {
  let longest: T[] | undefined;
  for (const lane of lanes.values()) if (lane.length > (longest?.length ?? 0)) longest = lane;
  return longest;
}
