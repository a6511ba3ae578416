import { type Logger, pino } from 'pino';
import { createRedactor, redactPino } from 'safekeep/redaction';
import type { Contender, Prepared } from '../harness/case.js';
import { peer } from '../harness/peers.js';
import { type LogObject, logObjects } from './log-objects.js';

/** Writes one object as one line and says how long it is. */
type Write = (object: LogObject) => string;

const objects = logObjects(2000, 11);
const clean = objects.filter((object) => object['customer'] === undefined).slice(0, 50);
const secret: LogObject = { ...clean[0], customer: { password: 'Trdeadbeefz9!' } };

/** A line of pino goes to nowhere; what it was is looked at in the sample only. */
function pinoWriter(options: object, change: (logger: Logger) => void = () => undefined): Write {
  let last = '';
  const sink = {
    write(line: string) {
      last = line;
    },
  };
  const logger: Logger = pino({ base: null, timestamp: false, ...options }, sink);
  change(logger);
  return (object) => {
    logger.info(object);
    return last;
  };
}

const body = (line: string): Record<string, unknown> => {
  const { level: _, ...rest } = JSON.parse(line) as Record<string, unknown>;
  return rest;
};

/** Agreement: what has nothing to hide comes out whole; a redactor that prints a password is no contender. */
function prepared(write: Write, { redacts, family = '' }: Ways): Prepared {
  return {
    sample() {
      if (redacts && write(secret).includes('deadbeef')) throw new Error('a password is printed');
      if (family !== '') return family;
      return clean.map((object) => JSON.stringify(body(write(object)))).join('\n');
    },
    run(operations) {
      let sum = 0;
      for (let done = 0; done < operations; done += 1) sum += write(objects[done % objects.length] as LogObject).length;
      return sum;
    },
  };
}

interface Ways {
  readonly redacts: boolean;
  /** Of those whose patterns take parts of numbers and ids: they agree with nobody. */
  readonly family?: string;
}

function contender(name: string, ways: Ways, make: () => Write | Promise<Write>): Contender {
  const family = ways.family === undefined ? {} : { family: ways.family };
  return { name, ...family, prepare: async () => prepared(await make(), ways) };
}

const redacts: Ways = { redacts: true };
const bare = contender('pino 10, bare', { redacts: false }, () => pinoWriter({}));
const stringify = contender('JSON.stringify, the limit', { redacts: false }, () => (object) => JSON.stringify(object));
const paths = ['customer.password', 'customer.email', 'customer.card', 'account.token', 'req.headers.authorization'];
const fields = ['password', 'email', 'card', 'token', 'authorization', 'cookie'];

interface DeepRedact {
  DeepRedact: new (options: object) => { redact(value: unknown): unknown };
}
const deepRedact = async (options: object): Promise<Write> => {
  const { DeepRedact } = await peer<DeepRedact>('@hackylabs/deep-redact');
  const redactor = new DeepRedact({ types: ['string', 'number'], serialise: true, ...options });
  return (object) => String(redactor.redact(object));
};
interface LogTape {
  readonly [name: string]: unknown;
  redactByField(sink: (record: object) => void, options: object): (record: object) => void;
  redactByPattern(formatter: (record: object) => string, patterns: readonly unknown[]): (record: object) => string;
}
const logtape = async (withPatterns: boolean): Promise<Write> => {
  const tape = await peer<LogTape>('@logtape/redaction');
  const patterns = Object.keys(tape)
    .filter((key) => key.endsWith('_PATTERN'))
    .map((key) => tape[key]);
  let out: LogObject = {};
  const keep = (record: object): void => {
    out = (record as { properties: LogObject }).properties;
  };
  const sink = tape.redactByField(keep, { fieldPatterns: fields, action: () => '[REDACTED]' });
  const print = withPatterns
    ? tape.redactByPattern((record) => JSON.stringify((record as { properties: LogObject }).properties), patterns)
    : undefined;
  return (object) => {
    sink({ properties: object, message: [], category: [], level: 'info', timestamp: 0 });
    return print === undefined ? JSON.stringify(out) : print({ properties: out, message: [] });
  };
};

/** Names of keys alone. */
export const keyContenders: readonly Contender[] = [
  contender('safekeep (redactPino, keys only)', redacts, () =>
    pinoWriter({}, (logger) => redactPino(logger, createRedactor({ detectors: [] }))),
  ),
  bare,
  contender('pino 10, redact of 5 exact paths', redacts, () => pinoWriter({ redact: paths })),
  contender('pino 10, redact of 6 names at two levels', redacts, () =>
    pinoWriter({ redact: fields.flatMap((field) => [field, `*.${field}`]) }),
  ),
  contender('@hackylabs/deep-redact 3, 6 names', redacts, () => deepRedact({ blacklistedKeys: fields })),
  contender('@logtape/redaction 2.3, 6 names', redacts, () => logtape(false)),
  stringify,
];

/** Names of keys and what stands in every text. */
export const valueContenders: readonly Contender[] = [
  contender('safekeep (redactPino, all values)', redacts, () =>
    pinoWriter({}, (logger) => redactPino(logger, createRedactor())),
  ),
  bare,
  contender('@logtape/redaction 2.3, 6 names and its patterns', { redacts: true, family: 'logtape' }, () =>
    logtape(true),
  ),
  contender(
    '@hackylabs/deep-redact 3, 6 names and 2 patterns of our own',
    { redacts: true, family: 'deep-redact' },
    () =>
      deepRedact({
        blacklistedKeys: fields,
        stringTests: [/[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}/, /\b(?:\d[ -]?){13,19}\b/],
      }),
  ),
  stringify,
];
