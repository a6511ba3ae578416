import { SafekeepError } from '../base/errors.js';
import { nameOf, say } from '../base/names.js';
import type { SinkLike } from './adapters/redact-sink.js';

/** Where a planted value came out: which one, counted from 0, in which form. Never the value. */
export interface CanaryFinding {
  readonly value: number;
  readonly form: CanaryForm;
}
export type CanaryForm = 'plain' | 'digits' | 'percent' | 'html' | 'escaped' | 'base64' | 'hex';

export interface Canary {
  /** Looks at what reached a sink; texts and bytes, also in pieces: what lies across two pieces of one sink is found. */
  see(output: string | Uint8Array, sink?: object): void;
  /** Looks at every record that is written to a stream or sink from now on; it is changed. @returns what undoes it */
  watch(sink: SinkLike): () => void;
  /** What was found until now, each value and form once. */
  found(): readonly CanaryFinding[];
  /** For the end of a test or of the whole run. @throws SafekeepError ERR_CANARY when a planted value reached a sink */
  assertSilent(): void;
}

interface Sign {
  readonly value: number;
  readonly form: CanaryForm;
  readonly text: string;
}

const shortest = 6;

/**
 * Plants known values into a test run and says whether one of them came out: give a customer of the tests these values,
 * watch the log's destination (or `process.stdout`), and ask in the end. Values are looked for as they are, in any case,
 * without separators where they are numbers, and percent-encoded, HTML- and JSON-escaped, in base64 at any alignment
 * and in hexadecimal.
 *
 * It finds those values and proves nothing about others; it does NOT see compressed or encrypted output, values that were
 * cut, or sinks that nobody watches. ASVS 5.0 V16.2.5.
 * @throws SafekeepError ERR_OPTION_INVALID for a value of fewer than six characters, which would come out by chance
 * @example
 * const planted = canary(['ada.canary@example.com', '4111 1111 1111 1111']);
 * const stop = planted.watch(process.stdout);
 * // ... the tests ...
 * stop();
 * planted.assertSilent();
 */
export function canary(values: readonly string[]): Canary {
  const signs = signsOf(values);
  const longest = Math.max(0, ...signs.map(({ text }) => text.length));
  const tails = new WeakMap<object, string>();
  const alone = {};
  const found = new Map<string, CanaryFinding>();

  function see(output: string | Uint8Array, sink: object = alone): void {
    const given = typeof output === 'string' ? output : Buffer.from(output).toString('latin1');
    const text = `${tails.get(sink) ?? ''}${given}`;
    tails.set(sink, text.slice(-longest));
    const folded = text.toLowerCase();
    for (const { value, form, text: sign } of signs) {
      const isIn = form === 'base64' ? text.includes(sign) : folded.includes(sign);
      if (isIn) found.set(`${value} ${form}`, Object.freeze({ value, form }));
    }
  }

  return Object.freeze({
    see,
    watch(sink: SinkLike) {
      const own = sink.write;
      const watched = (...args: unknown[]): unknown => {
        const [record] = args;
        if (typeof record === 'string' || record instanceof Uint8Array) see(record, sink);
        else if (record !== undefined && record !== null) see(textOf(record), sink);
        return Reflect.apply(own as (...args: unknown[]) => unknown, sink, args);
      };
      Reflect.set(sink, 'write', watched);
      return () => {
        if (sink.write === watched) Reflect.set(sink, 'write', own);
      };
    },
    found: () => [...found.values()],
    assertSilent() {
      if (found.size > 0) throw new SafekeepError('ERR_CANARY', { found: found.size, planted: values.length });
    },
  });
}

function textOf(record: unknown): string {
  try {
    return JSON.stringify(record) ?? '';
  } catch {
    return '';
  }
}

function signsOf(values: readonly string[]): readonly Sign[] {
  const signs: Sign[] = [];
  for (const [value, given] of values.entries()) {
    if (typeof given !== 'string' || given.length < shortest) throw tooShort();
    const add = (form: CanaryForm, text: string): void => {
      const sign = form === 'base64' ? text : text.toLowerCase();
      if (sign.length >= shortest && !signs.some((known) => known.text === sign))
        signs.push({ value, form, text: sign });
    };
    const bytes = Buffer.from(given, 'utf8');
    add('plain', given);
    // Bytes are compared one by one, so that a piece of a stream may end inside a character.
    add('plain', bytes.toString('latin1'));
    if (/^[\d .()+-]+$/.test(given)) add('digits', given.replace(/\D/g, ''));
    add('percent', encodeURIComponent(given));
    add('percent', new URLSearchParams({ v: given }).toString().slice(2));
    add(
      'html',
      given.replace(/[^\w .-]/g, (char) => `&#${char.codePointAt(0)};`),
    );
    add(
      'html',
      given.replace(/[&<>"']/g, (char) => htmlNames[char] ?? char),
    );
    add('escaped', JSON.stringify(given).slice(1, -1));
    add(
      'escaped',
      given.replace(/[^ -~]|@/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`),
    );
    add('hex', bytes.toString('hex'));
    for (const encoding of ['base64', 'base64url'] as const) {
      for (const shift of [0, 1, 2]) add('base64', insideBase64(bytes, shift, encoding));
    }
  }
  return signs;
}

const htmlNames: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** The characters of a value's base64 that do not depend on what stands around it, `shift` bytes into a group. */
function insideBase64(bytes: Buffer, shift: number, encoding: 'base64' | 'base64url'): string {
  const text = Buffer.concat([Buffer.alloc(shift), bytes])
    .toString(encoding)
    .replace(/=+$/, '');
  const isWhole = (bytes.length + shift) % 3 === 0;
  return text.slice(shift === 0 ? 0 : shift + 1, isWhole ? undefined : -1);
}

function tooShort(): SafekeepError {
  return new SafekeepError('ERR_OPTION_INVALID', {
    of: nameOf('canary'),
    option: nameOf('values'),
    expected: say`texts of at least ${shortest} characters`,
  });
}
