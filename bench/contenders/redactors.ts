import { pino } from 'pino';
import { createRedactor } from 'safekeep/redaction';
import { peer } from '../harness/peers.js';

export interface Contender {
  readonly name: string;
  prepare(): Promise<(text: string) => string>;
}

interface LogTape {
  readonly [pattern: string]: unknown;
  redactByPattern(
    formatter: (record: { message: readonly string[] }) => string,
    patterns: readonly unknown[],
  ): (record: { message: readonly string[] }) => string;
}

/** Each with what it does by itself to a line of text. pino has nothing for text: its rules are paths. */
export const contenders: readonly Contender[] = [
  {
    name: 'safekeep',
    prepare: () => Promise.resolve(createRedactor().text),
  },
  {
    name: 'redact-pii 3.4',
    async prepare() {
      const { SyncRedactor } = await peer<{ SyncRedactor: new () => { redact(text: string): string } }>('redact-pii');
      const redactor = new SyncRedactor();
      return (text) => redactor.redact(text);
    },
  },
  {
    name: '@redactpii/node 1.0',
    async prepare() {
      const { Redactor } = await peer<{ Redactor: new () => { redact(text: string): string } }>('@redactpii/node');
      const redactor = new Redactor();
      return (text) => redactor.redact(text);
    },
  },
  {
    name: '@logtape/redaction 2.3, all patterns',
    async prepare() {
      const logtape = await peer<LogTape>('@logtape/redaction');
      const patterns = Object.keys(logtape)
        .filter((key) => key.endsWith('_PATTERN'))
        .map((key) => logtape[key]);
      const format = logtape.redactByPattern(({ message }) => message.join(''), patterns);
      return (text) => format({ message: [text] });
    },
  },
  {
    name: '@hackylabs/deep-redact 3.0, 6 names, on objects',
    async prepare() {
      const { DeepRedact } = await peer<{ DeepRedact: new (options: object) => { redact(value: unknown): unknown } }>(
        '@hackylabs/deep-redact',
      );
      const redactor = new DeepRedact({ blacklistedKeys: names, types: ['string', 'number'], serialise: true });
      return onObjects((object) => String(redactor.redact(object)));
    },
  },
  {
    name: 'pino 10 redact, 6 names at two levels, on objects',
    prepare() {
      let last = '';
      const sink = {
        write(line: string) {
          last = line;
        },
      };
      const paths = names.flatMap((name) => [name, `*.${name}`]);
      const logger = pino({ base: null, timestamp: false, redact: paths }, sink);
      return Promise.resolve(
        onObjects((object) => {
          logger.info(object);
          // Without the level that pino puts in front.
          return last.trimEnd().replace(/^\{"level":30,?/, '{');
        }),
      );
    },
  },
];

/** What people list where names have to be listed. */
const names = ['password', 'email', 'card', 'token', 'authorization', 'phone'];

/** For those that know objects only: a line of JSON is one, another text stays as it is. */
function onObjects(write: (object: object) => string): (text: string) => string {
  return (text) => {
    if (!text.startsWith('{')) return text;
    try {
      const value: unknown = JSON.parse(text);
      const out = write(value as object);
      return out === JSON.stringify(value) ? text : out;
    } catch {
      return text;
    }
  };
}
