import { nameOf } from '../../base/names.js';
import { fromCrypt64 } from './crypt-base64.js';
import { isTooLong, runRounds } from './run-rounds.js';
import type { OldScheme } from './scheme.js';

/** Where no rounds are written. */
const usualRounds = 5000;
/** Below and above these the original writes these, whatever it was asked for. */
const [leastRounds, greatestRounds] = [1000, 999_999_999];

const kinds = {
  'sha256-crypt': { digit: '5', bytes: 32, order: shuffled(10, 2, [30, 31]) },
  'sha512-crypt': { digit: '6', bytes: 64, order: shuffled(21, 1, [63]) },
} as const;

/** sha256-crypt and sha512-crypt (Ulrich Drepper, 2007), as glibc and passlib write them. */
export function shaCryptScheme(kind: 'sha256-crypt' | 'sha512-crypt', most: number): OldScheme {
  const { digit, bytes, order } = kinds[kind];
  const letters = Math.ceil((bytes * 4) / 3);
  const spelling = new RegExp(
    `^\\$${digit}\\$(?:rounds=([1-9][0-9]{0,9})\\$)?([^$:\\n]{0,16})\\$([./0-9A-Za-z]{${letters}})$`,
  );
  return Object.freeze<OldScheme>({
    variants: [kind],
    read(text) {
      const [, rounds = String(usualRounds), salt, tag] = spelling.exec(text) ?? [];
      const digest = tag === undefined ? null : fromCrypt64(tag, order);
      if (salt === undefined || digest === null) return undefined;
      return { variant: kind, costs: [Number(rounds)], salt: Buffer.from(salt), digest, digestBytes: bytes };
    },
    outside({ costs, salt, digestBytes }) {
      const [rounds = 0] = costs;
      if (costs.length !== 1 || rounds < leastRounds || rounds > Math.min(most, greatestRounds))
        return nameOf('rounds');
      if (salt.length > 64) return nameOf('saltBytes');
      return digestBytes === bytes ? undefined : nameOf('tagBytes');
    },
    async digestOf({ costs, salt }, password) {
      const [rounds = most] = costs;
      if (isTooLong(password, rounds, most)) return null;
      return await runRounds({ kind, password, salt, rounds });
    },
    dearest: { variant: kind, costs: [most], salt: Buffer.alloc(16, 'a'), digestBytes: bytes },
  });
}

/**
 * The letters stand for three bytes each, a third of the digest apart, beginning in another third with every group; here
 * from the last byte of a group, as `fromCrypt64` takes them.
 */
function shuffled(groups: number, turn: number, rest: readonly number[]): readonly number[] {
  const order: number[] = [];
  for (let group = 0; group < groups; group += 1) {
    for (const third of [2, 1, 0]) order.push(group + groups * ((group * turn + third) % 3));
  }
  return [...order, ...rest];
}
