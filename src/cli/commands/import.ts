import { Command, Option } from 'commander';
import {
  confirmImport,
  type ImportOptions,
  importFields,
  importResidue,
  importStatus,
  revertImport,
  verifyImport,
} from '../../fields/index.js';
import { loadReaders } from '../load-policy.js';
import { startLongWork } from '../long-work.js';
import { type Outcome, type Printer, print } from '../output.js';
import * as outcomes from './import-outcomes.js';
import { type FieldsChoice, wholeNumber, withFields, withFieldsOptions } from './rotate.js';

interface ImportChoice extends FieldsChoice {
  readonly table?: readonly string[];
  readonly readers?: string;
  readonly rowsPerSecond?: number;
  readonly batchRows?: number;
}
interface ConfirmChoice extends ImportChoice {
  readonly erase: 'null' | 'drop';
}
interface ResidueChoice extends ImportChoice {
  readonly clean: 'none' | 'vacuum' | 'full';
  readonly backupHorizonDays: number;
  readonly all: boolean;
}

/** An outcome, and whether the step came to its end: else the status is 3. */
interface Ended {
  readonly outcome: Outcome;
  readonly isDone: boolean;
}

/**
 * `safekeep import`: seals what stands in the clear; `status`, `verify`, `revert`, `confirm` and `residue` are the steps
 * around it. Status 3: the work went well and something is left, or it was stopped.
 */
export function importCommand(printer: Printer): Command {
  return new Command('import')
    .description('seal plaintext columns, or those of another library, while the application goes on')
    .addCommand(run(printer), { isDefault: true })
    .addCommand(status(printer))
    .addCommand(verify(printer))
    .addCommand(revert(printer))
    .addCommand(confirm(printer))
    .addCommand(residue(printer));
}

function run(printer: Printer): Command {
  return withImportOptions(new Command('run'))
    .description('the default: seal; it may be stopped at any time and run again; status 3 while plaintext waits')
    .action((choice: ImportChoice) =>
      walk('import', choice, printer, async (options) => {
        const report = await importFields(options);
        return { outcome: outcomes.imported(report), isDone: report.complete && report.left === 0 };
      }),
    );
}

function status(printer: Printer): Command {
  return withImportOptions(new Command('status'))
    .description('count plaintexts and sealed values per column, opening none; status 3 while plaintext waits')
    .action((choice: ImportChoice) =>
      walk('import:status', choice, printer, async (options) => {
        const counted = await importStatus(options);
        return { outcome: outcomes.counted(counted), isDone: counted.pending === 0 };
      }),
    );
}

function verify(printer: Printer): Command {
  return withImportOptions(new Command('verify'))
    .description('open every sealed value and compare it with its plaintext; status 3 when anything differs')
    .action((choice: ImportChoice) =>
      walk('import:verify', choice, printer, async (options) => {
        const report = await verifyImport(options);
        return { outcome: outcomes.verified(report), isDone: report.verified };
      }),
    );
}

function revert(printer: Printer): Command {
  return withImportOptions(new Command('revert'))
    .description('write the plaintext back and take the sealed values away, until the import is confirmed')
    .action((choice: ImportChoice) =>
      walk('import:revert', choice, printer, async (options) => {
        const report = await revertImport(options);
        return { outcome: outcomes.reverted(report), isDone: report.complete && report.left === 0 };
      }),
    );
}

function confirm(printer: Printer): Command {
  return withImportOptions(new Command('confirm'))
    .description('take the plaintext away, for good; refused until verify has found no difference')
    .addOption(
      new Option('--erase <how>', 'empty the plaintext columns and keep them empty, or drop them')
        .choices(['null', 'drop'])
        .makeOptionMandatory(),
    )
    .action((choice: ConfirmChoice) =>
      walk('import:confirm', choice, printer, async (options) => {
        const report = await confirmImport({ ...options, erase: choice.erase });
        return { outcome: outcomes.confirmed(report), isDone: report.confirmed };
      }),
    );
}

function residue(printer: Printer): Command {
  return withImportOptions(new Command('residue'))
    .description('after confirm: list what still holds plaintext; status 3 while something is known to')
    .addOption(
      new Option('--clean <how>', 'first vacuum, or write the tables anew, which locks them meanwhile')
        .choices(['none', 'vacuum', 'full'])
        .default('none'),
    )
    .option('--backup-horizon-days <days>', 'how long backups and archived logs are kept', wholeNumber, 30)
    .option('--all', 'list what is clean too', false)
    .action((choice: ResidueChoice) =>
      walk('import:residue', choice, printer, async (options) => {
        const { clean, backupHorizonDays, all } = choice;
        const report = await importResidue({ ...options, clean, backupHorizonDays, all });
        return { outcome: outcomes.leftBehind(report), isDone: report.left === 0 };
      }),
    );
}

function withImportOptions(command: Command): Command {
  return withFieldsOptions(command)
    .option('--table <name...>', 'these tables only')
    .option('--readers <file>', 'a JavaScript module that exports `readers`, by table.column, for another library')
    .option('--rows-per-second <count>', 'read no faster than this', wholeNumber)
    .option('--batch-rows <count>', 'rows a statement, 1 to 10000 (default: 1000)', wholeNumber);
}

async function walk(
  of: string,
  choice: ImportChoice,
  printer: Printer,
  work: (options: ImportOptions) => Promise<Ended>,
): Promise<void> {
  const { bar, signal, end } = startLongWork(choice.json);
  try {
    const readers = choice.readers === undefined ? undefined : await loadReaders(of, choice.readers);
    const { outcome, isDone } = await withFields(of, choice, printer, ({ database, fields }) =>
      work({
        database,
        fields,
        readers,
        tables: choice.table,
        batchRows: choice.batchRows,
        signal,
        throttle: choice.rowsPerSecond === undefined ? undefined : { rowsPerSecond: choice.rowsPerSecond },
        onProgress: ({ table, work: what, pass, seen, rows }) =>
          bar.update({ name: `${what} ${table}${pass === 1 ? '' : `, pass ${pass}`}`, done: seen, of: rows }),
      }),
    );
    bar.end();
    print(outcome, choice.json, printer);
    if (!isDone) printer.end(somethingLeft);
  } finally {
    end();
  }
}

const somethingLeft = 3;
