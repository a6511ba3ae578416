import { Command, InvalidArgumentError } from 'commander';
import type { Database } from '../../database/index.js';
import {
  createFields,
  queueRotation,
  type RotatableFields,
  type RotationQueue,
  type RotationReport,
  type RotationStatus,
  rotateFields,
  rotateStreams,
  rotationQueue,
  rotationStatus,
  type StreamFiles,
  type StreamReport,
} from '../../fields/index.js';
import type { KeyInfo } from '../../keys/index.js';
import { startLongWork } from '../long-work.js';
import { keyHex, type Outcome, type Printer, print } from '../output.js';
import { grouped } from '../progress-bar.js';
import { type RingChoice, withRequiredRing, withSetup } from '../setup.js';

export interface FieldsChoice extends RingChoice {
  readonly json: boolean;
}
interface RotateChoice extends FieldsChoice {
  readonly table?: readonly string[];
  readonly rowsPerSecond?: number;
  readonly batchRows?: number;
  readonly indexes?: boolean;
}

/** Status when values are left under another key: the work went well and is not done. */
const somethingLeft = 3;

/** `safekeep rotate`: moves stored values under the active key; `safekeep rotate status` counts. */
export function rotate(printer: Printer): Command {
  return new Command('rotate')
    .description('move stored values under the active key, while the application goes on')
    .addCommand(run(printer), { isDefault: true })
    .addCommand(status(printer))
    .addCommand(queue(printer));
}

function run(printer: Printer): Command {
  return withFieldsOptions(new Command('run'))
    .description('the default: rotate; it may be stopped at any time and run again; status 3 when values are left')
    .option('--table <name...>', 'these tables only')
    .option('--rows-per-second <count>', 'read no faster than this', wholeNumber)
    .option('--batch-rows <count>', 'rows a statement, 1 to 10000 (default: 1000)', wholeNumber)
    .option('--indexes', 'blind indexes in any case (default: where an older index key or version is still in use)')
    .option('--no-indexes', 'leave blind indexes as they are')
    .action(async (choice: RotateChoice) => {
      const { bar, signal, end } = startLongWork(choice.json);
      try {
        const [report, files] = await withFields('rotate', choice, printer, async ({ database, fields, streams }) => {
          const moved = await rotateFields({
            database,
            fields,
            tables: choice.table,
            batchRows: choice.batchRows,
            indexes: choice.indexes,
            signal,
            throttle: choice.rowsPerSecond === undefined ? undefined : { rowsPerSecond: choice.rowsPerSecond },
            onProgress: ({ table, work, pass, seen, rows }) => {
              const name = work === 'indexes' ? `${table}, indexes` : table;
              bar.update({ name: pass === 1 ? name : `${name}, pass ${pass}`, done: seen, of: rows });
            },
          });
          // Files are the last of it, and only where the module says how to reach them.
          if (choice.table !== undefined || !moved.complete) return [moved, undefined] as const;
          return [moved, await filesOf(database, fields, streams, signal)] as const;
        });
        bar.end();
        print(rotated(report, files), choice.json, printer);
        const left = report.left + (files?.left ?? 0);
        const failed = report.failures.length + (files?.failures.length ?? 0);
        if (!report.complete || files?.complete === false || left > 0 || failed > 0) printer.end(somethingLeft);
      } finally {
        end();
      }
    });
}

function status(printer: Printer): Command {
  return withFieldsOptions(new Command('status'))
    .description('count stored values per key and column, opening none; status 3 while values are left to rotate')
    .option('--by-tenant', 'each column of a table with tenants once for each of them', false)
    .option('--jobs', 'how far the jobs of `rotate queue` are, too', false)
    .option('--indexes', 'blind indexes too: they name no key, so every row that has one is opened', false)
    .action(async (choice: StatusChoice) => {
      const [counted, keys, queue] = await withFields('rotate:status', choice, printer, async (opened) => {
        const { database, fields, list } = opened;
        const by = choice.byTenant ? 'tenant' : undefined;
        const counts = await rotationStatus({ database, fields, by, indexes: choice.indexes });
        return [counts, list, choice.jobs ? await rotationQueue({ database }) : undefined] as const;
      });
      print(statusOf(counted, keys, queue), choice.json, printer);
      if (counted.left + staleOf(counted) > 0) printer.end(somethingLeft);
    });
}

interface StatusChoice extends FieldsChoice {
  readonly byTenant: boolean;
  readonly jobs: boolean;
  readonly indexes: boolean;
}

function staleOf({ indexes = [] }: RotationStatus): number {
  return indexes.reduce((sum, { stale }) => sum + stale, 0);
}

/** Policy, key ring and database: what it takes to open stored values. */
export function withFieldsOptions(command: Command): Command {
  return withRequiredRing(command, 'policy')
    .option('--policy <file>', 'the JavaScript module that exports the policy')
    .option('--json', 'answer as JSON', false);
}

export async function withFields<T>(
  of: string,
  choice: FieldsChoice,
  printer: Printer,
  work: (opened: Opened) => Promise<T>,
): Promise<T> {
  return await withSetup(of, choice, printer, async (setup) => {
    const policy = await setup.policy();
    const keys = await setup.ring();
    const database = await setup.database();
    const fields = createFields({ application: policy.application, keys, policy });
    return await work({ database, fields, list: keys.list(), streams: await setup.streams() });
  });
}

interface Opened {
  readonly database: Database;
  readonly fields: RotatableFields;
  readonly list: readonly KeyInfo[];
  readonly streams: StreamFiles | undefined;
}

interface FilesReport {
  readonly left: number;
  readonly changed: number;
  readonly failures: StreamReport['failures'];
  readonly complete: boolean;
}

/** undefined where no file is registered under another key. */
async function filesOf(
  database: Database,
  fields: RotatableFields,
  streams: StreamFiles | undefined,
  signal: AbortSignal,
): Promise<FilesReport | undefined> {
  if (streams !== undefined) return await rotateStreams({ database, fields, files: streams, signal });
  const { columns, activeKeyId } = await rotationStatus({ database, fields, tables: [] });
  const left = columns
    .flatMap(({ keys }) => keys)
    .reduce((sum, { keyId, rows }) => sum + (keyId === activeKeyId ? 0 : rows), 0);
  return left === 0 ? undefined : { left, changed: 0, failures: [], complete: true };
}

function rotated(report: RotationReport, files: FilesReport | undefined): Outcome {
  const lines = report.tables.map(
    ({ table, seen, changed, left }) =>
      `  ${table}: ${grouped(changed)} of ${grouped(seen)} rows written, ${grouped(left)} values left`,
  );
  for (const { table, indexes } of report.tables) {
    if (indexes === undefined) continue;
    lines.push(`  ${table}, indexes: ${grouped(indexes.changed)} of ${grouped(indexes.seen)} rows written`);
  }
  for (const { table, column, code, rows } of report.failures) {
    const why = code === 'ERR_DATABASE_UNIQUE' ? 'rows have a value that another row has' : 'values do not open';
    lines.push(`  ${table}.${column}: ${grouped(rows)} ${why} (${code}) and stay as they are`);
  }
  for (const { index, row, other } of report.duplicates)
    lines.push(`    ${index}: ${row.join(', ')} and ${other?.join(', ') ?? 'another row'}`);
  if (files !== undefined)
    lines.push(`  stream files: ${grouped(files.changed)} written, ${grouped(files.left)} entries left`);
  for (const { code, files: count } of files?.failures ?? [])
    lines.push(`  stream files: ${grouped(count)} do not open (${code}) and stay as they are`);
  const left = report.left + (files?.left ?? 0);
  const first =
    !report.complete || files?.complete === false
      ? 'Stopped; the same command goes on from here.'
      : left === 0
        ? `Everything is under the key ${keyHex(report.activeKeyId)}.`
        : `${grouped(left)} values are not under the key ${keyHex(report.activeKeyId)}.`;
  const told = files === undefined ? {} : { files };
  return { json: { ...report, activeKeyId: keyHex(report.activeKeyId), ...told }, lines: [first, ...lines] };
}

function statusOf(status: RotationStatus, keys: readonly KeyInfo[], queue: RotationQueue | undefined): Outcome {
  const { activeKeyId, columns, left, indexes } = status;
  const stateOf = (id: number): string => keys.find((key) => key.id === id)?.state ?? 'not in the ring';
  const shown = columns.map(({ table, column, tenant, keys: counts, unsealed, nulls }) => ({
    table,
    column,
    ...(tenant === undefined ? {} : { tenant }),
    keys: counts.map(({ keyId, suite, rows }) => ({ key: keyHex(keyId), state: stateOf(keyId), suite, rows })),
    unsealed,
    nulls,
  }));
  const lines = shown.flatMap(({ table, column, tenant, keys: counts, unsealed }) => [
    `${table}.${column}${tenant === undefined ? '' : `  of ${tenant ?? 'nobody'}`}`,
    ...counts.map(({ key, state, rows }) => `  ${key}  ${state.padEnd(15)}  ${grouped(rows).padStart(12)}`),
    ...(unsealed > 0 ? [`  not sealed                 ${grouped(unsealed).padStart(12)}`] : []),
  ]);
  const shownIndexes = indexes?.map(({ keys: counts, ...rest }) => ({
    ...rest,
    keys: counts.map(({ keyId, rows }) => ({ key: keyHex(keyId), state: stateOf(keyId), rows })),
  }));
  for (const { table, column, keys: counts, unknown, unopened } of shownIndexes ?? []) {
    lines.push(`${table}.${column}`);
    for (const { key, state, rows } of counts)
      lines.push(`  ${key}  ${state.padEnd(15)}  ${grouped(rows).padStart(12)}`);
    if (unknown > 0) lines.push(`  of no key of the ring       ${grouped(unknown).padStart(12)}`);
    if (unopened > 0) lines.push(`  value does not open         ${grouped(unopened).padStart(12)}`);
  }
  lines.push(left === 0 ? 'Nothing is left to rotate.' : `${grouped(left)} values are left to rotate.`);
  if (indexes !== undefined) lines.push(`${grouped(staleOf(status))} indexes are left to rotate.`);
  else if (keys.some(({ purpose, state }) => purpose === 'index' && state === 'decrypt-only'))
    lines.push('An older index key is still in use: --indexes opens the rows and counts what it made.');
  if (queue !== undefined) lines.push(`Jobs: ${queue.waiting} wait, ${queue.running} run, ${queue.failed} failed.`);
  const jobs = queue === undefined ? {} : { jobs: queue };
  const counted = shownIndexes === undefined ? {} : { indexes: shownIndexes };
  return { json: { activeKeyId: keyHex(activeKeyId), left, columns: shown, ...counted, ...jobs }, lines };
}

function queue(printer: Printer): Command {
  return withFieldsOptions(new Command('queue'))
    .description('hand the work out as jobs of graphile-worker, for workers that run `rotationTasks`')
    .option('--table <name...>', 'these tables only')
    .option('--range-rows <count>', 'rows a job, 10 to 10000000 (default: 20000)', wholeNumber)
    .action(async (choice: FieldsChoice & { readonly table?: readonly string[]; readonly rangeRows?: number }) => {
      const { table: tables, rangeRows } = choice;
      const queued = await withFields('rotate:queue', choice, printer, ({ database, fields }) =>
        queueRotation({ database, fields, tables, rangeRows }),
      );
      const lines = [
        `${grouped(queued.ranges)} jobs wait for workers, for the key ${keyHex(queued.activeKeyId)}.`,
        ...queued.tables.map(
          ({ table, left, ranges }) => `  ${table}: ${grouped(left)} values, ${grouped(ranges)} jobs`,
        ),
      ];
      print({ json: { ...queued, activeKeyId: keyHex(queued.activeKeyId) }, lines }, choice.json, printer);
    });
}

export function wholeNumber(text: string): number {
  if (/^[1-9][0-9]{0,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is no whole number above zero.');
}
