import { Command } from 'commander';
import {
  backupKeyRing,
  type CheckedBackup,
  checkKeyRingBackup,
  type KeyInfo,
  restoreKeyRing,
} from '../../keys/index.js';
import { keyHex, type Printer, print } from '../output.js';
import { type RingChoice, type Setup, withRequiredRing, withSetup } from '../setup.js';
import { destroy, prove } from './keys-destroy.js';
import { epochs, stage, step } from './keys-states.js';
import { leakage } from './leakage.js';

interface Options extends RingChoice {
  readonly json: boolean;
}
interface BackupOptions extends Options {
  readonly backup: string;
  readonly recovery?: string;
}

/** `safekeep keys`: the key ring of an application. */
export function keys(printer: Printer): Command {
  return new Command('keys')
    .description('the key ring of an application')
    .addCommand(create(printer))
    .addCommand(list(printer))
    .addCommand(stage(printer))
    .addCommand(step('activate', printer))
    .addCommand(step('retire', printer))
    .addCommand(step('compromise', printer))
    .addCommand(backup(printer))
    .addCommand(restore(printer))
    .addCommand(prove(printer))
    .addCommand(step('suspend', printer))
    .addCommand(step('resume', printer))
    .addCommand(destroy(printer))
    .addCommand(epochs(printer))
    .addCommand(leakage(printer));
}

function create(printer: Printer): Command {
  return withRequiredRing(new Command('create'))
    .description('make a root key and a key ring under it; what is there already is opened and left as it is')
    .option('--json', 'answer as JSON', false)
    .action(async ({ json, ...choice }: Options) => {
      await withSetup('keys:create', choice, printer, async (setup) => {
        const root = await setup.root(true);
        const ring = await setup.ring({ root, create: true });
        const told = ring.list();
        const lines = [
          `The key ring ${setup.ringName} is under the root key ${choice.root ?? root.kind}.`,
          ...told.map(keyLine),
          'Back up both, apart from each other: whoever has both opens every sealed value, and without either nobody does.',
        ];
        print({ json: { root: choice.root ?? root.kind, ring: setup.ringName, keys: told }, lines }, json, printer);
      });
    });
}

function list(printer: Printer): Command {
  return withRequiredRing(new Command('list'))
    .description('the keys of the ring and their states')
    .option('--json', 'answer as JSON', false)
    .action(async ({ json, ...choice }: Options) => {
      const told = await withSetup('keys:list', choice, printer, async (setup) => (await setup.ring()).list());
      const keysOf = told.map((key) => ({ ...key, id: keyHex(key.id) }));
      print({ json: { keys: keysOf }, lines: told.map(keyLine) }, json, printer);
    });
}

function backup(printer: Printer): Command {
  return withRequiredRing(new Command('backup'))
    .description('write the key ring, sealed under a second key, and try at once whether it can be restored')
    .option('--recovery <file>', 'the second key, made where there is none; keep it offline, apart from the backup')
    .requiredOption('--backup <file>', 'the backup; an older one is replaced')
    .option('--json', 'answer as JSON', false)
    .action(async ({ json, recovery, backup: path, ...choice }: BackupOptions) => {
      await withSetup('keys:backup', choice, printer, async (setup) => {
        const ring = await setup.ring();
        const second = await setup.recovery(recovery, true);
        const checked = await backupKeyRing({ ring, recovery: second, path });
        const lines = [
          `The backup ${path} holds ${checked.keys} keys and opens under ${recovery ?? second.kind}.`,
          'Keep the two apart, and make a new backup after every change of the ring.',
        ];
        print({ json: { backup: path, recovery: recovery ?? second.kind, ...checked }, lines }, json, printer);
      });
    });
}

function restore(printer: Printer): Command {
  return withRequiredRing(new Command('restore'))
    .description('make a key ring from a backup where there is none; with --check only try, and compare')
    .requiredOption('--backup <file>', 'the backup')
    .option('--recovery <file>', 'the second key, under which the backup was sealed')
    .option('--check', 'the restore drill: compare the backup with the ring that serves, and write nothing', false)
    .option('--json', 'answer as JSON', false)
    .action(async ({ check, ...options }: BackupOptions & { readonly check: boolean }) => {
      await withSetup('keys:restore', options, printer, (setup) =>
        check ? drill(setup, options, printer) : restoreRing(setup, options, printer),
      );
    });
}

async function drill(setup: Setup, { backup: path, recovery, json }: BackupOptions, printer: Printer): Promise<void> {
  const ring = await setup.ring();
  const checked = await checkKeyRingBackup({ ring, recovery: await setup.recovery(recovery), path });
  print({ json: { backup: path, ...checked }, lines: drillLines(path, setup.ringName, checked) }, json, printer);
}

async function restoreRing(
  setup: Setup,
  { backup: path, recovery, root: file, json }: BackupOptions,
  printer: Printer,
): Promise<void> {
  const root = await setup.root(true);
  await restoreKeyRing({ backup: path, recovery: await setup.recovery(recovery), root, ...(await setup.place()) });
  const told = (await setup.ring({ root })).list();
  const name = file ?? root.kind;
  const lines = [`The key ring ${setup.ringName} is restored under the root key ${name}.`, ...told.map(keyLine)];
  print({ json: { root: name, ring: setup.ringName, keys: told }, lines }, json, printer);
}

function drillLines(path: string, ring: string, { keys: count, moved }: CheckedBackup): string[] {
  return [
    `The backup ${path} gives back every key of ${ring}: ${count}.`,
    ...(moved === 0 ? [] : [`${moved} of them are in an older state there: make a new backup.`]),
  ];
}

function keyLine({ id, purpose, state, created }: KeyInfo): string {
  return `  ${keyHex(id)}  ${purpose.padEnd(10)}  ${state}, ${created}`;
}
