import { nameOf } from '../../base/names.js';
import { cryptValue, fromCrypt64 } from './crypt-base64.js';
import { isTooLong, runRounds } from './run-rounds.js';
import type { OldScheme } from './scheme.js';

const order = Array.from({ length: 16 }, (_, index) => index);

/** phpass portable hashes: `$P$` of WordPress and others, `$H$` of phpBB 3; one letter for the rounds. */
export function phpassScheme(most: number): OldScheme {
  return Object.freeze<OldScheme>({
    variants: ['phpass'],
    read(text) {
      const [, letter, salt, tag] = /^\$[PH]\$([./0-9A-Za-z])([^$:\n]{8})([./0-9A-Za-z]{22})$/.exec(text) ?? [];
      const digest = tag === undefined ? null : fromCrypt64(tag, order);
      if (letter === undefined || salt === undefined || digest === null) return undefined;
      return { variant: 'phpass', costs: [cryptValue(letter)], salt: Buffer.from(salt), digest, digestBytes: 16 };
    },
    outside({ costs, salt, digestBytes }) {
      const [cost = 0] = costs;
      if (costs.length !== 1 || cost < 7 || cost > most) return nameOf('rounds');
      if (salt.length > 32) return nameOf('saltBytes');
      return digestBytes === 16 ? undefined : nameOf('tagBytes');
    },
    async digestOf({ costs, salt }, password) {
      const rounds = 2 ** (costs[0] ?? most);
      if (isTooLong(password, rounds, 2 ** most)) return null;
      return await runRounds({ kind: 'phpass', password, salt, rounds });
    },
    dearest: { variant: 'phpass', costs: [most], salt: Buffer.alloc(8, 'a'), digestBytes: 16 },
  });
}
