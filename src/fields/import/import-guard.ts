import { createHash } from 'node:crypto';
import type { Database, Queryable } from '../../base/ports/database.js';
import { quoted } from '../../database/catalogue.js';
import type { ImportColumn, ImportTable } from './import-tables.js';

/** Triggers fire in the order of their names: after the application's own, which may still change the plaintext. */
const triggerName = 'zz_safekeep_import';
const longestName = 63;
/** Set, for its transaction, by whoever takes away plaintext that was compared with what is sealed. */
const erasing = `current_setting('safekeep.import', true) is not distinct from 'erase'`;

/**
 * From here on no sealed value goes stale. A version of the application that knows nothing of sealed columns writes the
 * plaintext alone; the sealed value and its indexes then go away in the same statement, and the import makes them anew.
 * So a sealed value that is there is never older than the plaintext beside it.
 * @throws SafekeepError ERR_DATABASE with sqlState 42501 for a role that does not own the table, 55P03 when the table
 * stayed locked for five seconds
 */
export async function guardImport(database: Database, table: ImportTable): Promise<void> {
  const name = functionName(table.name);
  const rules = table.sealedRow === undefined ? columnRules(table) : [rowRule(table, table.sealedRow)];
  await database.transaction(async (tx) => {
    await tx.query(`set local lock_timeout = '5s'`);
    await tx.query(
      `create or replace function ${name}() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $guard$
begin
  if ${erasing} then return new; end if;
${rules.join('\n')}
  return new;
end $guard$`,
    );
    // Replaced, not dropped and made: that would wait for every reader of the table too.
    await tx.query(
      `create or replace trigger ${triggerName} before update on ${quoted(table.name)} for each row execute function ${name}()`,
    );
  });
}

/** Ends it, in a transaction of the caller's. */
export async function endGuard(tx: Queryable, table: ImportTable): Promise<void> {
  await tx.query(`set local lock_timeout = '5s'`);
  await tx.query(`drop trigger if exists ${triggerName} on ${quoted(table.name)}`);
  await tx.query(`drop function if exists ${functionName(table.name)}()`);
}

/** The database for statements that take plaintext away and leave the sealed value as it is: the guard lets them. */
export function eraser(database: Database): Database {
  return {
    ...database,
    query: (sql, values) => {
      if (!/^\s*update\b/.test(sql)) return database.query(sql, values);
      return database.transaction(async (tx) => {
        await tx.query(`select set_config('safekeep.import', 'erase', true)`);
        return await tx.query(sql, values);
      });
    },
  };
}

function columnRules(table: ImportTable): readonly string[] {
  return table.columns.map((column) => {
    const indexes = table.indexes.filter(({ of }) => of.includes(column.name)).map((index) => index.column);
    if (column.inPlace) return indexes.length === 0 ? '' : inPlaceRule(column, indexes);
    return `  if ${changed(column.source)} and ${unchanged(column.name)} then
    ${nulled([column.name, ...indexes])}
  end if;`;
  });
}

/** A new key seals the same value again and leaves its index: only what is not sealed makes an index stale. */
function inPlaceRule({ name }: ImportColumn, indexes: readonly string[]): string {
  return `  if ${changed(name)} and (new.${quoted(name)} is null or not starts_with(new.${quoted(name)}, 'sf1.w'))
     and ${indexes.map(unchanged).join(' and ')} then
    ${nulled(indexes)}
  end if;`;
}

/**
 * A row that the new version has written holds no plaintext any more, and its sealed row may hold what was never in the
 * clear: taking that away for one new plaintext would lose the rest. An old version's write is refused there.
 */
function rowRule(table: ImportTable, sealedRow: string): string {
  const sources = table.columns.map(({ source }) => source);
  return `  if (${sources.map(changed).join(' or ')}) and ${unchanged(sealedRow)} and old.${quoted(sealedRow)} is not null then
    if ${sources.map((source) => `old.${quoted(source)} is null`).join(' and ')} then
      raise exception using errcode = 'SK001', message = 'safekeep: this row is kept sealed; write it through the fields';
    end if;
    ${nulled([sealedRow, ...table.indexes.map(({ column }) => column)])}
  end if;`;
}

function changed(column: string): string {
  return `new.${quoted(column)}::text is distinct from old.${quoted(column)}::text`;
}
function unchanged(column: string): string {
  return `new.${quoted(column)} is not distinct from old.${quoted(column)}`;
}
function nulled(columns: readonly string[]): string {
  return [...new Set(columns)].map((column) => `new.${quoted(column)} := null;`).join(' ');
}

/** Two tables whose names PostgreSQL would cut to one stay apart by a hash. */
function functionName(table: string): string {
  const name = `import_${table.replace('.', '__')}`;
  const hash = createHash('sha256').update(table).digest('hex').slice(0, 8);
  return `safekeep."${name.length + 9 > longestName ? name.slice(0, longestName - 9) : name}_${hash}"`;
}
