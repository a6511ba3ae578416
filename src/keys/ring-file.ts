import { fromBase64Url } from '../base/bytes.js';
import { SafekeepError } from '../base/errors.js';
import { type Name, nameOf, type Statement, say } from '../base/names.js';
import { keyPurposes, keyStates } from './key-state.js';
import type { RingEntry, RingList } from './ring-list.js';

const format = 'safekeep key ring 1';

/** A ring as it was read: the list, and what is to authenticate it. */
export interface StoredRing {
  readonly list: RingList;
  readonly mac: Buffer;
}

/** The file form: JSON that a person can read, every byte string in base64url. docs/formats.md has it whole. */
export function formatRing(list: RingList, mac: Buffer): string {
  const keys = list.keys.map(({ wrapped, check, ...entry }) => ({
    ...entry,
    wrapped: text(wrapped),
    check: text(check),
  }));
  const guard = { wrapped: text(list.guard.wrapped), check: text(list.guard.check) };
  const whole = { format, ring: text(list.ring), counter: list.counter, guard, keys, mac: text(mac) };
  return `${JSON.stringify(whole, null, 2)}\n`;
}

/**
 * Reads the file form strictly: exactly these members, of these types, and nothing twice. What it returns is not yet
 * authenticated.
 * @throws SafekeepError ERR_KEY_RING_INVALID saying what is wrong with which member
 */
export function parseRing(json: string, file: Name): StoredRing {
  const refuse = (problem: Statement): never => {
    throw new SafekeepError('ERR_KEY_RING_INVALID', { file, problem });
  };
  const object = (value: unknown, of: Statement, members: readonly string[]): Record<string, unknown> => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse(say`${of} is no object`);
    const found = Object.keys(value);
    for (const name of members) if (!found.includes(name)) refuse(say`${of} has no ${nameOf(name)}`);
    if (found.length !== members.length) refuse(say`${of} has a member that does not belong there`);
    return value as Record<string, unknown>;
  };
  const bytes = (value: unknown, of: Statement, least: number, most: number): Buffer => {
    const read = typeof value === 'string' ? fromBase64Url(value) : null;
    if (read === null || read.length < least || read.length > most)
      return refuse(say`${of} is not base64url of its size`);
    return read;
  };
  const choice = <T extends string>(value: unknown, of: Statement, choices: readonly T[]): T =>
    choices.find((known) => known === value) ?? refuse(say`${of} is not one that is known`);
  const whole = (value: unknown, of: Statement, most: number): number =>
    Number.isSafeInteger(value) && (value as number) > 0 && (value as number) <= most
      ? (value as number)
      : refuse(say`${of} is no whole number from 1 to ${most}`);

  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    return refuse(say`it is not JSON`);
  }
  const top = object(parsed, say`the file`, ['format', 'ring', 'counter', 'guard', 'keys', 'mac']);
  choice(top['format'], say`format`, [format]);
  const guard = object(top['guard'], say`guard`, ['wrapped', 'check']);
  if (!Array.isArray(top['keys'])) return refuse(say`keys is no list`);
  const keys = top['keys'].map((value: unknown, at): RingEntry => {
    const of = say`key ${at}`;
    const entry = object(value, of, ['id', 'purpose', 'state', 'created', 'wrapped', 'check']);
    const state = choice(entry['state'], say`${of}: state`, keyStates);
    const gone = state === 'destroyed';
    if (gone && (entry['wrapped'] !== null || entry['check'] !== null)) refuse(say`${of} is destroyed and has bytes`);
    return {
      id: whole(entry['id'], say`${of}: id`, 0xffff_ffff),
      purpose: choice(entry['purpose'], say`${of}: purpose`, keyPurposes),
      state,
      created: isoDate(entry['created']) ?? refuse(say`${of}: created is no date`),
      wrapped: gone ? null : bytes(entry['wrapped'], say`${of}: wrapped`, 32, 4096),
      check: gone ? null : bytes(entry['check'], say`${of}: check`, 32, 32),
    };
  });
  if (new Set(keys.map(({ id }) => id)).size !== keys.length) refuse(say`two keys have one id`);
  for (const purpose of keyPurposes) {
    const active = keys.filter((key) => key.purpose === purpose && key.state === 'active');
    if (active.length > 1) refuse(say`two keys are active for ${nameOf(purpose)}`);
  }
  return {
    list: {
      ring: bytes(top['ring'], say`ring`, 16, 16),
      counter: whole(top['counter'], say`counter`, Number.MAX_SAFE_INTEGER),
      guard: {
        wrapped: bytes(guard['wrapped'], say`guard: wrapped`, 32, 4096),
        check: bytes(guard['check'], say`guard: check`, 32, 32),
      },
      keys,
    },
    mac: bytes(top['mac'], say`mac`, 32, 32),
  };
}

function text(bytes: Buffer | null): string | null {
  return bytes === null ? null : bytes.toString('base64url');
}

function isoDate(value: unknown): string | null {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value)) return null;
  return Number.isNaN(Date.parse(value)) ? null : value;
}
