#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { errorLine, type Printer } from './output.js';

/**
 * Each loads when it is asked for: what reads a certificate has no use for a database. All load for the help, and for
 * what is no command, so that the answer knows their names.
 */
const commands: Readonly<Record<string, () => Promise<(printer: Printer) => Command>>> = {
  certs: async () => (await import('./commands/certs.js')).certs,
  keys: async () => (await import('./commands/keys.js')).keys,
  policy: async () => (await import('./commands/policy.js')).policy,
  import: async () => (await import('./commands/import.js')).importCommand,
  rotate: async () => (await import('./commands/rotate.js')).rotate,
  explain: async () => (await import('./commands/explain.js')).explain,
  calibrate: async () => (await import('./commands/calibrate.js')).calibrate,
  breached: async () => (await import('./commands/breached.js')).breached,
  passwords: async () => (await import('./commands/passwords.js')).passwords,
  redact: async () => (await import('./commands/redact.js')).redact,
  doctor: async () => (await import('./commands/doctor.js')).doctor,
};

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
  const [name = ''] = args;
  const asked = Object.hasOwn(commands, name) ? [name] : Object.keys(commands);
  for (const each of asked) {
    const make = await commands[each]?.();
    if (make !== undefined) program.addCommand(make(printer));
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
