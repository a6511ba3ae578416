import { readFile } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { SafekeepError } from '../../base/errors.js';
import { nameOf, pathName, say } from '../../base/names.js';
import type { UnusedProof } from '../../base/ports/unused-proof.js';
import { proveUnused } from '../../fields/index.js';
import { keyHex, type Printer, print } from '../output.js';
import { type RingChoice, withRequiredRing, withSetup } from '../setup.js';
import { type FieldsChoice, withFields, withFieldsOptions } from './rotate.js';

interface DestroyChoice extends RingChoice {
  readonly json: boolean;
  readonly proof: string;
  readonly backupHorizonDays: number;
}

/** `safekeep keys prove`: counts every place and prints the proof that a key is unused. */
export function prove(printer: Printer): Command {
  return withFieldsOptions(new Command('prove'))
    .description('prove that no stored value needs a key, keep it out of the tables, and print the proof for destroy')
    .argument('<key>', 'its id, eight hex digits', keyId)
    .action(async (id: number, choice: FieldsChoice) => {
      const proof = await withFields('keys:prove', choice, printer, ({ database, fields }) =>
        proveUnused({ database, fields, keyId: id }),
      );
      // A proof is kept until it is handed in: JSON for people too.
      printer.out(choice.json ? JSON.stringify(proof) : JSON.stringify(proof, null, 2));
    });
}

/** `safekeep keys destroy`: erases a key for which a proof is handed in. */
export function destroy(printer: Printer): Command {
  return withRequiredRing(new Command('destroy'))
    .description('erase a suspended or compromised key for good; nothing brings it back but an older copy of the ring')
    .argument('<key>', 'its id, eight hex digits', keyId)
    .option('--json', 'answer as JSON', false)
    .requiredOption('--proof <file>', 'what `safekeep keys prove` printed')
    .option('--backup-horizon-days <days>', 'how long backups are kept: the proof must be older', wholeDays, 30)
    .action(async (id: number, { proof: file, backupHorizonDays, json, ...choice }: DestroyChoice) => {
      const proof = await readProof(file);
      await withSetup('keys:destroy', choice, printer, async (setup) =>
        (await setup.ring({ backupHorizonDays })).destroy(id, proof),
      );
      const minted = new Date(proof.mintedAtMs).toISOString();
      const lines = [
        `The key ${keyHex(id)} is destroyed. The proof of ${minted}:`,
        ...proof.places.map(({ table, column, rows }) => `  ${table}.${column}: ${rows} rows`),
        'Copies of the ring that were made before still hold it: remove them too.',
      ];
      print({ json: { key: keyHex(id), state: 'destroyed', proof }, lines }, json, printer);
    });
}

/** The ring checks every member of it and its authenticator; here it only has to be JSON. */
async function readProof(file: string): Promise<UnusedProof> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as UnusedProof;
  } catch {
    throw new SafekeepError('ERR_OPTION_INVALID', {
      of: nameOf('keys:destroy'),
      option: nameOf('proof'),
      file: pathName(file),
      expected: say`the JSON that keys prove printed`,
    });
  }
}

export function keyId(text: string): number {
  if (/^[0-9a-f]{8}$/.test(text) && text !== '00000000') return Number.parseInt(text, 16);
  throw new InvalidArgumentError('It is no key id of eight hex digits.');
}

function wholeDays(text: string): number {
  if (/^[0-9]{1,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is no whole number of days.');
}
