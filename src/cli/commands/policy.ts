import { Command } from 'commander';
import { draftPolicy } from '../draft/draft-policy.js';
import { primaryKeys } from '../draft/primary-keys.js';
import { type DatabaseChoice, openDatabase, withDatabaseOptions } from '../open-database.js';
import { type Printer, print } from '../output.js';

interface Options extends DatabaseChoice {
  readonly application: string;
  readonly json: boolean;
}

/** `safekeep policy`: the declaration of what is personal. */
export function policy(printer: Printer): Command {
  return new Command('policy').description('the declaration of what is personal').addCommand(draft(printer));
}

function draft(printer: Printer): Command {
  return withDatabaseOptions(new Command('draft'))
    .description('print a policy to edit, guessed from the tables of a live database; reads its catalogue only')
    .option('--application <name>', 'the name bound into every sealed value', 'shop')
    .option('--json', 'answer as JSON: the text and what is left to decide', false)
    .action(async ({ application, json, ...choice }: Options) => {
      const database = await openDatabase('policy:draft', choice, printer);
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
