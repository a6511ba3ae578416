/** A small seeded generator (mulberry32): the same seed gives the same corpus on every machine. */
export interface Seeded {
  below(count: number): number;
  pick<T>(list: readonly T[]): T;
  digits(count: number): string;
  hex(count: number): string;
}

export function seeded(seed: number): Seeded {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (count: number): number => Math.floor(next() * count);
  const run = (count: number, alphabet: string): string =>
    Array.from({ length: count }, () => alphabet.charAt(below(alphabet.length))).join('');
  return {
    below,
    pick: <T>(list: readonly T[]): T => list[below(list.length)] as T,
    digits: (count) => run(count, '0123456789'),
    hex: (count) => run(count, '0123456789abcdef'),
  };
}
