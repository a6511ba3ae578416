import { inspect } from 'node:util';
import { expect } from 'vitest';
import { isSafekeepError } from '../../src/base/errors.js';
import type { ForeignPlace, ForeignReader } from '../../src/foreign/index.js';

export const place: ForeignPlace = { table: 'customers', column: 'note', row: ['c-1'] };

/** The value with every character changed in turn, cut at every length, and with something behind it. */
export function changesOf(stored: string): string[] {
  const changed = [...stored].flatMap((char, at) =>
    ['A', 'b', '0']
      .filter((other) => other !== char)
      .map((other) => stored.slice(0, at) + other + stored.slice(at + 1)),
  );
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
  for (const change of changes) {
    const outcome = await outcomeOf(reader, change, at);
    if (!isSafekeepError(outcome)) expect.unreachable(`${reader.name} read what was changed: ${change}`);
    codes.add(outcome.code);
    if (change.length > 12) expect(inspect(outcome)).not.toContain(change);
  }
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
