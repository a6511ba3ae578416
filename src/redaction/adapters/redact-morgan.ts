import { SafekeepError } from '../../base/errors.js';
import type { Redactor } from '../create-redactor.js';
import { redactSink, type SinkLike } from './redact-sink.js';

/** As much of morgan as is asked of it; the full type passes through. */
export interface MorganLike {
  (...args: never[]): unknown;
  readonly compile: unknown;
  readonly token: unknown;
}

/**
 * morgan whose lines are redacted, whatever the format and wherever they go: call what it returns as you call morgan.
 * Formats and tokens are shared with the morgan that was given, which is not changed.
 *
 * It does NOT turn a path into its route: a token in a path that has no known form prints. The access log of
 * `safekeep()` prints route templates. ASVS 5.0 V16.2.5, V14.2.1.
 * @throws SafekeepError ERR_LOGGER_UNSUPPORTED for what is not morgan; ERR_REDACTOR_FOREIGN for a redactor that
 *   `createRedactor` did not make
 * @example
 * import morgan from 'morgan';
 * import { createRedactor, redactMorgan } from 'safekeep/redaction';
 * const accessLog = redactMorgan(morgan, createRedactor())('combined');
 */
export function redactMorgan<M extends MorganLike>(morgan: M, redactor: Redactor): M {
  if (typeof morgan !== 'function' || typeof morgan.compile !== 'function' || typeof morgan.token !== 'function') {
    throw new SafekeepError('ERR_LOGGER_UNSUPPORTED');
  }
  const out = redactSink<SinkLike>(process.stdout, redactor);

  function guarded(options: unknown): Readonly<Record<string, unknown>> {
    const given = (options ?? {}) as { readonly stream?: SinkLike };
    return { ...given, stream: given.stream == null ? out : redactSink(given.stream, redactor) };
  }

  return new Proxy(morgan, {
    apply(target, self, [format, options]: unknown[]) {
      // The old form, whose only argument is the options.
      const args = typeof format === 'object' && format !== null ? [guarded(format)] : [format, guarded(options)];
      return Reflect.apply(target, self, args);
    },
  });
}
