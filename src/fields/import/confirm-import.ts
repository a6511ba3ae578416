import { createHash } from 'node:crypto';
import { isSafekeepError } from '../../base/errors.js';
import { oneOfRule, type Rule, readOptions, required } from '../../base/options.js';
import type { Database } from '../../base/ports/database.js';
import { quoted } from '../../database/catalogue.js';
import type { WalkedChange } from '../../database/index.js';
import { withoutTimeout } from '../rotation/whole-table.js';
import { compareRow } from './compare-row.js';
import { countImport } from './count-import.js';
import { endGuard, eraser } from './import-guard.js';
import { importRowsOf } from './import-row.js';
import { assertState, setState } from './import-state.js';
import type { ImportTable } from './import-tables.js';
import {
  type ImportContext,
  type ImportFailure,
  type ImportOptions,
  type ImportShape,
  importShape,
  mostPasses,
  openImport,
  walkImport,
} from './import-walk.js';

export interface ConfirmOptions extends ImportOptions {
  /**
   * What becomes of plaintext columns beside the sealed ones: set to null in every row and kept empty by a constraint,
   * or emptied and then dropped. A column in place stays, and a constraint takes nothing but sealed values from then on.
   */
  readonly erase: 'null' | 'drop';
}

export interface ConfirmReport {
  readonly tables: readonly {
    readonly table: string;
    /** Rows whose plaintext was taken away. */
    readonly erased: number;
    /** Plaintexts that stand: nothing sealed, something else sealed, or it does not open. */
    readonly left: number;
    readonly confirmed: boolean;
  }[];
  readonly left: number;
  readonly failures: readonly ImportFailure[];
  /** Every table: no plaintext is in it, and a constraint keeps it out. `importResidue` says what is left elsewhere. */
  readonly confirmed: boolean;
  readonly complete: boolean;
}

const shape: ImportShape & { readonly erase: Rule<'null' | 'drop'> } = {
  ...importShape,
  erase: required(oneOfRule('null', 'drop')),
};

/**
 * Takes the plaintext away, for good. Refuses before `verifyImport` has found no difference, and even then takes no
 * plaintext whose sealed value it has not opened and compared itself in the same breath: a row that an old version wrote
 * since is left, and the import is not confirmed. Then a constraint keeps plaintext out, so that an old version that is
 * still running fails instead of writing it. It may be stopped and called again.
 *
 * It does NOT reach copies: dead rows, statistics, the write-ahead log, replicas, backups. `importResidue` lists them.
 * NOT NULL and the default of a plaintext column go with it, and do not come back by `revertImport`.
 * @throws SafekeepError ERR_IMPORT_STATE unless verified; ERR_DATABASE with sqlState 2BP01 when a view needs a column
 * that is to be dropped, 55P03 when a table stayed locked; and as `importFields`. ASVS 5.0 V14.2.4.
 * @example
 * await confirmImport({ database, fields, erase: 'drop' });
 */
export async function confirmImport(options: ConfirmOptions): Promise<ConfirmReport> {
  const { erase, ...read } = readOptions('confirmImport', shape, options);
  const context = await openImport('confirmImport', read);
  for (const table of context.tables) await assertState(context.database, table, ['verified', 'confirming']);
  const tables: ConfirmReport['tables'][number][] = [];
  const failures: ImportFailure[] = [];
  let complete = true;
  for (const table of context.tables) {
    const done = await confirmTable(context, table, erase);
    tables.push(Object.freeze(done.table));
    failures.push(...done.failures);
    complete &&= done.complete;
  }
  return Object.freeze({
    tables,
    left: tables.reduce((sum, { left }) => sum + left, 0),
    failures,
    confirmed: tables.every(({ confirmed }) => confirmed),
    complete,
  });
}

async function confirmTable(context: ImportContext, table: ImportTable, erase: 'null' | 'drop') {
  const { database } = context;
  await setState(database, table, ['verified'], 'confirming');
  await admitNulls(database, table);
  const rows = importRowsOf(context.known);
  let [erased, passes] = [0, 0];
  for (;;) {
    passes += 1;
    const walked = await walkImport(context, table, {
      work: 'erase',
      database: eraser(database),
      change: async (row, fail) => erasedSources(table, await compareRow(rows, table, row, fail)),
    });
    erased += walked.changed;
    const left = (await countImport(database, table)).reduce((sum, { plaintext }) => sum + plaintext, 0);
    const { failures, complete } = walked;
    const report = { table: table.name, erased, left };
    if (left > 0 || failures.length > 0 || !complete)
      return { table: { ...report, confirmed: false }, failures, complete };
    if (await keepPlaintextOut(database, table)) {
      await finish(database, table, erase);
      return { table: { ...report, confirmed: true }, failures, complete };
    }
    // A plaintext came between the count and the constraint.
    if (passes >= mostPasses) return { table: { ...report, left: 1, confirmed: false }, failures, complete };
  }
}

/** The plaintexts of a row that may go: each is equal to what is sealed. Of a sealed row all go, or none. */
function erasedSources(
  { columns, sealedRow }: ImportTable,
  { standings }: Awaited<ReturnType<typeof compareRow>>,
): WalkedChange | undefined {
  const beside = columns.filter(({ inPlace }) => !inPlace);
  const isIn = (name: string, ...of: readonly string[]): boolean => of.includes(standings.get(name) ?? '');
  if (sealedRow !== undefined && !beside.every(({ name }) => isIn(name, 'equal', 'alone', 'none'))) return undefined;
  const going = beside.filter(({ name }) => isIn(name, 'equal'));
  return going.length === 0 ? undefined : Object.fromEntries(going.map(({ source }) => [source, null]));
}

/** A column that takes no null, or puts in a default of its own, could never be empty. */
async function admitNulls(database: Database, table: ImportTable): Promise<void> {
  const beside = table.columns.filter(({ inPlace }) => !inPlace);
  if (beside.length === 0) return;
  const changes = beside.flatMap(({ source }) => [
    `alter column ${quoted(source)} drop not null`,
    `alter column ${quoted(source)} drop default`,
  ]);
  await alter(database, table, changes);
}

/**
 * From here on the table takes no plaintext. The constraint is added without a look at the rows and then held against
 * them, so that no request waits for the whole of it. @returns false when a row holds plaintext after all
 */
async function keepPlaintextOut(database: Database, table: ImportTable): Promise<boolean> {
  const constraints = table.columns.map(({ name, source, inPlace }) => ({
    name: constraintName(name),
    check: inPlace ? `${quoted(name)} is null or starts_with(${quoted(name)}, 'sf1.w')` : `${quoted(source)} is null`,
  }));
  const dropped = constraints.map(({ name }) => `drop constraint if exists "${name}"`);
  await alter(database, table, [
    ...dropped,
    ...constraints.map(({ name, check }) => `add constraint "${name}" check (${check}) not valid`),
  ]);
  try {
    for (const { name } of constraints)
      await withoutTimeout(database, (tx) =>
        tx.query(`alter table ${quoted(table.name)} validate constraint "${name}"`),
      );
    return true;
  } catch (error) {
    await alter(database, table, dropped);
    if (isSafekeepError(error, 'ERR_DATABASE') && error.facts['sqlState'] === '23514') return false;
    throw error;
  }
}

/** All of it or nothing: a guard that watches a column which is gone would refuse every update. */
async function finish(database: Database, table: ImportTable, erase: 'null' | 'drop'): Promise<void> {
  const dropped = table.columns.filter(({ inPlace }) => !inPlace).map(({ source }) => `drop column ${quoted(source)}`);
  await database.transaction(async (tx) => {
    await endGuard(tx, table);
    if (erase === 'drop' && dropped.length > 0)
      await tx.query(`alter table ${quoted(table.name)} ${dropped.join(', ')}`);
    await setState(tx, table, ['confirming'], 'confirmed');
    // Bytes of before stay in the table's files until others take their place.
    await tx.query(
      `update safekeep.imports set files = ${filesOf('$1')} where in_table = $2 and in_column = any($3::text[])`,
      [quoted(table.name), table.name, table.columns.map(({ name }) => name)],
    );
  });
}

/** SQL for the names of the files that hold a table and its long values: others once it has been written anew. */
export function filesOf(table: string): string {
  return `(select pg_relation_filenode(c.oid)::text || coalesce(' ' || pg_relation_filenode(nullif(c.reltoastrelid, 0))::text, '')
     from pg_class c where c.oid = ${table}::regclass)`;
}

async function alter(database: Database, { name }: ImportTable, changes: readonly string[]): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.query(`set local lock_timeout = '5s'`);
    await tx.query(`alter table ${quoted(name)} ${changes.join(', ')}`);
  });
}

const longestName = 63;

function constraintName(column: string): string {
  const name = `safekeep_imported_${column}`;
  if (name.length <= longestName) return name;
  return `${name.slice(0, longestName - 9)}_${createHash('sha256').update(column).digest('hex').slice(0, 8)}`;
}
