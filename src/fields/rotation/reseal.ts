import type { Ciphertext } from '../../base/brands.js';
import { isSafekeepError, SafekeepError } from '../../base/errors.js';
import { nameOf } from '../../base/names.js';
import type { WalkedRow } from '../../database/index.js';
import { createEnvelopes, type Envelopes, type Place, type RowKeyPart } from '../../envelope/index.js';
import type { Policy } from '../../policy/index.js';
import { columnSeals } from '../column-seals.js';
import { foldRowKey } from '../row-place.js';
import { bytesOf, textOf } from '../stored-form.js';
import { headCharacters, headerOf, type SealedHeader } from './key-text.js';
import type { KnownFields } from './known-fields.js';
import type { RotationTable } from './rotation-tables.js';

/**
 * The stored text sealed anew under the active key for the same place; undefined when it is under that key already, or
 * not sealed.
 * @throws SafekeepError ERR_NOT_SEALED, ERR_KEY_UNKNOWN, ERR_SEAL_KEY, ERR_SEAL_BROKEN, ERR_VALUE_TYPE when the value
 * does not open; ERR_KEY_RING_CLOSED
 */
export type Reseal = (table: RotationTable, column: string, row: WalkedRow) => string | undefined;

const made = new WeakMap<KnownFields, Resealing>();

/** Made once for the same fields: column keys are derived, and wiped with the ring, once for all rotations. */
export function resealingOf(known: KnownFields): Resealing {
  const resealing = made.get(known) ?? createResealing(known);
  made.set(known, resealing);
  return resealing;
}

export interface Resealing {
  readonly reseal: Reseal;
  /** As the policy says, for any purpose. */
  readonly envelopes: Envelopes;
  /** The key id of a password hash that a registration carries inside; null where it carries none. */
  hashKeyOf(row: WalkedRow): number | null;
}

/** A password hash inside a registration, whose place is the password column of the table it is meant for. */
interface Payload {
  readonly hash?: unknown;
  readonly row?: Readonly<Record<string, unknown>>;
}

function createResealing({ policy, keys, hedged, fields }: KnownFields): Resealing {
  const { application } = policy;
  const envelopes = columnSeals(createEnvelopes({ application, keys, hedged }), policy);

  let last: { readonly head: string; readonly header: SealedHeader } | undefined;
  /** Nearly all values of a table begin alike: the last header is kept, and nothing of what is not sealed. */
  const readHeader = (text: string): SealedHeader | null => {
    const head = text.slice(0, headCharacters);
    if (head === last?.head) return last.header;
    const header = headerOf(head);
    if (header !== null) last = { head, header };
    return header;
  };
  const isOld = (text: string): boolean => {
    const header = readHeader(text);
    return header !== null && header.keyId !== keys.active('fields').id;
  };
  function resealField(
    kind: 'fields' | 'row',
    table: RotationTable,
    column: string,
    row: WalkedRow,
    text: string,
  ): string {
    const key = table.rowKey.map((part) => keyPart(row[part] ?? '', table.bytes.has(part)));
    const place = { table: table.name, column, row: foldRowKey(key), tenant: tenantOf(table, row) };
    if (kind === 'row') return envelopes.sealMap(envelopes.openMap(text, place), place);
    const { type, value } = envelopes.openAny(text, place);
    const declared = policy.table(table.name).columns.get(column)?.value;
    // Sealed again as another type it would open, and mean something else.
    if (declared !== type) {
      throw new SafekeepError('ERR_VALUE_TYPE', { type: nameOf(type), place: nameOf(`${table.name}.${column}`) });
    }
    // By the fields themselves, so that it is sealed as the policy says today.
    const sealed = fields.seal(value, place);
    return typeof sealed === 'string' ? sealed : textOf(sealed);
  }
  function resealHash(place: Place, text: string, tenant?: string): string {
    try {
      return envelopes.seal({ type: 'text', value: envelopes.open(text, place, 'text') }, place);
    } catch (error) {
      // Passwords are sealed for a tenant when `createPasswords` was told one, whatever the table says.
      if (tenant === undefined || !isSafekeepError(error, 'ERR_SEAL_BROKEN')) throw error;
      return resealHash({ ...place, tenant }, text);
    }
  }
  function resealRegistration(row: WalkedRow, text: string): string | undefined {
    const place = { table: 'safekeep.registrations', column: 'payload', row: row['id'] ?? '' };
    const payload = envelopes.open(text, place, 'json') as Payload;
    const { hash } = payload;
    const hashPlace = hashPlaceOf(policy, row);
    const oldHash = typeof hash === 'string' && hashPlace !== undefined && isOld(hash);
    if (!oldHash && !isOld(text)) return undefined;
    const value = oldHash ? { ...payload, hash: resealHash(hashPlace, hash) } : payload;
    return envelopes.seal({ type: 'json', value }, place);
  }

  return {
    envelopes,
    reseal(table, column, row) {
      const isBytes = table.bytes.has(column);
      const text = walkedText(row[column], isBytes);
      if (text === null || readHeader(text) === null) return undefined;
      const sealed = resealText(table, column, row, text);
      return sealed === undefined || !isBytes ? sealed : hexOf(bytesOf(sealed as Ciphertext));
    },
    hashKeyOf: (row) => hashKeyOf(envelopes, row),
  };

  function resealText(table: RotationTable, column: string, row: WalkedRow, text: string): string | undefined {
    const kind = table.columns.get(column);
    // Opened whatever its own key: the hash inside may have been sealed a moment before the key changed.
    if (kind === 'registration') return resealRegistration(row, text);
    if (!isOld(text)) return undefined;
    if (kind === 'own') {
      const place = { table: table.name, column, row: table.rowKey.map((part) => row[part] ?? '') };
      return envelopes.seal(envelopes.openAny(text, place), place);
    }
    if (kind === 'fields' || kind === 'row') return resealField(kind, table, column, row, text);
    const place = { table: table.name, column, row: row[table.rowKey[0] ?? ''] ?? '' };
    return resealHash(place, text, tenantOf(table, row));
  }
}

/** Empty where the row has none: there is no such tenant, and the value counts as one that does not open. */
function tenantOf({ tenant }: RotationTable, row: WalkedRow): string | undefined {
  return tenant === undefined ? undefined : (row[tenant] ?? '');
}

/** A value in the one form that envelopes read. The walker gives bytes as \x and hex. */
function walkedText(value: string | null | undefined, isBytes: boolean): string | null {
  if (value === null || value === undefined) return null;
  return isBytes ? textOf(Buffer.from(value.slice(2), 'hex')) : value;
}

function hexOf(bytes: Uint8Array): string {
  return `\\x${Buffer.from(bytes).toString('hex')}`;
}

/** What was typed at a registration. @throws as `open` */
export function openPayload(known: KnownFields): (row: WalkedRow) => Payload {
  const { envelopes } = resealingOf(known);
  return (row) => payloadOf(envelopes, row);
}

function payloadOf(envelopes: Envelopes, row: WalkedRow): Payload {
  const place = { table: 'safekeep.registrations', column: 'payload', row: row['id'] ?? '' };
  return envelopes.open(row['payload'], place, 'json') as Payload;
}

function hashKeyOf(envelopes: Envelopes, row: WalkedRow): number | null {
  const { hash } = payloadOf(envelopes, row);
  return typeof hash === 'string' ? (headerOf(hash)?.keyId ?? null) : null;
}

/** undefined where the policy no longer has a table of that name with a password. */
function hashPlaceOf(policy: Policy, row: WalkedRow): Place | undefined {
  const table = policy.resolved.tables.get(row['realm'] ?? '');
  const column = [...(table?.columns.values() ?? [])].find(({ atRest }) => atRest === 'hashed');
  return column === undefined ? undefined : { table: column.table, column: column.name, row: row['id'] ?? '' };
}

/** PostgreSQL writes bytes as \x and hex; the application bound the bytes themselves. */
function keyPart(text: string, isBytes: boolean): RowKeyPart {
  return isBytes ? Buffer.from(text.slice(2), 'hex') : text;
}
