import { type Clock, systemClock } from '../../base/clock.js';
import { isSafekeepError, SafekeepError } from '../../base/errors.js';
import { nameOf, nearest, say } from '../../base/names.js';
import {
  listRule,
  objectRule,
  optional,
  readOptions,
  reasonRule,
  required,
  textRule,
  withDefault,
} from '../../base/options.js';
import type { SecurityEvents } from '../../base/ports/security-events.js';
import type { Policy, ResolvedColumn } from '../../policy/index.js';
import { isOver } from './import-walk.js';
import { fromDriver } from './plaintext.js';
import { looksSealed } from './sealed-look.js';

export interface ReadPlaintextOptions {
  /** Columns by `table.column`, each of which says `importedFrom` in the policy. Its last day there ends this too. */
  readonly columns: readonly string[];
  /** Why plaintext may be read, in words of ten characters or more: which import it is for. */
  readonly reason: string;
  /** Hears of the first, tenth, hundredth (and so on) plaintext of each column; never of what it was. Default: nobody. */
  readonly events?: SecurityEvents | undefined;
  readonly clock?: Clock | undefined;
}

/** What lets plaintext through, for so long, and counts it. */
export interface Passthrough {
  /**
   * The value of what was stored in the clear, as its column's type.
   * @throws SafekeepError ERR_PLAINTEXT_READ for a column that is not listed or whose last day has passed;
   * ERR_VALUE_TYPE for what is none of the type
   */
  read(column: ResolvedColumn, stored: unknown): unknown;
  /** For what did not open: the value, when it is a plaintext that may be read; else throws the refusal it was given. */
  instead(column: ResolvedColumn, stored: unknown, refusal: unknown): unknown;
  /** Plaintexts read so far, by `table.column`. */
  reads(): Readonly<Record<string, number>>;
}

const shape = {
  columns: required(listRule(textRule({ maxLength: 191 }))),
  reason: required(reasonRule()),
  events: optional(objectRule<SecurityEvents>('record')),
  clock: withDefault(objectRule<Clock>('nowMs'), systemClock),
};

/** @throws SafekeepError ERR_OPTION_INVALID for a column that the policy does not import, and without a policy */
export function createPassthrough(policy: Policy | undefined, options: ReadPlaintextOptions | undefined): Passthrough {
  const counts = new Map<string, number>();
  const reads = (): Readonly<Record<string, number>> => Object.freeze(Object.fromEntries(counts));
  if (options === undefined) {
    return Object.freeze<Passthrough>({
      read: (column) => {
        throw refused(column);
      },
      instead: (_column, _stored, refusal) => {
        throw refusal;
      },
      reads,
    });
  }
  const { columns, events, clock } = readOptions('createFields.dangerouslyReadPlaintext', shape, options);
  const imported = [...(policy?.resolved.tables.values() ?? [])].flatMap((table) =>
    [...table.columns.values()].filter(({ importedFrom }) => importedFrom !== undefined).map(placeOf),
  );
  for (const name of columns) {
    if (imported.includes(name)) continue;
    const near = nearest(name, imported);
    throw new SafekeepError('ERR_OPTION_INVALID', {
      of: nameOf('createFields'),
      option: nameOf('dangerouslyReadPlaintext'),
      column: nameOf(name),
      nearest: near === undefined ? undefined : nameOf(near),
      expected: say`columns of which the policy says importedFrom`,
    });
  }
  for (const name of columns) counts.set(name, 0);

  function read(column: ResolvedColumn, stored: unknown): unknown {
    const place = placeOf(column);
    const until = column.importedFrom?.until;
    const count = counts.get(place);
    if (count === undefined || until === undefined) throw refused(column);
    if (isOver(until, clock)) throw refused(column, until);
    const value = fromDriver(stored, column.value);
    if (value === undefined)
      throw new SafekeepError('ERR_VALUE_TYPE', { type: nameOf(column.value), place: nameOf(place) });
    counts.set(place, count + 1);
    if (Number.isInteger(Math.log10(count + 1))) {
      // Nobody waits for it, and a log that is down is no reason to refuse a read that is allowed.
      const facts = { place: nameOf(place), reads: count + 1, until: nameOf(until) };
      events?.record({ kind: 'fields.plaintext-read', facts }).catch(() => undefined);
    }
    return value;
  }
  return Object.freeze<Passthrough>({
    read,
    instead(column, stored, refusal) {
      // A damaged or foreign sealed value is refused as ever; only what never was one is plaintext.
      const isPlain = typeof stored === 'string' && isSafekeepError(refusal, 'ERR_NOT_SEALED') && !looksSealed(stored);
      if (!isPlain || !counts.has(placeOf(column)) || column.importedFrom?.column !== column.name) throw refusal;
      return read(column, stored);
    },
    reads,
  });
}

function refused(column: ResolvedColumn, until?: string): SafekeepError {
  return new SafekeepError('ERR_PLAINTEXT_READ', {
    place: nameOf(placeOf(column)),
    ...(until === undefined ? {} : { until: nameOf(until) }),
    why: until === undefined ? say`dangerouslyReadPlaintext does not name it` : say`its last day has passed`,
  });
}

function placeOf({ table, name }: ResolvedColumn): string {
  return `${table}.${name}`;
}
