import { Command } from 'commander';
import { postgres } from '../../database/index.js';
import { draftPolicy } from '../draft/draft-policy.js';
import { primaryKeys } from '../draft/primary-keys.js';
import { type Printer, print } from '../output.js';

interface Options {
  readonly database: string;
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
    .requiredOption(
      '--database <url>',
      "postgres://…; '-' reads it from the standard input, out of sight of other users",
    )
    .option('--application <name>', 'the name bound into every sealed value', 'shop')
    .option('--json', 'answer as JSON: the text and what is left to decide', false)
    .action(async ({ database: given, application, json }: Options) => {
      if (given !== '-' && /^[a-z]+:\/\/[^/@]*:[^/@]+@/.test(given)) {
        printer.err(
          "safekeep: other users of this machine can read a password on a command line; '--database -' reads the URL from the standard input",
        );
      }
      const database = postgres(given === '-' ? await standardInput() : given, { maxConnections: 1 });
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

async function standardInput(): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of process.stdin) parts.push(Buffer.from(part as Uint8Array));
  return Buffer.concat(parts).toString('utf8').trim();
}
