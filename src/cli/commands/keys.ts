import { Command } from 'commander';
import { fileRootKey, openKeyRing } from '../../keys/index.js';
import { type Printer, print } from '../output.js';

interface Options {
  readonly root: string;
  readonly ring: string;
  readonly json: boolean;
}

/** `safekeep keys`: the key ring of an application. */
export function keys(printer: Printer): Command {
  return new Command('keys').description('the key ring of an application').addCommand(create(printer));
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
          ...list.map(({ id, purpose, state, created }) => `  ${hex(id)}  ${purpose.padEnd(10)}  ${state}, ${created}`),
          'Back up both, apart from each other: whoever has both opens every sealed value, and without either nobody does.',
        ];
        print({ json: { root, ring, keys: list }, lines }, json, printer);
      } finally {
        opened.close();
      }
    });
}

function hex(id: number): string {
  return id.toString(16).padStart(8, '0');
}
