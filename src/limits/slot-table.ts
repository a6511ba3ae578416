import { type CounterHold, type CounterRule, waitBehind } from './counters.js';

/**
 * Counters in one block of memory that never grows: open addressing over fingerprints, no key kept. 24 bytes a slot:
 * end of the window (8), fingerprint, count with the mark of a full counter, number of the window, and how long before
 * the window's end the wait ends (4 each).
 */
export interface SlotTable {
  readonly bytes: number;
  /**
   * The slot of a key, taken over from nobody, from a window that is over, or from the counter that loses least.
   * A full counter is never given away: where there is nothing else, the key shares a slot with its `shelter`.
   * @param busy slots of this attempt that must stay what they are
   */
  claim(key: string, shelter: string, rule: CounterRule, nowMs: number, busy: readonly number[]): number;
  /** The slot of a key that has a running window; -1 for none. */
  find(key: string, nowMs: number): number;
  /** Milliseconds until this counter has room; 0 when it has. */
  waitOf(slot: number, rule: CounterRule, nowMs: number): number;
  take(slot: number, rule: CounterRule, nowMs: number): void;
  read(slot: number): CounterHold;
  /** Gives one place back if the window is still the same. */
  giveBack(hold: CounterHold, rule: CounterRule, nowMs: number): void;
  clear(hold: CounterHold, rule: CounterRule, nowMs: number): void;
  clearAll(): void;
}

const words = 6;
const doubles = 3;
/** Slots looked at for one key. At five keys for six slots one key in some ten thousand finds no room of its own. */
const reach = 24;
const full = 0x8000_0000;
const noLock = 0xffff_ffff;

export function createSlotTable(slots: number, shelters: number, fingerprint: (text: string) => bigint): SlotTable {
  const firstShelter = slots + reach;
  const size = firstShelter + shelters;
  const block = new ArrayBuffer(size * words * 4);
  const word = new Uint32Array(block);
  const end = new Float64Array(block);
  const hashed = new BigUint64Array(1);
  const halves = new Uint32Array(hashed.buffer);
  let windows = 0;

  const placeOf = (half: number, among: number): number => Math.floor((half / 0x1_0000_0000) * among);
  const tagAt = (slot: number): number => word[slot * words + 2] as number;
  const countAt = (slot: number): number => (word[slot * words + 3] as number) & ~full;
  const isFull = (slot: number): boolean => ((word[slot * words + 3] as number) & full) !== 0;
  const endAt = (slot: number): number => end[slot * doubles] as number;
  function lockAt(slot: number): number {
    const before = word[slot * words + 5] as number;
    return before === noLock ? 0 : endAt(slot) - before;
  }

  function begin(slot: number, tag: number, rule: CounterRule, nowMs: number): number {
    windows = (windows + 1) >>> 0;
    const base = slot * words;
    end[slot * doubles] = nowMs + rule.windowMs;
    word[base + 2] = tag;
    word[base + 3] = 0;
    word[base + 4] = windows;
    word[base + 5] = noLock;
    return slot;
  }

  /** The counter that loses least by being forgotten: fewest places, then the oldest window. Never a full one. */
  function leastOf(home: number, busy: readonly number[]): number {
    let least = -1;
    for (let slot = home; slot < home + reach; slot += 1) {
      if (isFull(slot) || busy.includes(slot)) continue;
      const fewer = least < 0 ? -1 : countAt(slot) - countAt(least);
      if (fewer < 0 || (fewer === 0 && endAt(slot) < endAt(least))) least = slot;
    }
    return least;
  }

  function sheltered(shelter: string, rule: CounterRule, nowMs: number): number {
    hashed[0] = fingerprint(shelter);
    const slot = firstShelter + placeOf(halves[1] as number, shelters);
    return endAt(slot) > nowMs ? slot : begin(slot, 1, rule, nowMs);
  }

  function same({ slot = -1, window }: CounterHold, nowMs: number): boolean {
    return slot >= 0 && word[slot * words + 4] === window && endAt(slot) > nowMs;
  }

  return {
    bytes: block.byteLength,
    claim(key, shelter, rule, nowMs, busy) {
      hashed[0] = fingerprint(key);
      const tag = (halves[0] as number) || 1;
      const home = placeOf(halves[1] as number, slots);
      let free = -1;
      for (let slot = home; slot < home + reach; slot += 1) {
        const found = tagAt(slot);
        if (found === tag) return endAt(slot) > nowMs ? slot : begin(slot, tag, rule, nowMs);
        if (free < 0 && (found === 0 || (endAt(slot) <= nowMs && !busy.includes(slot)))) free = slot;
        if (found === 0) break;
      }
      const slot = free < 0 ? leastOf(home, busy) : free;
      return slot < 0 ? sheltered(shelter, rule, nowMs) : begin(slot, tag, rule, nowMs);
    },
    find(key, nowMs) {
      hashed[0] = fingerprint(key);
      const tag = (halves[0] as number) || 1;
      const home = placeOf(halves[1] as number, slots);
      for (let slot = home; slot < home + reach; slot += 1) {
        const found = tagAt(slot);
        if (found === tag) return endAt(slot) > nowMs ? slot : -1;
        if (found === 0) return -1;
      }
      return -1;
    },
    waitOf(slot, rule, nowMs) {
      if (rule.over === 'count') return 0;
      if (rule.backoff !== undefined) return Math.max(0, lockAt(slot) - nowMs);
      return countAt(slot) >= rule.limit ? endAt(slot) - nowMs : 0;
    },
    take(slot, rule, nowMs) {
      const base = slot * words;
      const count = Math.min(countAt(slot) + 1, full - 1);
      word[base + 3] = count >= rule.limit ? (count | full) >>> 0 : count;
      if (rule.backoff === undefined) return;
      const waitMs = waitBehind(rule, count);
      end[slot * doubles] = nowMs + waitMs + rule.windowMs;
      word[base + 5] = waitMs > 0 ? rule.windowMs : noLock;
    },
    read: (slot) => ({
      count: countAt(slot),
      resetAtMs: endAt(slot),
      window: word[slot * words + 4] as number,
      lockMark: lockAt(slot),
      slot,
    }),
    giveBack(hold, rule, nowMs) {
      const { slot = -1, lockMark } = hold;
      if (!same(hold, nowMs)) return;
      const base = slot * words;
      const count = Math.max(0, countAt(slot) - 1);
      word[base + 3] = count >= rule.limit ? (count | full) >>> 0 : count;
      // Its own wait goes with it (while that ran no other place was taken, so the one before it is over), and every
      // wait once there is room again.
      if (count < rule.limit || (lockMark !== 0 && lockAt(slot) === lockMark)) word[base + 5] = noLock;
    },
    clear(hold, rule, nowMs) {
      const { slot = -1 } = hold;
      // A shelter holds the places of strangers too: nobody's success empties it.
      if (slot >= firstShelter) return this.giveBack(hold, rule, nowMs);
      if (!same(hold, nowMs)) return;
      end[slot * doubles] = 0;
      word[slot * words + 3] = 0;
    },
    clearAll: () => void word.fill(0),
  };
}
