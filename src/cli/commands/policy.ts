import { existsSync, readdirSync } from 'node:fs';
import { Command, Option } from 'commander';
import { SafekeepError } from '../../base/errors.js';
import { nameOf, say } from '../../base/names.js';
import { type Database, embeddedPostgres, postgres } from '../../database/index.js';
import { draftPolicy } from '../draft/draft-policy.js';
import { primaryKeys } from '../draft/primary-keys.js';
import { type Printer, print } from '../output.js';

interface Options {
  readonly database?: string;
  readonly embedded?: string;
  readonly application: string;
  readonly json: boolean;
}

/** `safekeep policy`: the declaration of what is personal. */
export function policy(printer: Printer): Command {
  return new Command('policy').description('the declaration of what is personal').addCommand(draft(printer));
}

function draft(printer: Printer): Command {
  return new Command('draft')
    .description('print a policy to edit, guessed from the tables of a live database; reads its catalogue only')
    .option('--database <url>', "postgres://…; '-' reads it from the standard input, out of sight of other users")
    .addOption(
      new Option('--embedded <folder>', 'the folder of an embedded database that no server is using').conflicts(
        'database',
      ),
    )
    .option('--application <name>', 'the name bound into every sealed value', 'shop')
    .option('--json', 'answer as JSON: the text and what is left to decide', false)
    .action(async ({ database: url, embedded, application, json }: Options) => {
      const database = await open(url, embedded, printer);
      try {
        const drafted = draftPolicy({
          application,
          live: await database.columns(),
          rowKeys: await primaryKeys(database),
        });
        print({ json: { ...drafted }, lines: [drafted.text.trimEnd()] }, json, printer);
      } finally {
        await database.close();
      }
    });
}

async function open(url: string | undefined, embedded: string | undefined, printer: Printer): Promise<Database> {
  if (embedded !== undefined) {
    // A misspelt folder must not become a new, empty database.
    if (existsSync(embedded) && readdirSync(embedded).length > 0)
      return await embeddedPostgres({ directory: embedded });
    throw refused('ERR_OPTION_INVALID', 'embedded');
  }
  if (url === undefined) throw refused('ERR_OPTION_MISSING', 'database');
  if (url !== '-' && /^[a-z]+:\/\/[^/@]*:[^/@]+@/.test(url)) {
    printer.err(
      "safekeep: other users of this machine can read a password on a command line; '--database -' reads the URL from the standard input",
    );
  }
  return postgres(url === '-' ? await standardInput() : url, { maxConnections: 1 });
}

function refused(code: 'ERR_OPTION_INVALID' | 'ERR_OPTION_MISSING', option: 'database' | 'embedded'): SafekeepError {
  const expected = say`--database with a URL, or --embedded with the folder of a database that exists`;
  return new SafekeepError(code, { of: nameOf('policy:draft'), option: nameOf(option), expected });
}

async function standardInput(): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of process.stdin) parts.push(Buffer.from(part as Uint8Array));
  return Buffer.concat(parts).toString('utf8').trim();
}
