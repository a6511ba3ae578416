import { Command, Option } from 'commander';
import type { KeyPurpose } from '../../keys/index.js';
import { keyHex, type Printer, print } from '../output.js';
import { type RingChoice, withRequiredRing, withSetup } from '../setup.js';
import { keyId } from './keys-destroy.js';

interface StepChoice extends RingChoice {
  readonly json: boolean;
}

/** `safekeep keys stage`: a new key that opens and does not seal yet. */
export function stage(printer: Printer): Command {
  return withRequiredRing(new Command('stage'))
    .description('add a key that opens but does not seal yet; activate it when every server knows it')
    .addOption(
      new Option('--purpose <purpose>', 'what the key is for')
        .choices(['fields', 'index', 'pseudonyms', 'limits'])
        .default('fields'),
    )
    .option('--json', 'answer as JSON', false)
    .action(async ({ purpose, json, ...choice }: StepChoice & { readonly purpose: KeyPurpose }) => {
      const { id } = await withSetup('keys:stage', choice, printer, async (setup) =>
        (await setup.ring()).stage(purpose),
      );
      const lines = [
        `The key ${keyHex(id)} is staged for ${purpose}.`,
        'Let every server reload the ring, then activate it: `safekeep keys activate`.',
      ];
      print({ json: { key: keyHex(id), purpose, state: 'staged' }, lines }, json, printer);
    });
}

const steps = {
  activate: ['let a staged key seal; the one that sealed stays for opening', 'active', 'seals from now on'],
  retire: ['take a staged key out of a roll-out', 'decrypt-only', 'will not seal'],
  compromise: ['mark a key that somebody else may know', 'compromised', 'is to be rotated away from and destroyed'],
  suspend: [
    'take a decrypt-only key out of use without losing it',
    'suspended',
    'is suspended: what still needs it fails now',
  ],
  resume: ['let a suspended key open values again', 'decrypt-only', 'opens values again'],
} as const;

/** `safekeep keys activate`, `retire`, `compromise`, `suspend`, `resume`: one step of a key. */
export function step(what: keyof typeof steps, printer: Printer): Command {
  const [description, state, done] = steps[what];
  return withRequiredRing(new Command(what))
    .description(description)
    .argument('<key>', 'its id, eight hex digits', keyId)
    .option('--json', 'answer as JSON', false)
    .action(async (id: number, { json, ...choice }: StepChoice) => {
      await withSetup(`keys:${what}`, choice, printer, async (setup) => (await setup.ring())[what](id));
      print({ json: { key: keyHex(id), state }, lines: [`The key ${keyHex(id)} ${done}.`] }, json, printer);
    });
}
