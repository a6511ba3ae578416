import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { SafekeepError } from '../../base/errors.js';
import { nameOf, say } from '../../base/names.js';
import { adviseIndex, type IndexAdvice, type LeakageReport, planIndex } from '../../fields/index.js';
import { type Printer, print } from '../output.js';
import { type ColumnOptions, columnValues } from '../sample/column-values.js';
import { withRingOptions, withSetup } from '../setup.js';

interface Options extends ColumnOptions {
  readonly values?: string;
  readonly auxiliary?: string;
  readonly normaliser: 'exact/1';
  readonly bits: number;
  readonly partitions: number;
  readonly population?: number;
  readonly maxRecovered: number;
  readonly json: boolean;
}

/**
 * `safekeep keys leakage`: what a blind index of a column would give away. Status 1 with ERR_INDEX_LEAKS when frequency
 * matching names more of the rows than `--max-recovered`. Counts and shares are printed, never a value.
 */
export function leakage(printer: Printer): Command {
  return withRingOptions(new Command('leakage'))
    .description('attack the blind index of a column by frequency matching, on a sample, and say how many bits to keep')
    .addOption(
      new Option(
        '--values <file>',
        "the sample: one value for each row on a line; '-' is the standard input; or a live column of a database",
      ).conflicts(['database', 'embedded']),
    )
    .option('--table <name>', 'the table of the column')
    .option('--column <name>', 'the column, in the clear or sealed; one of a row that is sealed whole with --policy')
    .option('--policy <file>', 'for a sealed column: the JavaScript module that exports the policy')
    .option('--application <name>', 'or, for a column that is sealed by itself, the name bound into its values')
    .option('--sample <rows>', 'rows to take at random from the column', whole, 10_000)
    .option(
      '--auxiliary <file>',
      'what the attacker knows: lines of a count, a tab and a value; default: the sample itself',
    )
    .addOption(
      new Option('--normaliser <name>', 'as in the policy')
        .choices(['exact/1', 'email/1', 'phone/1', 'digits/1', 'alnum/1', 'text/1'])
        .default('exact/1'),
    )
    .option('--bits <bits>', 'of the index, as in the policy', whole, 128)
    .option('--partitions <count>', 'of the index, as in the policy', whole, 1)
    .option('--population <rows>', 'rows that the table will have one day, for the planner', whole)
    .option('--max-recovered <share>', 'the share of rows that may be named, 0 to 1', share, 0.05)
    .option('--json', 'answer as JSON', false)
    .action(async (options: Options) => {
      const { normaliser, bits, partitions, maxRecovered, json } = options;
      const values =
        options.values === undefined
          ? await withSetup('keys:leakage', options, printer, (setup) => columnValues(setup, options))
          : linesOf(options.values);
      const auxiliary = options.auxiliary === undefined ? undefined : countsOf(options.auxiliary);
      const advice = adviseIndex({ values, auxiliary, normaliser, bits, partitions, maxRecovered });
      const { measured, advised } = advice;
      const population = options.population === undefined ? measured.rows : options.population;
      const plan = planIndex({ population: Math.max(2, population), distinctValues: distinct(measured, population) });
      const leaks = measured.recovered > maxRecovered;
      print(
        { json: { leaks, maxRecovered, measured, advised, plan }, lines: told(advice, plan.bits, leaks) },
        json,
        printer,
      );
      if (!leaks) return;
      const facts = { recovered: rounded(measured.recovered), maxRecovered, rows: measured.rows };
      throw new SafekeepError('ERR_INDEX_LEAKS', facts);
    });
}

function told({ measured, advised }: IndexAdvice, planned: number, leaks: boolean): readonly string[] {
  const { rows, distinctValues, buckets, recovered, guessed, rowsPerLookUp } = measured;
  return [
    `An index of ${size(measured)} over ${rows} rows with ${distinctValues} different values:`,
    `  named by frequency  ${percent(recovered)} of the rows; ${percent(guessed)} by guessing the most frequent value`,
    `  index values        ${buckets.count}; rows that share one: ${buckets.smallest} to ${buckets.largest}, median ${buckets.median}`,
    `  a look-up opens     ${rowsPerLookUp.toFixed(1)} rows on average`,
    ...(leaks
      ? [advised === null ? 'No size tried keeps within the limit: give this column no index.' : adviceOf(advised)]
      : ['Within the limit.']),
    `The planner, which takes every value for equally frequent, says ${planned} bits.`,
  ];
}

function adviceOf(advised: LeakageReport): string {
  return `Within the limit: ${size(advised)}; ${percent(advised.recovered)} named, ${advised.rowsPerLookUp.toFixed(1)} rows a look-up.`;
}

function size({ bits, partitions }: LeakageReport): string {
  return `${bits} bits${partitions === 1 ? '' : ` in ${partitions} partitions`}`;
}

function percent(part: number): string {
  return `${(100 * part).toFixed(1)} %`;
}

function rounded(part: number): number {
  return Math.round(part * 10_000) / 10_000;
}

/** As many values as rows where nearly every row of the sample has its own: then more rows bring more values. */
function distinct({ rows, distinctValues }: LeakageReport, population: number): number {
  return distinctValues * 2 > rows ? Math.max(distinctValues, population) : distinctValues;
}

function linesOf(file: string): readonly string[] {
  const text = readFileSync(file === '-' ? 0 : file, 'utf8');
  return text.replace(/\n$/, '').split(/\r?\n/);
}

function countsOf(file: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const [at, line] of linesOf(file).entries()) {
    const [, count, value] = /^([0-9]+)\t(.*)$/.exec(line) ?? [];
    if (count === undefined || value === undefined) {
      const expected = say`a count, a tab and a value on line ${at + 1}`;
      throw new SafekeepError('ERR_OPTION_INVALID', {
        of: nameOf('keys:leakage'),
        option: nameOf('auxiliary'),
        expected,
      });
    }
    counts.set(value, (counts.get(value) ?? 0) + Number(count));
  }
  return counts;
}

function whole(text: string): number {
  if (!/^[1-9][0-9]{0,14}$/.test(text)) throw new InvalidArgumentError('It is a whole number from 1.');
  return Number(text);
}

function share(text: string): number {
  if (!/^(0(\.[0-9]+)?|1(\.0+)?)$/.test(text))
    throw new InvalidArgumentError('It is a share from 0 to 1, such as 0.05.');
  return Number(text);
}
