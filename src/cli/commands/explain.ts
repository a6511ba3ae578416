import { Command } from 'commander';
import { SafekeepError } from '../../base/errors.js';
import { nameOf, say } from '../../base/names.js';
import type { KeyInfo } from '../../keys/index.js';
import { type Explanation, explainValue } from '../explain/explain-value.js';
import { type OpenedInPlace, openInPlace } from '../explain/open-in-place.js';
import { keyHex, type Outcome, type Printer, print } from '../output.js';
import { type RingChoice, type Setup, withRingOptions, withSetup } from '../setup.js';

interface Options extends RingChoice {
  readonly application?: string;
  readonly place?: string;
  readonly row?: readonly string[];
  readonly tenant?: string;
  readonly json: boolean;
}

/** Status when the ring cannot open the value, now or at all. */
const unusable = 3;
/** Status when the value is no form of ours. */
const unknown = 4;
const opening: ReadonlySet<string> = new Set(['staged', 'active', 'decrypt-only', 'compromised']);

/** `safekeep explain`: what a stored value is; never the value. */
export function explain(printer: Printer): Command {
  return withRingOptions(new Command('explain'))
    .description(
      'say of a stored value its format, suite, key and size, never the value; status 3 when its key cannot open it, 4 for no format of ours',
    )
    .argument('<value>', "as it is stored: text, bytes as \\x and hex; '-' reads it from the standard input")
    .option('--place <table.column>', 'whether it opens there, and what type it has; with a key ring')
    .option('--row <key...>', 'the row key of that place')
    .option('--tenant <name>', 'the tenant of that place, where it has one')
    .option('--application <name>', "the application's name in the policy (default: that of --policy, or shop)")
    .option('--policy <file>', 'the JavaScript module that exports the policy')
    .option('--json', 'answer as JSON', false)
    .action(async (given: string, options: Options) => {
      const value = given === '-' ? await standardInput() : given;
      const found = explainValue(value);
      if (found === null) {
        print({ json: { format: null }, lines: ['This is no format of safekeep.'] }, options.json, printer);
        printer.end(unknown);
        return;
      }
      const ring = needsRing(options)
        ? await withSetup('explain', options, printer, (setup) => ask(setup, value, found, options))
        : undefined;
      print(outcome(found, ring), options.json, printer);
      const opens = ring?.opened?.opens ?? true;
      if (ring !== undefined && (!opens || !opening.has(ring.state ?? 'active'))) printer.end(unusable);
    });
}

interface RingAnswer {
  /** undefined for a value that names no key. */
  readonly state: KeyInfo['state'] | 'not in the ring' | undefined;
  readonly purpose: string | undefined;
  readonly opened: OpenedInPlace | undefined;
}

/** The form of a value is told without any key. */
function needsRing({ config, root, ring, ringInDatabase, place }: Options): boolean {
  return [config, root, ring, ringInDatabase, place].some((given) => given !== undefined);
}

async function ask(
  setup: Setup,
  value: string | Buffer,
  found: Explanation,
  { place, row, tenant, application }: Options,
): Promise<RingAnswer> {
  const keys = await setup.ring();
  const key = keys.list().find(({ id }) => id === found.keyId);
  const state = found.keyId === undefined ? undefined : (key?.state ?? 'not in the ring');
  let opened: OpenedInPlace | undefined;
  if (place !== undefined && found.format === 'sealed value') {
    if (row === undefined) throw missing('row');
    const policy = await setup.policyIfAny();
    const bound = application ?? policy?.application ?? 'shop';
    const dot = place.lastIndexOf('.');
    const column = policy?.resolved.tables.get(place.slice(0, dot))?.columns.get(place.slice(dot + 1));
    // A password's place takes one suite, whatever the columns of the table take.
    const suite = column?.atRest === 'sealed' ? (column.suite ?? 'kc-xaes-256-gcm') : undefined;
    opened = openInPlace(keys, textForm(value), { application: bound, place, row, tenant, suite });
  }
  return { state, purpose: key?.purpose, opened };
}

function outcome({ format, meaning, facts, keyId }: Explanation, ring: RingAnswer | undefined): Outcome {
  const key = keyId === undefined ? undefined : keyHex(keyId);
  const { state, purpose, opened } = ring ?? {};
  const known = { ...facts, key, state, purpose };
  const lines = [
    `${format}: ${meaning}`,
    ...Object.entries(known).flatMap(([name, fact]) => (fact === undefined ? [] : [`  ${name.padEnd(16)}  ${fact}`])),
  ];
  if (opened !== undefined) {
    lines.push(
      opened.opens
        ? `  opens there, as ${opened.type}${opened.fields === undefined ? '' : ` of ${opened.fields} fields`}`
        : `  does not open there with this ring: ${opened.because}`,
    );
    if (opened.holds !== undefined) lines.push(`  holds a ${opened.holds.format}: ${opened.holds.meaning}`);
    for (const [name, fact] of Object.entries(opened.holds?.facts ?? {})) lines.push(`    ${name.padEnd(14)}  ${fact}`);
  }
  return { json: { format, meaning, ...known, ...(opened === undefined ? {} : { opened }) }, lines };
}

/** Bytes in the one form that envelopes read. */
function textForm(value: string | Buffer): string {
  if (typeof value === 'string' && value.startsWith('sf1.')) return value;
  const bytes = typeof value === 'string' ? Buffer.from(value.replace(/^\\x/, ''), 'hex') : value;
  return `sf1.${bytes.toString('base64url')}`;
}

function missing(option: 'row'): SafekeepError {
  const expected = say`--row with --place`;
  return new SafekeepError('ERR_OPTION_MISSING', { of: nameOf('explain'), option: nameOf(option), expected });
}

/** Text, without the line break that an editor or `echo` adds; bytes where it begins like sealed bytes. */
async function standardInput(): Promise<string | Buffer> {
  const parts: Buffer[] = [];
  for await (const part of process.stdin) parts.push(Buffer.from(part as Uint8Array));
  const bytes = Buffer.concat(parts);
  return bytes[0] === 0xc1 ? bytes : bytes.toString('utf8').trim();
}
