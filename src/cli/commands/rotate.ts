import { Command, InvalidArgumentError } from 'commander';
import { systemClock } from '../../base/clock.js';
import type { Database } from '../../database/index.js';
import {
  createFields,
  type RotatableFields,
  type RotationReport,
  type RotationStatus,
  rotateFields,
  rotationStatus,
} from '../../fields/index.js';
import { fileRootKey, type KeyInfo, openKeyRing } from '../../keys/index.js';
import { loadPolicy } from '../load-policy.js';
import { type DatabaseChoice, openDatabase, withDatabaseOptions } from '../open-database.js';
import { keyHex, type Outcome, type Printer, print } from '../output.js';
import { createProgressBar, grouped } from '../progress-bar.js';

export interface FieldsChoice extends DatabaseChoice {
  readonly policy: string;
  readonly root: string;
  readonly ring: string;
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
    .addCommand(status(printer));
}

function run(printer: Printer): Command {
  return withFieldsOptions(new Command('run'))
    .description('the default: rotate; it may be stopped at any time and run again; status 3 when values are left')
    .option('--table <name...>', 'these tables only')
    .option('--rows-per-second <count>', 'read no faster than this', wholeNumber)
    .option('--batch-rows <count>', 'rows a statement, 1 to 10000 (default: 1000)', wholeNumber)
    .action(async (choice: RotateChoice) => {
      const bar = createProgressBar(
        {
          isTerminal: process.stderr.isTTY === true && !choice.json,
          columns: process.stderr.columns,
          write: (text) => process.stderr.write(text),
        },
        systemClock,
      );
      const control = new AbortController();
      const stop = (): void => control.abort();
      // Between two batches; a second signal ends the process at once, which loses nothing either.
      process.once('SIGINT', stop).once('SIGTERM', stop);
      try {
        const report = await withFields('rotate', choice, printer, ({ database, fields }) =>
          rotateFields({
            database,
            fields,
            tables: choice.table,
            batchRows: choice.batchRows,
            signal: control.signal,
            throttle: choice.rowsPerSecond === undefined ? undefined : { rowsPerSecond: choice.rowsPerSecond },
            onProgress: ({ table, pass, seen, rows }) =>
              bar.update({ name: pass === 1 ? table : `${table}, pass ${pass}`, done: seen, of: rows }),
          }),
        );
        bar.end();
        print(rotated(report), choice.json, printer);
        if (!report.complete || report.left > 0 || report.failures.length > 0) printer.end(somethingLeft);
      } finally {
        bar.end();
        process.off('SIGINT', stop).off('SIGTERM', stop);
      }
    });
}

function status(printer: Printer): Command {
  return withFieldsOptions(new Command('status'))
    .description('count stored values per key and column, opening none; status 3 while values are left to rotate')
    .action(async (choice: FieldsChoice) => {
      const [counted, keys] = await withFields('rotate:status', choice, printer, async ({ database, fields, list }) => [
        await rotationStatus({ database, fields }),
        list,
      ]);
      print(statusOf(counted, keys), choice.json, printer);
      if (counted.left > 0) printer.end(somethingLeft);
    });
}

/** Policy, key ring and database: what it takes to open stored values. */
export function withFieldsOptions(command: Command): Command {
  return withDatabaseOptions(command)
    .requiredOption('--policy <file>', 'the JavaScript module that exports the policy')
    .requiredOption('--root <file>', 'the root key')
    .requiredOption('--ring <file>', 'the key ring')
    .option('--json', 'answer as JSON', false);
}

export async function withFields<T>(
  of: string,
  choice: FieldsChoice,
  printer: Printer,
  work: (opened: { database: Database; fields: RotatableFields; list: readonly KeyInfo[] }) => Promise<T>,
): Promise<T> {
  const policy = await loadPolicy(of, choice.policy);
  const keys = await openKeyRing({ root: fileRootKey(choice.root), path: choice.ring });
  try {
    const database = await openDatabase(of, choice, printer);
    try {
      const fields = createFields({ application: policy.application, keys, policy });
      return await work({ database, fields, list: keys.list() });
    } finally {
      await database.close();
    }
  } finally {
    keys.close();
  }
}

function rotated(report: RotationReport): Outcome {
  const lines = report.tables.map(
    ({ table, seen, changed, left }) =>
      `  ${table}: ${grouped(changed)} of ${grouped(seen)} rows written, ${grouped(left)} values left`,
  );
  for (const { table, column, code, rows } of report.failures) {
    lines.push(`  ${table}.${column}: ${grouped(rows)} values do not open (${code}) and stay as they are`);
  }
  const first = !report.complete
    ? 'Stopped; the same command goes on from here.'
    : report.left === 0
      ? `Everything is under the key ${keyHex(report.activeKeyId)}.`
      : `${grouped(report.left)} values are not under the key ${keyHex(report.activeKeyId)}.`;
  return { json: { ...report, activeKeyId: keyHex(report.activeKeyId) }, lines: [first, ...lines] };
}

function statusOf({ activeKeyId, columns, left }: RotationStatus, keys: readonly KeyInfo[]): Outcome {
  const stateOf = (id: number): string => keys.find((key) => key.id === id)?.state ?? 'not in the ring';
  const shown = columns.map(({ table, column, keys: counts, unsealed, nulls }) => ({
    table,
    column,
    keys: counts.map(({ keyId, suite, rows }) => ({ key: keyHex(keyId), state: stateOf(keyId), suite, rows })),
    unsealed,
    nulls,
  }));
  const lines = shown.flatMap(({ table, column, keys: counts, unsealed }) => [
    `${table}.${column}`,
    ...counts.map(({ key, state, rows }) => `  ${key}  ${state.padEnd(15)}  ${grouped(rows).padStart(12)}`),
    ...(unsealed > 0 ? [`  not sealed                 ${grouped(unsealed).padStart(12)}`] : []),
  ]);
  lines.push(left === 0 ? 'Nothing is left to rotate.' : `${grouped(left)} values are left to rotate.`);
  return { json: { activeKeyId: keyHex(activeKeyId), left, columns: shown }, lines };
}

export function wholeNumber(text: string): number {
  if (/^[1-9][0-9]{0,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is no whole number above zero.');
}
