import { SafekeepError } from '../base/errors.js';
import { nameOf, say } from '../base/names.js';
import type { Queryable, Row } from '../base/ports/database.js';
import type { ResolvedTable } from '../policy/index.js';
import type { RowIndexes } from './row-indexes.js';
import { rowKeyOf } from './row-place.js';
import { quoted } from './update-row.js';

type Asked = Pick<Queryable, 'query'>;

/** Rows that hold the values: found by the index, confirmed by opening. */
export async function findRows(
  database: Asked,
  table: ResolvedTable,
  indexes: RowIndexes,
  where: Row,
): Promise<readonly Row[]> {
  const { column } = indexes.over(table, Object.keys(where));
  const sql = `select * from ${quoted(table.name)} where ${quoted(column)} = any($1::text[])`;
  return indexes.confirm(table, where, await database.query(sql, [indexes.lookUp(table, where)]));
}

/**
 * Refuses a row whose unique values another row has, whichever version of the index that one was written under. Until
 * the transaction ends nobody else claims the same values: a lock for each version's value, always in one order.
 */
export async function claimUnique(tx: Asked, table: ResolvedTable, indexes: RowIndexes, row: Row): Promise<void> {
  if (typeof (tx as { transaction?: unknown }).transaction === 'function') {
    // Outside of one the lock is gone before the row is written.
    throw new SafekeepError('ERR_OPTION_INVALID', {
      of: nameOf('claimUnique'),
      option: nameOf('tx'),
      expected: say`the connection of a transaction`,
    });
  }
  const key = rowKeyOf(table, row);
  for (const index of table.indexes) {
    if (!index.unique || index.of.some((name) => row[name] === null || row[name] === undefined)) continue;
    const values = indexes.lookUp(table, Object.fromEntries(index.of.map((name) => [name, row[name]])));
    const locks = values
      .map((value) => Buffer.from(value, 'base64url').readBigInt64BE(0))
      .sort((a, b) => (a < b ? -1 : 1));
    for (const lock of locks) await tx.query('select pg_advisory_xact_lock($1::bigint)', [lock]);
    const names = [...table.rowKey, index.column].map(quoted).join(', ');
    // After the locks: at READ COMMITTED this statement sees what the transaction before us has written.
    const found = await tx.query<Row & { isolation: string }>(
      `select ${names}, current_setting('transaction_isolation') as isolation from (select 1) one
         left join ${quoted(table.name)} on ${quoted(index.column)} = any($1::text[])`,
      [values],
    );
    if (found[0]?.isolation === 'repeatable read') {
      throw new SafekeepError('ERR_OPTION_INVALID', {
        of: nameOf('claimUnique'),
        option: nameOf('tx'),
        expected: say`a transaction that is read committed or serializable`,
      });
    }
    const others = found.filter((other) => other[index.column] !== null && !sameKey(table, key, other));
    if (others.length > 0) {
      const facts = { table: nameOf(table.name), constraint: nameOf(index.column) };
      throw new SafekeepError('ERR_DATABASE_UNIQUE', facts);
    }
  }
}

function sameKey(table: ResolvedTable, key: readonly unknown[], other: Row): boolean {
  const theirs = rowKeyOf(table, other);
  return key.every((part, at) => part === theirs[at] || String(part) === String(theirs[at]));
}
