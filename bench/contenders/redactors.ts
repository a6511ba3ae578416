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
];
