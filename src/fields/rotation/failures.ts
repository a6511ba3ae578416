import { type ErrorCode, isSafekeepError } from '../../base/errors.js';

/** Values of a column that did not open, or an index that another row has, left as they are. */
export interface RotationFailure {
  readonly table: string;
  readonly column: string;
  readonly code: ErrorCode;
  readonly rows: number;
}

export interface FailureBook {
  /** Counts what says something of one value. @throws anything else: a closed ring, a lost database */
  add(column: string, error: unknown): void;
  count(column: string, code: ErrorCode, rows: number): void;
  failures(): readonly RotationFailure[];
}

export function failureBook(table: string): FailureBook {
  const failed = new Map<string, Map<ErrorCode, number>>();
  const count: FailureBook['count'] = (column, code, rows) => {
    const codes = failed.get(column) ?? new Map<ErrorCode, number>();
    failed.set(column, codes.set(code, (codes.get(code) ?? 0) + rows));
  };
  return {
    count,
    add(column, error) {
      if (!isSafekeepError(error) || !refusals.has(error.code)) throw error;
      count(column, error.code, 1);
    },
    failures: (): readonly RotationFailure[] =>
      [...failed].flatMap(([column, codes]) =>
        [...codes].map(([code, rows]) => Object.freeze({ table, column, code, rows })),
      ),
  };
}

/** What says something of one value; anything else (a closed ring, a lost database) ends the work. */
export const refusals: ReadonlySet<ErrorCode> = new Set([
  'ERR_NOT_SEALED',
  'ERR_KEY_UNKNOWN',
  'ERR_SEAL_KEY',
  'ERR_SEAL_BROKEN',
  'ERR_VALUE_TYPE',
  'ERR_ALREADY_SEALED',
  // A row without the tenant that its table declares.
  'ERR_PLACE_INVALID',
  'ERR_ROW_KEY_MISSING',
]);
