import { type Redactor, requireParts } from '../create-redactor.js';

/** As much of OpenTelemetry's log record as is asked of it. */
export interface LogRecordLike {
  body?: unknown;
  readonly attributes: object;
  severityText?: string | undefined;
  eventName?: string | undefined;
}
/** A processor of OpenTelemetry's log SDK, without its types. */
export interface LogRecordRedactor {
  onEmit(record: LogRecordLike): void;
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

/**
 * A processor for OpenTelemetry's log SDK that redacts body, attributes and event name of every record where it lies:
 * put it FIRST in `processors`, because those before it have seen the record, and a batch processor may have sent it.
 *
 * It does NOT touch the resource and the instrumentation scope, which all records share, or spans and metrics.
 * A record that cannot be changed is emptied as far as it can be. ASVS 5.0 V16.2.5.
 * @throws SafekeepError ERR_REDACTOR_FOREIGN for a redactor that `createRedactor` did not make
 * @example
 * import { createRedactor, redactLogRecords } from 'safekeep/redaction';
 * const processors = [redactLogRecords(createRedactor())]; // and behind it the one that exports
 */
export function redactLogRecords(redactor: Redactor): LogRecordRedactor {
  requireParts(redactor);
  return {
    onEmit(record) {
      redactField(record, 'body', (body) => redactor.value(body));
      redactField(record, 'eventName', (name) => redactor.text(String(name)));
      redactField(record, 'severityText', (text) => redactor.text(String(text)));
      redactAttributes(record.attributes as Record<string, unknown>, redactor);
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
}

function redactField(
  record: LogRecordLike,
  field: 'body' | 'eventName' | 'severityText',
  redacted: (value: unknown) => unknown,
): void {
  const value = record[field];
  if (value === undefined) return;
  Reflect.set(record, field, redacted(value));
}

/** In place: the record has no way to take an attribute out, and a name can be personal as well. */
function redactAttributes(attributes: Record<string, unknown>, redactor: Redactor): void {
  const copy = (redactor.value(attributes) ?? {}) as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(attributes)) {
    if (!Object.hasOwn(copy, key)) Reflect.deleteProperty(attributes, key);
  }
  for (const [key, value] of Object.entries(copy)) Reflect.set(attributes, key, value);
}
