#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { breached } from './commands/breached.js';
import { calibrate } from './commands/calibrate.js';
import { certs } from './commands/certs.js';
import { doctor } from './commands/doctor.js';
import { explain } from './commands/explain.js';
import { importCommand } from './commands/import.js';
import { keys } from './commands/keys.js';
import { passwords } from './commands/passwords.js';
import { policy } from './commands/policy.js';
import { redact } from './commands/redact.js';
import { rotate } from './commands/rotate.js';
import { errorLine, type Printer } from './output.js';

/**
 * Status 0: done. 1: the work failed, one line on the error output says why. 2: the command line was not understood.
 * 3 and 4 are answers of single commands.
 */
async function main(args: readonly string[]): Promise<number> {
  let status = 0;
  const printer: Printer = {
    out: (text) => process.stdout.write(`${text}\n`),
    err: (text) => process.stderr.write(`${text}\n`),
    end: (own) => {
      status = own;
    },
  };
  const program = new Command('safekeep')
    .description(
      'Certificates, keys, breached passwords, redacted logs and a first policy for a server that uses safekeep.',
    )
    .exitOverride()
    // Behind a subcommand an option is the subcommand's own, also where `certs` has one of the same name.
    .enablePositionalOptions()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'safekeep: ')) })
    .showSuggestionAfterError(true);
  for (const make of [
    certs,
    keys,
    policy,
    importCommand,
    rotate,
    explain,
    calibrate,
    breached,
    passwords,
    redact,
    doctor,
  ]) {
    const command = make(printer);
    program.addCommand(command);
  }
  inherit(program);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    printer.err(errorLine(error, args.includes('--json')));
    return 1;
  }
}

/** Commands that were added ready-made do not take over the program's settings by themselves. */
function inherit(parent: Command): void {
  for (const command of parent.commands) {
    command.copyInheritedSettings(parent);
    inherit(command);
  }
}

main(process.argv.slice(2)).then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    process.stderr.write(`${errorLine(error, false)}\n`);
    process.exitCode = 1;
  },
);
