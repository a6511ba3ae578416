import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { SafekeepError } from '../../base/errors.js';
import { nameOf, say } from '../../base/names.js';
import {
  createPasswords,
  type LegacyChoice,
  type LegacyScheme,
  type WrapReport,
  wrapPasswords,
} from '../../passwords/index.js';
import type { Policy } from '../../policy/index.js';
import { startLongWork } from '../long-work.js';
import { type Outcome, type Printer, print } from '../output.js';
import { grouped } from '../progress-bar.js';
import { withSetup } from '../setup.js';
import { type FieldsChoice, withFieldsOptions } from './rotate.js';

interface WrapChoice extends FieldsChoice {
  readonly legacy: readonly (LegacyScheme | LegacyChoice)[];
  readonly table?: string;
  readonly memoryKib?: number;
  readonly passes?: number;
  readonly running: number;
  readonly dangerouslyAcceptUnsealed?: string;
}

/** Status when weak hashes are left: the work went well and is not done. */
const somethingLeft = 3;

/** `safekeep passwords wrap`: argon2id over old hashes, without a password. */
export function passwords(printer: Printer): Command {
  return new Command('passwords').description('stored password hashes').addCommand(wrap(printer));
}

function wrap(printer: Printer): Command {
  return withFieldsOptions(new Command('wrap'))
    .description(
      'put argon2id over every old hash, sealed, while the application goes on; it may be stopped at any time and run again; status 3 when hashes are left',
    )
    .option(
      '--legacy <scheme...>',
      'old schemes that occur, each with its ceiling or without: pbkdf2:600000; without any, what occurs is only told',
      scheme,
      [],
    )
    .option('--table <name>', 'the table of accounts, where the policy has several')
    .option('--memory-kib <count>', 'memory of a new hash (default: 19456)', wholeNumber)
    .option('--passes <count>', 'passes of a new hash (default: 2)', wholeNumber)
    .option('--running <count>', 'hashes at once', wholeNumber, Math.max(1, Math.min(availableParallelism(), 64)))
    .option(
      '--dangerously-accept-unsealed <reason>',
      'take hashes that are not sealed yet for genuine: whatever stands in the table',
    )
    .action(async (choice: WrapChoice) => {
      const { bar, signal, end } = startLongWork(choice.json);
      try {
        const [name, report] = await run(choice, printer, signal, (done, of) =>
          bar.update({ name: 'passwords', done, of }),
        );
        bar.end();
        print(wrapped(name, report), choice.json, printer);
        if (!report.complete || report.lost > 0 || report.left.length > 0) printer.end(somethingLeft);
      } finally {
        end();
      }
    });
}

async function run(
  choice: WrapChoice,
  printer: Printer,
  signal: AbortSignal,
  onProgress: (done: number, of: number) => void,
): Promise<readonly [name: string, report: WrapReport]> {
  return await withSetup('passwords:wrap', choice, printer, async (setup) => {
    const policy = await setup.policy();
    const { table, key, column } = placeOf(policy, choice.table);
    const hashing = createPasswords({
      keys: await setup.ring(),
      place: { application: policy.application, table, column },
      legacy: choice.legacy,
      cost: { memoryKiB: choice.memoryKib, passes: choice.passes },
      gate: { running: choice.running, deadlineMs: 60_000 },
      dangerouslyAcceptUnsealed: choice.dangerouslyAcceptUnsealed,
    });
    const report = await wrapPasswords({
      ...{ database: await setup.database(), passwords: hashing, table, key, column, signal },
      concurrency: choice.running,
      onProgress: ({ seen, rows }) => onProgress(seen, rows),
    });
    return [`${table}.${column}`, report] as const;
  });
}

/** The one password column of the policy, or that of a table. */
function placeOf(policy: Policy, only: string | undefined): { table: string; key: string; column: string } {
  const tables = [...policy.resolved.tables.values()].filter(({ name }) => only === undefined || name === only);
  const found = tables.flatMap(({ name, rowKey, columns }) =>
    [...columns.values()]
      .filter(({ atRest }) => atRest === 'hashed')
      .map((column) => ({ table: name, key: rowKey[0] ?? '', column: column.name, parts: rowKey.length })),
  );
  const [place] = found;
  if (place !== undefined && found.length === 1 && place.parts === 1) return place;
  throw new SafekeepError('ERR_OPTION_INVALID', {
    of: nameOf('passwords:wrap'),
    option: nameOf('table'),
    expected: say`a table of the policy with a row key of one column and one column of the kind password_hash`,
  });
}

function wrapped(name: string, { rows, seen, changed, lost, left, complete }: WrapReport): Outcome {
  const lines = [`${name}: ${grouped(changed)} of ${grouped(rows)} hashes written`];
  if (!complete) lines.unshift('Stopped; the same command goes on from here.');
  if (lost > 0) lines.push(`  ${grouped(lost)} were changed by others meanwhile; run it again for them`);
  for (const { because, part, rows: count } of left) {
    lines.push(`  ${grouped(count)} are left as they are: ${because}${part === undefined ? '' : ` (${part})`}`);
  }
  return { json: { column: name, rows, seen, changed, lost, left, complete }, lines };
}

/** `bcrypt`, or `bcrypt:10`. Whether there is such a scheme is for `createPasswords` to say. */
function scheme(
  text: string,
  before: readonly (LegacyScheme | LegacyChoice)[],
): readonly (LegacyScheme | LegacyChoice)[] {
  const [name, most, ...more] = text.split(':');
  if (more.length > 0) throw new InvalidArgumentError('It is no scheme, and no scheme with a ceiling.');
  const choice = name as LegacyScheme;
  return [...before, most === undefined ? choice : { scheme: choice, most: wholeNumber(most) }];
}

function wholeNumber(text: string): number {
  if (/^[1-9][0-9]{0,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is no whole number above zero.');
}
