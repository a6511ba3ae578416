/**
 * How many different things each of many subjects met, in fixed memory: a row of 64 registers per subject (HyperLogLog,
 * within some 13 per cent, exact to one or two below twenty), the subjects known by their fingerprints only.
 */
export interface DistinctTable {
  /** @returns about how many different things the subject met, this one included */
  meet(subject: string, thing: string): number;
  count(subject: string): number;
  /** Marks a subject; `marks` gives the bits back. */
  mark(subject: string, bit: number): void;
  marks(subject: string): number;
  clear(): void;
}

const registers = 64;
const alpha = 0.709;

export function createDistinctTable(rows: number, keep: number, fingerprint: (text: string) => bigint): DistinctTable {
  const cells = new Uint8Array(rows * registers);
  const tags = new Uint32Array(rows);
  const flags = new Uint8Array(rows);
  const hashed = new BigUint64Array(1);
  const halves = new Uint32Array(hashed.buffer);

  function hash(text: string): void {
    hashed[0] = fingerprint(text);
  }
  function estimate(row: number): number {
    let sum = 0;
    let empty = 0;
    for (let at = row * registers; at < (row + 1) * registers; at += 1) {
      const rank = cells[at] as number;
      if (rank === 0) empty += 1;
      sum += 2 ** -rank;
    }
    const raw = (alpha * registers * registers) / sum;
    return Math.round(raw < 2.5 * registers && empty > 0 ? registers * Math.log(registers / empty) : raw);
  }
  function rowOf(subject: string, claim: boolean): number {
    hash(subject);
    const tag = (halves[0] as number) || 1;
    const row = Math.floor(((halves[1] as number) / 0x1_0000_0000) * rows);
    if (tags[row] === tag) return row;
    // A subject on its way to the threshold is not pushed out by one that was met just now.
    if (!claim || (tags[row] !== 0 && (flags[row] !== 0 || estimate(row) * 2 >= keep))) return -1;
    tags[row] = tag;
    flags[row] = 0;
    cells.fill(0, row * registers, (row + 1) * registers);
    return row;
  }

  return {
    meet(subject, thing) {
      const row = rowOf(subject, true);
      if (row < 0) return 0;
      hash(thing);
      const cell = row * registers + ((halves[1] as number) & (registers - 1));
      const rank = Math.clz32(halves[0] as number) + 1;
      if (rank > (cells[cell] as number)) cells[cell] = rank;
      return estimate(row);
    },
    count(subject) {
      const row = rowOf(subject, false);
      return row < 0 ? 0 : estimate(row);
    },
    mark(subject, bit) {
      const row = rowOf(subject, true);
      if (row >= 0) flags[row] = (flags[row] as number) | bit;
    },
    marks(subject) {
      const row = rowOf(subject, false);
      return row < 0 ? 0 : (flags[row] as number);
    },
    clear() {
      cells.fill(0);
      tags.fill(0);
      flags.fill(0);
    },
  };
}
