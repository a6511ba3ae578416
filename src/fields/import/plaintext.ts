import { encodes, type ValueType } from '../../envelope/index.js';
import { isExactJson } from './exact-json.js';

/** PostgreSQL's names without their modifiers: `character varying(40)` is `character varying`. */
const character = ['text', 'character varying', 'character', 'citext'];
const whole = ['smallint', 'integer', 'bigint'];
/**
 * The SQL types whose every value the sealed type can say exactly, or is refused for. `money` is written as the server's
 * locale has it, `timestamp` names no zone, and bytes or JSON in a text would come back as something else.
 */
const sources: Readonly<Record<ValueType, readonly string[]>> = {
  text: [...character, ...whole, 'numeric', 'uuid', 'inet', 'cidr', 'date'],
  bytes: ['bytea'],
  boolean: ['boolean'],
  int64: [...character, ...whole, 'numeric'],
  bigint: [...character, ...whole, 'numeric'],
  float64: [...character, ...whole, 'real', 'double precision'],
  decimal: [...character, ...whole, 'numeric'],
  instant: [...character, 'timestamp with time zone'],
  date: [...character, 'date'],
  json: [...character, 'json', 'jsonb'],
};

export function baseType(sqlType: string): string {
  return sqlType.replace(/\(.*?\)/, '');
}

/** Whether a column of the SQL type can be imported as the type that the policy declares. */
export function canImport(sqlType: string, type: ValueType): boolean {
  return sources[type].includes(baseType(sqlType));
}

/**
 * The value of a text that PostgreSQL wrote, exactly; undefined when it is none of the type. The null of JSON is none:
 * fields know the null of SQL only, and one would become the other.
 */
export function parsePlain(text: string, type: ValueType): unknown {
  const value = parsed(text, type);
  return value !== undefined && value !== null && encodes(type, value) ? value : undefined;
}

function parsed(text: string, type: ValueType): unknown {
  switch (type) {
    case 'text':
    case 'decimal':
    case 'date':
      return text;
    case 'bytes':
      return /^\\x(?:[0-9a-f]{2})*$/.test(text) ? Buffer.from(text.slice(2), 'hex') : undefined;
    case 'boolean':
      return text === 't' || text === 'true' ? true : text === 'f' || text === 'false' ? false : undefined;
    case 'int64':
    case 'bigint':
      return /^-?[0-9]{1,4000}$/.test(text) ? BigInt(text) : undefined;
    case 'float64':
      return floating.test(text) ? Number(text) : undefined;
    case 'instant':
      return instantOf(text);
    case 'json':
      return isExactJson(text) ? JSON.parse(text) : undefined;
    default:
      return undefined;
  }
}

const floating = /^(?:NaN|-?Infinity|-?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?)$/;
/** As PostgreSQL writes it (DateStyle ISO), or ISO 8601; a zone is needed, and no more than milliseconds fit. */
const instant = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d{1,3})0*)?(Z|[+-]\d\d(?::?\d\d)?)$/;

function instantOf(text: string): Date | undefined {
  const [, day, time, fraction = '', zone] = instant.exec(text) ?? [];
  if (day === undefined || time === undefined || zone === undefined) return undefined;
  const offset = zone === 'Z' ? 'Z' : `${zone.slice(0, 3)}:${zone.slice(3).replace(':', '') || '00'}`;
  const date = new Date(`${day}T${time}.${fraction.padEnd(3, '0')}${offset}`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** The text that PostgreSQL reads the value from, for going back. */
export function formatPlain(value: unknown, type: ValueType): string {
  switch (type) {
    case 'bytes':
      return `\\x${Buffer.from(value as Uint8Array).toString('hex')}`;
    case 'instant':
      return (value as Date).toISOString();
    case 'json':
      return JSON.stringify(value);
    default:
      return String(value);
  }
}

/** Whether two values of the type are one: what was sealed, and what stands in the clear. */
export function samePlain(a: unknown, b: unknown, type: ValueType): boolean {
  switch (type) {
    case 'bytes':
      return Buffer.from(a as Uint8Array).equals(Buffer.from(b as Uint8Array));
    case 'instant':
      return (a as Date).getTime() === (b as Date).getTime();
    case 'json':
      return JSON.stringify(sortedMembers(a)) === JSON.stringify(sortedMembers(b));
    default:
      return Object.is(a, b);
  }
}

/** jsonb keeps no order of members; neither is one looked at here. */
function sortedMembers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedMembers);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  // Pairs, because an object would put members named like numbers first; in an object, so that no list looks the same.
  return { members: members.map(([name, member]) => [name, sortedMembers(member)]) };
}

/**
 * The value of a stored plaintext as the driver gives it to the application: a Date for an instant, a number for an
 * integer. undefined when it is none of the type, or when the driver has rounded it already.
 */
export function fromDriver(stored: unknown, type: ValueType): unknown {
  if (typeof stored === 'string') return parsePlain(stored, type);
  const value = looselyTyped(stored, type);
  return value !== undefined && encodes(type, value) ? value : undefined;
}

function looselyTyped(stored: unknown, type: ValueType): unknown {
  if (typeof stored === 'number' && type !== 'json') {
    if (type === 'float64') return stored;
    if (!Number.isSafeInteger(stored)) return undefined;
    return type === 'int64' || type === 'bigint' ? BigInt(stored) : String(stored);
  }
  // pg reads a calendar date as midnight of the server's own zone.
  if (type === 'date' && stored instanceof Date) return localDay(stored);
  return stored;
}

function localDay(date: Date): string {
  const two = (part: number): string => String(part).padStart(2, '0');
  return `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
