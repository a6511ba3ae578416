import { SafekeepError } from '../../base/errors.js';
import type { Redactor } from '../create-redactor.js';
import { createRecordPrinter } from '../lines/record-printer.js';

/** What loggers write to: a stream, or any object with `write`. */
export interface SinkLike {
  write(...args: never[]): unknown;
}

/**
 * A destination that redacts each record before the real one gets it: bunyan's streams (lines of JSON, and `type: 'raw'`
 * with its objects), the `stream` of morgan, a destination of any logger that writes one record a call. Texts that are
 * JSON are redacted by their keys as well; bytes are read as UTF-8; everything else of the destination is passed on.
 *
 * It sees what the logger made: a `Secret` printed its label there already, but a key that the logger left out is gone.
 * One call is one record. It does NOT put together records that arrive in pieces: that is `redactStream`.
 * ASVS 5.0 V16.2.5, V16.4.1.
 * @throws SafekeepError ERR_LOGGER_UNSUPPORTED for what has no `write`; ERR_REDACTOR_FOREIGN for a redactor that
 *   `createRedactor` did not make
 * @example
 * import { createRedactor, redactSink } from 'safekeep/redaction';
 * const streams = [{ level: 'info', stream: redactSink(process.stdout, createRedactor()) }]; // for bunyan
 */
export function redactSink<S extends SinkLike>(sink: S, redactor: Redactor): S {
  const print = createRecordPrinter(redactor);
  if (typeof (sink as Partial<SinkLike> | null | undefined)?.write !== 'function') {
    throw new SafekeepError('ERR_LOGGER_UNSUPPORTED');
  }

  function redacted(record: unknown): unknown {
    if (typeof record === 'string') return print(record);
    if (record instanceof Uint8Array) {
      return Buffer.from(print(Buffer.from(record.buffer, record.byteOffset, record.byteLength).toString('utf8')));
    }
    return redactor.value(record);
  }

  // What it answers is how a stream says that it is full.
  const write = (record: unknown, ...rest: unknown[]): unknown =>
    Reflect.apply(sink.write, sink, [redacted(record), ...rest]);
  // `end` takes a last record.
  const end = (...args: unknown[]): unknown => {
    const [last, ...rest] = args;
    const isRecord = last !== undefined && last !== null && typeof last !== 'function';
    Reflect.apply(Reflect.get(sink, 'end') as () => unknown, sink, isRecord ? [redacted(last), ...rest] : args);
    return guarded;
  };
  const guarded: S = new Proxy(sink, {
    get(target, key) {
      if (key === 'write') return write;
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      return key === 'end' ? end : (value.bind(target) as unknown);
    },
  });
  return guarded;
}
