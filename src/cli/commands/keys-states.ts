import { Command, InvalidArgumentError, Option } from 'commander';
import { type KeyPurpose, turnPseudonymEpochs } from '../../keys/index.js';
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

interface EpochsChoice extends StepChoice {
  readonly epochDays: number;
  readonly retentionDays: number;
}

/** `safekeep keys epochs`: the daily turn of the keys that make pseudonyms. */
export function epochs(printer: Printer): Command {
  return withRequiredRing(new Command('epochs'))
    .description('begin a new key of pseudonyms when the epoch is over; destroy those whose logs are past retention')
    .option('--epoch-days <days>', 'how long one key makes the tokens', wholeDays, 30)
    .option('--retention-days <days>', 'how long logs are kept', wholeDays, 90)
    .option('--json', 'answer as JSON', false)
    .action(async ({ epochDays, retentionDays, json, ...choice }: EpochsChoice) => {
      const turned = await withSetup('keys:epochs', choice, printer, async (setup) =>
        turnPseudonymEpochs({ keys: await setup.ring(), epochDays, retentionDays }),
      );
      const { active, begun, isWaiting, destroyed } = turned;
      const lines = [
        `The key ${keyHex(active)} makes the tokens${begun ? ', from now on' : ''}.`,
        ...(isWaiting ? ['A new key waits until every process knows it: run this again.'] : []),
        ...destroyed.map((id) => `The key ${keyHex(id)} is destroyed: no line under it joins any more.`),
      ];
      print(
        { json: { active: keyHex(active), begun, isWaiting, destroyed: destroyed.map(keyHex) }, lines },
        json,
        printer,
      );
    });
}

function wholeDays(text: string): number {
  if (!/^\d{1,4}$/.test(text)) throw new InvalidArgumentError('days are a whole number.');
  return Number(text);
}
