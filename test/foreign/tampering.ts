import { inspect } from 'node:util';
import { expect } from 'vitest';
import { isSafekeepError } from '../../src/base/errors.js';
import type { ForeignPlace, ForeignReader } from '../../src/foreign/index.js';

export const place: ForeignPlace = { table: 'customers', column: 'note', row: ['c-1'] };

/** The value with each character changed in turn, cut at every length, and with something behind it. */
export function changesOf(stored: string): string[] {
  const changed = [...stored].map((char, at) => {
    const other = ['A', '0'].find((one, turn) => one !== char && (turn > 0 || at % 2 === 0)) ?? 'b';
    return stored.slice(0, at) + other + stored.slice(at + 1);
  });
  const cut = [...stored].map((_char, at) => stored.slice(0, at));
  // A space before JSON is JSON: a column of type jsonb writes its own.
  const spaced = stored.startsWith('{') ? [] : [` ${stored}`];
  return [...changed, ...cut, ...spaced, `${stored}A`, `${stored}=`, `${stored}\n`, stored + stored];
}

/** What a reader does with each: the codes of its refusals. A value that comes back, or another error, fails. */
export async function refusals(
  reader: ForeignReader,
  changes: readonly string[],
  at: ForeignPlace = place,
): Promise<Set<string>> {
  const codes = new Set<string>();
  let last: unknown;
  for (const change of changes) {
    const outcome = await outcomeOf(reader, change, at);
    if (!isSafekeepError(outcome)) expect.unreachable(`${reader.name} read what was changed: ${change}`);
    codes.add(outcome.code);
    last = outcome;
  }
  expect(inspect(last)).not.toContain(changes[0]);
  return codes;
}

export async function outcomeOf(
  reader: ForeignReader,
  stored: string | Uint8Array,
  at: ForeignPlace = place,
): Promise<unknown> {
  try {
    return await reader.read(stored, at);
  } catch (error) {
    return error;
  }
}
