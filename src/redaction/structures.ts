import { IncomingMessage, OutgoingMessage } from 'node:http';
import { types } from 'node:util';

/**
 * What stands for bytes: their type and number. The bytes of a key, a picture of a passport or a request's body must
 * not print, and a Buffer's own toJSON would print them all.
 */
export function bytesLabel(value: object): string | undefined {
  if (types.isAnyArrayBuffer(value)) return `[ArrayBuffer ${value.byteLength} bytes]`;
  if (!ArrayBuffer.isView(value)) return undefined;
  const name = Buffer.isBuffer(value) ? 'Buffer' : types.isDataView(value) ? 'DataView' : typedArrayName(value);
  return `[${name} ${value.byteLength} bytes]`;
}

const nameOfTypedArray = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype) as object,
  Symbol.toStringTag,
)?.get;

/** Asked of the built-in getter: a subclass's constructor name is text of somebody else. */
function typedArrayName(value: ArrayBufferView): string {
  return String(nameOfTypedArray?.call(value) ?? 'TypedArray');
}

/** Collections and wrappers that JSON would lose, in a form that can be walked; undefined for everything else. */
export function asPlain(value: object): { readonly value: unknown } | undefined {
  if (types.isMap(value)) return { value: mapAsPlain(value) };
  if (types.isSet(value)) return { value: [...Set.prototype.values.call(value)] };
  if (types.isBoxedPrimitive(value)) return { value: unboxed(value) };
  if (value instanceof URL) return { value: value.href };
  // The question mark tells the scanner that these are parameters, where `code` and `key` are secrets too.
  if (value instanceof URLSearchParams) return { value: `?${value.toString()}` };
  if (value instanceof Headers) return { value: fromEntries([...value]) };
  return asMessage(value);
}

/** Requests and responses of node:http and of fetch: what they are about, instead of sockets, buffers and raw headers. */
function asMessage(value: object): { readonly value: unknown } | undefined {
  if (value instanceof IncomingMessage) {
    const { method, url, statusCode, headers } = value;
    return { value: { method, url: originalUrl(value) ?? url, status: statusCode ?? undefined, headers } };
  }
  if (value instanceof OutgoingMessage) {
    const { method, path, statusCode } = value as { method?: unknown; path?: unknown; statusCode?: unknown };
    return { value: { method, path, status: statusCode, headers: { ...value.getHeaders() } } };
  }
  if (value instanceof Request) return { value: { method: value.method, url: value.url, headers: value.headers } };
  if (value instanceof Response) return { value: { status: value.status, url: value.url, headers: value.headers } };
  if (value instanceof FormData) return { value: fromEntries([...value]) };
  if (value instanceof Blob) return { value: `[Blob ${value.size} bytes]` };
  return undefined;
}

/** What the client asked for; a router cuts its own part off `url`. */
function originalUrl(req: IncomingMessage): unknown {
  return (req as { readonly originalUrl?: unknown }).originalUrl;
}

function mapAsPlain(map: ReadonlyMap<unknown, unknown>): unknown {
  const entries = [...Map.prototype.entries.call(map)] as [unknown, unknown][];
  if (entries.every(([key]) => typeof key === 'string')) return fromEntries(entries as [string, unknown][]);
  // A key that is a text names its value also where others are none.
  return entries.map(([key, item]) => (typeof key === 'string' ? fromEntries([[key, item]]) : [key, item]));
}

/** Without a prototype: a key named `__proto__` is a key. */
function fromEntries(entries: readonly (readonly [string, unknown])[]): Readonly<Record<string, unknown>> {
  const out = Object.create(null) as Record<string, unknown>;
  for (const [key, item] of entries) out[key] = item;
  return out;
}

function unboxed(value: object): unknown {
  if (types.isNumberObject(value)) return Number.prototype.valueOf.call(value);
  if (types.isStringObject(value)) return String.prototype.valueOf.call(value);
  if (types.isBooleanObject(value)) return Boolean.prototype.valueOf.call(value);
  if (types.isBigIntObject(value)) return BigInt.prototype.valueOf.call(value);
  return undefined;
}

/** An error as pino prints one, and what JSON leaves out of it: cause, the errors of an AggregateError, own fields. */
export function errorFields(error: Error): Readonly<Record<string, unknown>> {
  const out = Object.create(null) as Record<string, unknown>;
  out['type'] = read(() => error.constructor.name) ?? 'Error';
  out['message'] = read(() => error.message);
  out['stack'] = read(() => error.stack);
  for (const key of Object.keys(error)) {
    if (key !== 'message' && key !== 'stack' && key !== 'cause' && key !== 'errors') {
      out[key === 'type' ? 'error_type' : key] = read(() => Reflect.get(error, key) as unknown);
    }
  }
  const cause = read(() => error.cause);
  if (cause !== undefined) out['cause'] = cause;
  const errors = read(() => Reflect.get(error, 'errors') as unknown);
  if (errors !== undefined) out['errors'] = errors;
  return out;
}

/** One field that throws must not cost the others. */
function read(get: () => unknown): unknown {
  try {
    return get();
  } catch {
    return '[Unreadable]';
  }
}
