import { type ErrorCode, isSafekeepError } from '../base/errors.js';
import {
  functionRule,
  integerRule,
  objectRule,
  optional,
  readOptions,
  required,
  textRule,
  withDefault,
} from '../base/options.js';
import type { Database } from '../base/ports/database.js';
import { quoted } from '../database/catalogue.js';
import { type WalkedChange, type WalkedRow, walkTable } from '../database/index.js';
import type { Passwords } from './passwords.js';

export interface WrapPasswordsOptions {
  readonly database: Database;
  /** With the old schemes declared (`legacy`), and the ring and place of the column where it is sealed. */
  readonly passwords: Pick<Passwords, 'wrapLegacy'>;
  /** The accounts' table, `customers` or `shop.customers`. */
  readonly table: string;
  /** Its row key, one column. */
  readonly key: string;
  /** The column of the hashes. */
  readonly column: string;
  /** Hashes at once, 1 to 64, default 2; no more than `gate.running`, or they wait for each other until a deadline. */
  readonly concurrency?: number | undefined;
  /** Rows a batch, 1 to 10,000, default 100: what is done over after a crash. */
  readonly batchRows?: number | undefined;
  /** Hears the counts after every batch. */
  readonly onProgress?: ((progress: WrapProgress) => void) | undefined;
  /** Ends it between two batches. What was written stays; the next call goes on. */
  readonly signal?: AbortSignal | undefined;
}

export interface WrapProgress {
  /** Rows of the table when it began. */
  readonly rows: number;
  /** Rows read. */
  readonly seen: number;
  /** Rows written. */
  readonly changed: number;
}

/** Hashes that were left as they are, by what was wrong with them. */
export interface UnwrappedHashes {
  /** `undeclared`, `bounds`, `form`, or what the envelope said. */
  readonly because: string;
  /** The scheme that is not declared, or the part that is out of bounds. */
  readonly part?: string | undefined;
  readonly rows: number;
}

export interface WrapReport extends WrapProgress {
  /** Rows that somebody else changed meanwhile, whose hash stands: run it again for them. */
  readonly lost: number;
  /** Most rows first. Empty, nothing lost and complete: no weak hash is left. */
  readonly left: readonly UnwrappedHashes[];
  /** False: the signal ended it early. */
  readonly complete: boolean;
}

const shape = {
  database: required(objectRule<Database>('query')),
  passwords: required(objectRule<Pick<Passwords, 'wrapLegacy'>>('wrapLegacy')),
  table: required(textRule({ maxLength: 127 })),
  key: required(textRule({ maxLength: 63 })),
  column: required(textRule({ maxLength: 63 })),
  concurrency: withDefault(integerRule({ min: 1, max: 64 }), 2),
  batchRows: withDefault(integerRule({ min: 1, max: 10_000 }), 100),
  onProgress: optional(functionRule<(progress: WrapProgress) => void>()),
  signal: optional(objectRule<AbortSignal>('throwIfAborted')),
};
const refusals: ReadonlySet<ErrorCode> = new Set(['ERR_PASSWORD_LEGACY']);

/**
 * Puts argon2id over every old hash of a table, while the application goes on, so that no weak hash waits for its
 * owner's next sign-in. Each row is written only while its hash is still the one that was read: a changed password
 * stands. Nothing is remembered between two calls; what is argon2 already is passed over, so after a crash the same
 * call goes on where it was. Hashes that are argon2 but not sealed yet are sealed, where there is a ring and
 * `dangerouslyAcceptUnsealed` lets them in: whatever stands in the table then counts as genuine.
 *
 * It does NOT reach copies: old backups, replicas and dead rows (until VACUUM) still hold the old digests.
 * @throws SafekeepError ERR_WALK_KEY where `key` is no unique key; ERR_PASSWORD_BUSY with too much `concurrency`;
 *   ERR_PEER_MISSING, ERR_KEY_RING_CLOSED, what the database throws. ASVS 5.0 V11.4.2.
 * @example
 * const report = await wrapPasswords({ database, passwords, table: 'customers', key: 'id', column: 'password' });
 * for (const { because, part, rows } of report.left) console.log(because, part, rows);
 */
export async function wrapPasswords(options: WrapPasswordsOptions): Promise<WrapReport> {
  const { passwords, key, column, onProgress, ...rest } = readOptions('wrapPasswords', shape, options);
  const { database, table, concurrency, batchRows, signal } = rest;
  const [{ rows = '0' } = {}] = await database.query<{ rows: string }>(
    `select count(${quoted(column)}) as rows from ${quoted(table)}`,
  );
  const left = new Map<string, UnwrappedHashes>();

  async function change(row: WalkedRow): Promise<WalkedChange | undefined> {
    const [stored, account] = [row[column], row[key]];
    if (typeof stored !== 'string' || typeof account !== 'string') return undefined;
    try {
      return { [column]: await passwords.wrapLegacy(stored, { account }) };
    } catch (error) {
      if (!isSafekeepError(error) || !refusals.has(error.code)) throw error;
      const because = String(error.facts['because']);
      const part = error.facts['part'] === undefined ? undefined : String(error.facts['part']);
      const name = `${because} ${part}`;
      left.set(name, { because, part, rows: (left.get(name)?.rows ?? 0) + 1 });
      return undefined;
    }
  }

  const report = await walkTable({
    database,
    table,
    key: [key],
    columns: [column],
    change,
    concurrency,
    // A hash costs far more than a read: none is made for a batch that may never be written.
    readAhead: false,
    batchRows,
    signal,
    onProgress: ({ seen, changed }) => onProgress?.({ rows: Number(rows), seen, changed }),
  });
  const { seen, changed, lost, complete } = report;
  const sorted = [...left.values()].sort((a, b) => b.rows - a.rows);
  return Object.freeze({ rows: Number(rows), seen, changed, lost, left: sorted, complete });
}
