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
    .action(async (choice: RotateChoice) => {
      const { bar, signal, end } = startLongWork(choice.json);
      try {
        const [report, files] = await withFields('rotate', choice, printer, async ({ database, fields, streams }) => {
          const moved = await rotateFields({
            database,
            fields,
            tables: choice.table,
            batchRows: choice.batchRows,
            signal,
            throttle: choice.rowsPerSecond === undefined ? undefined : { rowsPerSecond: choice.rowsPerSecond },
            onProgress: ({ table, pass, seen, rows }) =>
              bar.update({ name: pass === 1 ? table : `${table}, pass ${pass}`, done: seen, of: rows }),
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
    .action(async (choice: FieldsChoice & { readonly byTenant: boolean; readonly jobs: boolean }) => {
      const [counted, keys, queue] = await withFields('rotate:status', choice, printer, async (opened) => {
        const { database, fields, list } = opened;
        const counts = await rotationStatus({ database, fields, ...(choice.byTenant ? { by: 'tenant' } : {}) });
        return [counts, list, choice.jobs ? await rotationQueue({ database }) : undefined] as const;
      });
      print(statusOf(counted, keys, queue), choice.json, printer);
      if (counted.left > 0) printer.end(somethingLeft);
    });
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
  for (const { table, column, code, rows } of report.failures) {
    lines.push(`  ${table}.${column}: ${grouped(rows)} values do not open (${code}) and stay as they are`);
  }
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

function statusOf(
  { activeKeyId, columns, left }: RotationStatus,
  keys: readonly KeyInfo[],
  queue: RotationQueue | undefined,
): Outcome {
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
  lines.push(left === 0 ? 'Nothing is left to rotate.' : `${grouped(left)} values are left to rotate.`);
  if (queue !== undefined) lines.push(`Jobs: ${queue.waiting} wait, ${queue.running} run, ${queue.failed} failed.`);
  const jobs = queue === undefined ? {} : { jobs: queue };
  return { json: { activeKeyId: keyHex(activeKeyId), left, columns: shown, ...jobs }, lines };
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
