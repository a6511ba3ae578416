import { createHmac } from 'node:crypto';
import { pae, utf8 } from '../../base/bytes.js';
import type { Random } from '../../base/clock.js';

/** On how many accounts a wrong password was tried, without knowing the password. */
export interface PasswordSketch {
  /** @returns at least on how many different accounts it was tried since the key was drawn; seldom more */
  tried(login: string, password: string): number;
  /** Throws the key away, and with it every meaning of what was counted. */
  renew(): void;
}

const rows = 4;
const columns = 4096;
const pairBits = 1 << 18;

/**
 * A count-min sketch over HMACs of wrong passwords under a key that lives for minutes and in memory only. A pair of
 * account and password counts once (a Bloom filter remembers pairs), so that one person's stuck Return key is no spray.
 */
export function createPasswordSketch(random: Random): PasswordSketch {
  const counts = new Uint16Array(rows * columns);
  const pairs = new Uint8Array(pairBits / 8);
  let key = random.bytes(32);

  const digest = (label: string, parts: readonly string[]): Buffer =>
    createHmac('sha256', key)
      .update(pae([label, ...parts].map(utf8)))
      .digest();

  /** @returns whether the pair is new */
  function remember(login: string, password: string): boolean {
    const bytes = digest('pair', [login, password]);
    let isNew = false;
    for (let at = 0; at < rows; at += 1) {
      const bit = bytes.readUInt32LE(at * 4) % pairBits;
      const mask = 1 << (bit & 7);
      if (((pairs[bit >> 3] as number) & mask) === 0) isNew = true;
      pairs[bit >> 3] = (pairs[bit >> 3] as number) | mask;
    }
    return isNew;
  }

  return {
    tried(login, password) {
      const isNew = remember(login, password);
      const bytes = digest('password', [password]);
      let least = Number.MAX_SAFE_INTEGER;
      for (let row = 0; row < rows; row += 1) {
        const cell = row * columns + (bytes.readUInt16LE(row * 2) % columns);
        if (isNew) counts[cell] = Math.min((counts[cell] as number) + 1, 0xffff);
        least = Math.min(least, counts[cell] as number);
      }
      return least;
    },
    renew() {
      key.fill(0);
      key = random.bytes(32);
      counts.fill(0);
      pairs.fill(0);
    },
  };
}
