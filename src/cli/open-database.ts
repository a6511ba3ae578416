import { existsSync, readdirSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { SafekeepError } from '../base/errors.js';
import { nameOf, say } from '../base/names.js';
import { type Database, embeddedPostgres, postgres } from '../database/index.js';
import type { Printer } from './output.js';

/** The options by which a command is told of a database. */
export interface DatabaseChoice {
  readonly database?: string;
  readonly embedded?: string;
}

export function withDatabaseOptions(command: Command): Command {
  return command
    .option('--database <url>', "postgres://…; '-' reads it from the standard input, out of sight of other users")
    .addOption(
      new Option('--embedded <folder>', 'the folder of an embedded database that no server is using').conflicts(
        'database',
      ),
    );
}

/**
 * Opens what the options name. A URL with a password on the command line earns a warning: other users can read it.
 * @throws SafekeepError ERR_OPTION_MISSING, ERR_OPTION_INVALID for a folder that is no database; what the database throws
 */
export async function openDatabase(
  of: string,
  { database: url, embedded }: DatabaseChoice,
  printer: Printer,
): Promise<Database> {
  if (embedded !== undefined) {
    // A misspelt folder must not become a new, empty database.
    if (existsSync(embedded) && readdirSync(embedded).length > 0)
      return await embeddedPostgres({ directory: embedded });
    throw refused(of, 'ERR_OPTION_INVALID', 'embedded');
  }
  if (url === undefined) throw refused(of, 'ERR_OPTION_MISSING', 'database');
  if (url !== '-' && /^[a-z]+:\/\/[^/@]*:[^/@]+@/.test(url)) {
    printer.err(
      "safekeep: other users of this machine can read a password on a command line; '--database -' reads the URL from the standard input",
    );
  }
  return postgres(url === '-' ? await standardInput() : url, { maxConnections: 1 });
}

function refused(
  of: string,
  code: 'ERR_OPTION_INVALID' | 'ERR_OPTION_MISSING',
  option: 'database' | 'embedded',
): SafekeepError {
  const expected = say`--database with a URL, or --embedded with the folder of a database that exists`;
  return new SafekeepError(code, { of: nameOf(of), option: nameOf(option), expected });
}

async function standardInput(): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of process.stdin) parts.push(Buffer.from(part as Uint8Array));
  return Buffer.concat(parts).toString('utf8').trim();
}
