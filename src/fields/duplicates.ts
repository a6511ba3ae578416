import { isSafekeepError } from '../base/errors.js';
import type { Database, Row } from '../base/ports/database.js';
import { quoted } from '../database/catalogue.js';
import type { WalkedRow } from '../database/index.js';

/** Two rows that hold one value of a unique index. Keys only: what they share is what nobody may read. */
export interface IndexDuplicate {
  readonly table: string;
  /** The index's column. */
  readonly index: string;
  /** The row that was left as it was, and the one that has the value already; null where that was another index. */
  readonly row: readonly string[];
  readonly other: readonly string[] | null;
}

export interface Duplicates {
  /** The database that writes all rows of a batch but those that a unique index refuses. */
  readonly database: Database;
  /** What the row is about to store. */
  expect(row: WalkedRow, stored: Row): void;
  /** Forgets what was found: another pass begins. */
  clear(): void;
  count(): number;
  found(): Promise<readonly IndexDuplicate[]>;
}

const mostListed = 100;

interface WithIndexes {
  readonly name: string;
  readonly rowKey: readonly string[];
  readonly indexes: readonly { readonly column: string; readonly unique: boolean }[];
}

/**
 * One row that a unique index refuses must not keep a batch of a thousand from being written: the batch is halved until
 * the row stands alone.
 */
export function unlessDuplicate(database: Database, table: WithIndexes): Duplicates {
  const unique = table.indexes.filter((index) => index.unique).map(({ column }) => column);
  const keyText = (key: readonly (string | null | undefined)[]): string => JSON.stringify(key);
  const expected = new Map<string, Row>();
  const keyAt = (values: readonly (readonly unknown[])[], at: number): readonly string[] =>
    values.slice(0, table.rowKey.length).map((column) => String(column[at]));
  let refused: { readonly key: readonly string[]; readonly stored: Row }[] = [];
  let count = 0;

  async function write<T extends Row>(sql: string, values: readonly (readonly unknown[])[]): Promise<readonly T[]> {
    try {
      return await database.query<T>(sql, values);
    } catch (error) {
      const rows = values[0]?.length ?? 0;
      if (!isSafekeepError(error, 'ERR_DATABASE_UNIQUE') || rows === 0) throw error;
      if (rows > 1) {
        const half = Math.ceil(rows / 2);
        const first = await write<T>(
          sql,
          values.map((column) => column.slice(0, half)),
        );
        const second = await write<T>(
          sql,
          values.map((column) => column.slice(half)),
        );
        return [...first, ...second];
      }
      const key = keyAt(values, 0);
      const stored = expected.get(keyText(key));
      // Another constraint of the table than an index of ours: not for us to explain away.
      if (stored === undefined || !unique.some((column) => typeof stored[column] === 'string')) throw error;
      count += 1;
      if (refused.length < mostListed) refused.push({ key, stored });
      return [];
    }
  }

  return {
    database: {
      ...database,
      query: async <T extends Row>(sql: string, values?: readonly unknown[]) => {
        if (!/^\s*update\b/.test(sql) || values === undefined || !values.every(Array.isArray))
          return await database.query<T>(sql, values);
        const written = values as readonly (readonly unknown[])[];
        try {
          return await write<T>(sql, written);
        } finally {
          // Of this batch and no other: the next one is read and changed while this one is written.
          for (const at of (written[0] ?? []).keys()) expected.delete(keyText(keyAt(written, at)));
        }
      },
    },
    expect(row, stored) {
      if (unique.length === 0) return;
      expected.set(keyText(table.rowKey.map((part) => row[part])), stored);
    },
    clear() {
      [refused, count] = [[], 0];
    },
    count: () => count,
    async found() {
      const names = table.rowKey.map((part) => `${quoted(part)}::text as ${quoted(part)}`).join(', ');
      const list: IndexDuplicate[] = [];
      for (const { key, stored } of refused) {
        let found: IndexDuplicate = { table: table.name, index: unique[0] as string, row: key, other: null };
        for (const index of unique.filter((column) => typeof stored[column] === 'string')) {
          const [other] = await database.query<Record<string, string>>(
            `select ${names} from ${quoted(table.name)} where ${quoted(index)} = $1 limit 1`,
            [stored[index]],
          );
          if (other === undefined) continue;
          found = { ...found, index, other: table.rowKey.map((part) => other[part] ?? '') };
          break;
        }
        list.push(Object.freeze(found));
      }
      return list;
    },
  };
}
