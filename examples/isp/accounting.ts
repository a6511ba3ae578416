import { isIPv4 } from 'node:net';

/** One accounting record of a line, read and found whole. */
export interface AccountingRecord {
  readonly login: string;
  readonly type: 'start' | 'interim' | 'stop';
  readonly session: string;
  readonly nas: string;
  /** When it happened: the time it arrived, less the time it waited. */
  readonly atMs: number;
  /** From the subscriber, to the subscriber. */
  readonly octetsIn: bigint;
  readonly octetsOut: bigint;
  readonly seconds: number;
  readonly address: string | undefined;
  /** Why the connection ended. */
  readonly cause: number | undefined;
}

/** Why a record is refused, in words of ours. */
export type RecordRefusal =
  | 'not_an_object'
  | 'unknown_attribute'
  | 'status_type'
  | 'user_name'
  | 'session_id'
  | 'nas'
  | 'counter'
  | 'counter_in_start'
  | 'time'
  | 'framed_address'
  | 'terminate_cause';

/** RFC 2866 section 5.1 and RFC 2869 section 2.1. On and off of a whole server are not taken. */
const types: ReadonlyMap<unknown, AccountingRecord['type']> = new Map<unknown, AccountingRecord['type']>([
  [1, 'start'],
  [2, 'stop'],
  [3, 'interim'],
  ['Start', 'start'],
  ['Stop', 'stop'],
  ['Interim-Update', 'interim'],
]);
const known = new Set([
  'Acct-Status-Type',
  'User-Name',
  'Acct-Session-Id',
  'NAS-Identifier',
  'NAS-IP-Address',
  'Acct-Delay-Time',
  'Acct-Input-Octets',
  'Acct-Output-Octets',
  'Acct-Input-Gigawords',
  'Acct-Output-Gigawords',
  'Acct-Session-Time',
  'Framed-IP-Address',
  'Acct-Terminate-Cause',
]);
const counters = ['Acct-Input-Octets', 'Acct-Output-Octets', 'Acct-Input-Gigawords', 'Acct-Output-Gigawords'] as const;
/** A string of an attribute: 1 to 253 octets (RFC 2865 section 5), printable. */
const isText = (value: unknown): value is string => typeof value === 'string' && /^[\x21-\x7e]{1,253}$/.test(value);
const isInteger = (value: unknown, most = 0xffff_ffff): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most;

/**
 * Reads a record by the names and types of RFC 2866 and 2869. An attribute that is not named here is refused with its
 * record, not dropped: a line that begins to say more, such as the caller's telephone number, is noticed.
 */
export function readRecord(given: unknown, nowMs: number): AccountingRecord | RecordRefusal {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return 'not_an_object';
  const a = new Map<string, unknown>(Object.entries(given));
  for (const name of a.keys()) if (!known.has(name)) return 'unknown_attribute';
  const type = types.get(a.get('Acct-Status-Type'));
  if (type === undefined) return 'status_type';
  const login = a.get('User-Name');
  if (!isText(login)) return 'user_name';
  const session = a.get('Acct-Session-Id');
  if (!isText(session)) return 'session_id';
  const nas = a.get('NAS-Identifier') ?? a.get('NAS-IP-Address');
  if (!isText(nas)) return 'nas';
  const delay = a.get('Acct-Delay-Time') ?? 0;
  const seconds = a.get('Acct-Session-Time') ?? 0;
  if (!isInteger(delay) || !isInteger(seconds)) return 'time';
  for (const name of counters) {
    if (!a.has(name)) continue;
    // The upper half of a counter: more than this is more than a column can hold, and than a line can carry.
    if (!isInteger(a.get(name), name.endsWith('words') ? 0xf_ffff : undefined)) return 'counter';
    if (type === 'start') return 'counter_in_start';
  }
  const address = a.get('Framed-IP-Address');
  if (address !== undefined && (typeof address !== 'string' || !isIPv4(address))) return 'framed_address';
  const cause = a.get('Acct-Terminate-Cause');
  if (cause !== undefined && (type !== 'stop' || !isInteger(cause, 18) || cause === 0)) return 'terminate_cause';
  const count = (way: 'Input' | 'Output'): bigint =>
    (BigInt(Number(a.get(`Acct-${way}-Gigawords`) ?? 0)) << 32n) + BigInt(Number(a.get(`Acct-${way}-Octets`) ?? 0));
  return {
    login,
    type,
    session,
    nas,
    atMs: nowMs - delay * 1000,
    octetsIn: count('Input'),
    octetsOut: count('Output'),
    seconds,
    address,
    cause,
  };
}
