import { Command } from 'commander';
import {
  backupKeyRing,
  type CheckedBackup,
  checkKeyRingBackup,
  fileRootKey,
  type KeyInfo,
  openKeyRing,
  restoreKeyRing,
} from '../../keys/index.js';
import { type Printer, print } from '../output.js';
import { destroy, prove, suspendOrResume } from './keys-destroy.js';
import { leakage } from './leakage.js';

interface Options {
  readonly root: string;
  readonly ring: string;
  readonly json: boolean;
}
interface BackupOptions extends Options {
  readonly backup: string;
  readonly recovery: string;
}

/** `safekeep keys`: the key ring of an application. */
export function keys(printer: Printer): Command {
  return new Command('keys')
    .description('the key ring of an application')
    .addCommand(create(printer))
    .addCommand(backup(printer))
    .addCommand(restore(printer))
    .addCommand(prove(printer))
    .addCommand(suspendOrResume('suspend', printer))
    .addCommand(suspendOrResume('resume', printer))
    .addCommand(destroy(printer))
    .addCommand(leakage(printer));
}

function create(printer: Printer): Command {
  return new Command('create')
    .description('make a root key and a key ring under it; what is there already is opened and left as it is')
    .requiredOption('--root <file>', 'the root key; outside of the data folder and of the repository')
    .requiredOption('--ring <file>', 'the key ring; it holds wrapped keys only and belongs into every backup')
    .option('--json', 'answer as JSON', false)
    .action(async ({ root, ring, json }: Options) => {
      const opened = await openKeyRing({ root: fileRootKey(root, { create: true }), path: ring, create: true });
      try {
        const list = opened.list();
        const lines = [
          `The key ring ${ring} is under the root key ${root}.`,
          ...list.map(keyLine),
          'Back up both, apart from each other: whoever has both opens every sealed value, and without either nobody does.',
        ];
        print({ json: { root, ring, keys: list }, lines }, json, printer);
      } finally {
        opened.close();
      }
    });
}

function backup(printer: Printer): Command {
  return new Command('backup')
    .description('write the key ring, sealed under a second key, and try at once whether it can be restored')
    .requiredOption('--root <file>', 'the root key')
    .requiredOption('--ring <file>', 'the key ring')
    .requiredOption(
      '--recovery <file>',
      'the second key, made where there is none; keep it offline, apart from the backup',
    )
    .requiredOption('--backup <file>', 'the backup; an older one is replaced')
    .option('--json', 'answer as JSON', false)
    .action(async ({ root, ring, recovery, backup: path, json }: BackupOptions) => {
      const opened = await openKeyRing({ root: fileRootKey(root), path: ring });
      try {
        const second = fileRootKey(recovery, { create: true });
        const checked = await backupKeyRing({ ring: opened, recovery: second, path });
        const lines = [
          `The backup ${path} holds ${checked.keys} keys and opens under ${recovery}.`,
          'Keep the two apart, and make a new backup after every change of the ring.',
        ];
        print({ json: { backup: path, recovery, ...checked }, lines }, json, printer);
      } finally {
        opened.close();
      }
    });
}

function restore(printer: Printer): Command {
  return new Command('restore')
    .description('make a key ring from a backup where there is none; with --check only try, and compare')
    .requiredOption('--backup <file>', 'the backup')
    .requiredOption('--recovery <file>', 'the second key, under which the backup was sealed')
    .requiredOption('--root <file>', 'the root key of the ring; a new one is made for a restored ring')
    .requiredOption('--ring <file>', 'the key ring')
    .option('--check', 'the restore drill: compare the backup with the ring that serves, and write nothing', false)
    .option('--json', 'answer as JSON', false)
    .action(async ({ check, ...options }: BackupOptions & { readonly check: boolean }) => {
      await (check ? drill(options, printer) : restoreRing(options, printer));
    });
}

async function drill({ backup: path, recovery, root, ring, json }: BackupOptions, printer: Printer): Promise<void> {
  const opened = await openKeyRing({ root: fileRootKey(root), path: ring });
  try {
    const checked = await checkKeyRingBackup({ ring: opened, recovery: fileRootKey(recovery), path });
    print({ json: { backup: path, ...checked }, lines: drillLines(path, ring, checked) }, json, printer);
  } finally {
    opened.close();
  }
}

async function restoreRing(
  { backup: path, recovery, root, ring, json }: BackupOptions,
  printer: Printer,
): Promise<void> {
  const key = fileRootKey(root, { create: true });
  await restoreKeyRing({ backup: path, recovery: fileRootKey(recovery), root: key, path: ring });
  const opened = await openKeyRing({ root: key, path: ring });
  try {
    const list = opened.list();
    const lines = [`The key ring ${ring} is restored under the root key ${root}.`, ...list.map(keyLine)];
    print({ json: { root, ring, keys: list }, lines }, json, printer);
  } finally {
    opened.close();
  }
}

function drillLines(path: string, ring: string, { keys: count, moved }: CheckedBackup): string[] {
  return [
    `The backup ${path} gives back every key of ${ring}: ${count}.`,
    ...(moved === 0 ? [] : [`${moved} of them are in an older state there: make a new backup.`]),
  ];
}

function keyLine({ id, purpose, state, created }: KeyInfo): string {
  return `  ${hex(id)}  ${purpose.padEnd(10)}  ${state}, ${created}`;
}

function hex(id: number): string {
  return id.toString(16).padStart(8, '0');
}
