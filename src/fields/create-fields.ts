import type { Transform } from 'node:stream';
import type { BlindIndex, Ciphertext, SealedBytes } from '../base/brands.js';
import type { Random } from '../base/clock.js';
import { SafekeepError } from '../base/errors.js';
import { nameOf, say } from '../base/names.js';
import {
  anyRule,
  flagRule,
  objectRule,
  optional,
  readOptions,
  required,
  textRule,
  withDefault,
} from '../base/options.js';
import type { Database, Queryable, Row } from '../base/ports/database.js';
import type { UnusedProof } from '../base/ports/unused-proof.js';
import { Secret } from '../base/secret.js';
import { createEnvelopes, type Place } from '../envelope/index.js';
import type { KeyRing } from '../keys/index.js';
import type { Policy } from '../policy/index.js';
import { createBlindIndexer } from './blind-index.js';
import { columnSeals } from './column-seals.js';
import { columnStreams } from './column-streams.js';
import { claimUnique, findRows } from './find-rows.js';
import { createPassthrough, type ReadPlaintextOptions } from './import/passthrough.js';
import { typedByValue, type Value } from './loose-values.js';
import { rememberFields } from './rotation/known-fields.js';
import { proveUnused } from './rotation/prove-unused.js';
import { foldRowKey } from './row-place.js';
import { createRows } from './rows.js';
import { textOf } from './stored-form.js';
import type {
  ColumnName,
  ColumnValueOf,
  DeclaredPlace,
  IndexedBy,
  IsAnyPolicy,
  Opened,
  PurposesOf,
  RowInput,
  SealedFor,
  StoredRow,
  TableName,
} from './types.js';
import { updateRow } from './update-row.js';

export interface FieldsOptions<X = undefined> {
  /** Bound into every sealed value; the same for ever. With a policy, the policy's own name. */
  readonly application: string;
  readonly keys: KeyRing;
  /** Types, purposes and tables. Without one, values are sealed and opened one by one, for any purpose. */
  readonly policy?: X | undefined;
  /**
   * Makes nonces that survive a random generator that repeats itself (a cloned machine): each comes from a random one,
   * the place and the value together. What is stored looks the same. Sealing costs about twice as much; default off.
   */
  readonly hedged?: boolean | undefined;
  /**
   * While an import is under way: lets `open`, `openRow` and what rests on them read plaintext of the named columns
   * where nothing sealed is there yet, counts it, and ends on the last day that the policy says. What looks like a
   * sealed value and does not open is refused as ever. Default: plaintext is refused.
   */
  readonly dangerouslyReadPlaintext?: ReadPlaintextOptions | undefined;
  readonly random?: Random | undefined;
  /** What `proveUnused` counts, with a policy. Nothing else of fields asks a database by itself. */
  readonly database?: Database | undefined;
}

/** Refuses a sealed value where a value belongs: sealing it again would lock it in twice. */
export type NotSealed<V> = V extends Ciphertext | SealedBytes ? never : V;

/** Fields without a policy. */
export interface PlainFields {
  /** Seals a value for its place. @throws ERR_VALUE_TYPE, ERR_PLACE_INVALID, ERR_ALREADY_SEALED, ERR_KEY_RING_CLOSED */
  seal<V extends Value>(value: NotSealed<V>, place: Place): Ciphertext;
  /** @throws ERR_NOT_SEALED, ERR_KEY_UNKNOWN, ERR_SEAL_KEY, ERR_SEAL_BROKEN, ERR_PLACE_INVALID, ERR_KEY_RING_CLOSED */
  open(sealed: unknown, place: Place): Secret<Value>;
  /**
   * A transform that seals bytes of any length for a place, for a file or an object store: suite 21, Cobblestone-256.
   * Memory stays flat. It is readable bytes, not text. @throws ERR_PLACE_INVALID; the stream: ERR_KEY_RING_CLOSED
   * @example
   * await pipeline(createReadStream('invoice.pdf'), fields.sealStream(place), createWriteStream('invoice.sealed'));
   */
  sealStream(place: Place): Transform;
  /**
   * The transform back. Every piece is authentic and in its order when it comes out; that nothing is missing behind it
   * is known only at the end: act on nothing before `pipeline` resolves. Pieces are plaintext, not Secrets.
   * @throws ERR_PLACE_INVALID; the stream: ERR_NOT_SEALED, ERR_KEY_UNKNOWN, ERR_SEAL_KEY (also for another row or
   * tenant), ERR_SEAL_BROKEN, ERR_KEY_RING_CLOSED
   */
  openStream(place: Place): Transform;
  /** The ring key that a sealed value names, unauthenticated; null for what is not sealed. */
  keyIdOf(sealed: unknown): number | null;
}

export interface UpdateOptions {
  /** Or the `tx` of a transaction. */
  readonly database: Pick<Queryable, 'query'>;
}

export interface ClaimOptions {
  /** The connection of the transaction that writes the row. */
  readonly tx: Pick<Queryable, 'query'>;
}

/** Fields with a policy whose tables, columns and purposes the compiler knows. */
export interface DeclaredFields<X> {
  /** Seals a value of the column's type for its place. @throws as `PlainFields.seal`, and ERR_COLUMN_REFUSED */
  seal<K extends TableName<X>, C extends ColumnName<X, K>, V extends ColumnValueOf<X, K, C>>(
    value: NotSealed<V>,
    place: DeclaredPlace<K, C>,
  ): SealedFor<X, K, C>;
  /** Opens one value for a purpose. @throws as `PlainFields.open`, and ERR_PURPOSE_REFUSED, ERR_COLUMN_REFUSED */
  open<K extends TableName<X>, C extends ColumnName<X, K>>(
    sealed: unknown,
    place: DeclaredPlace<K, C>,
    purpose: PurposesOf<X>,
  ): Secret<ColumnValueOf<X, K, C>>;
  /**
   * A row as it is stored: sealed columns sealed, blind indexes added, the rest as given. null stays null, a column
   * that is left out stays out, an empty text is a value like any other.
   * @throws ERR_ROW_KEY_MISSING, ERR_COLUMN_REFUSED (undeclared, or never stored), ERR_VALUE_TYPE, ERR_ALREADY_SEALED
   */
  sealRow<K extends TableName<X>>(table: K, row: RowInput<X, K>): StoredRow;
  /**
   * A stored row opened for one purpose. Columns that the purpose has no right to are not there; neither are blind
   * indexes, password hashes, and columns that the policy does not declare.
   * @throws ERR_PURPOSE_REFUSED when the purpose may open nothing of the table; else as `open`
   */
  openRow<K extends TableName<X>, P extends PurposesOf<X>>(table: K, stored: Row, purpose: P): Opened<X, K, P>;
  /** As `sealRow`, for many rows of one table, in their order. One that is refused refuses all. */
  sealRows<K extends TableName<X>>(table: K, rows: readonly RowInput<X, K>[]): readonly StoredRow[];
  /** As `openRow`, for many rows of one table, in their order. One that does not open refuses all. */
  openRows<K extends TableName<X>, P extends PurposesOf<X>>(
    table: K,
    stored: readonly Row[],
    purpose: P,
  ): readonly Opened<X, K, P>[];
  /**
   * Seals the patch and writes it, provided that the sealed columns it replaces still hold what they held when the row
   * was read: a rotation or another request that came between is neither overwritten nor lost. Tried up to eight times,
   * on the row as it then is; a patch given as a function is computed anew from it.
   * `stored` needs no more than the row key; with the sealed columns in it a read is saved.
   * @returns the row as it is stored now
   * @throws ERR_ROW_NOT_FOUND, ERR_ROW_CONTENDED, ERR_COLUMN_REFUSED for the row key and the tenant, and as `sealRow`
   */
  updateRow<K extends TableName<X>>(
    table: K,
    stored: Row,
    patch: RowInput<X, K> | ((current: Row) => RowInput<X, K>),
    options: UpdateOptions,
  ): Promise<Row>;
  /**
   * What a row stores for a value now, under the active key: `where email_index = $1`. Equal values look equal, so it
   * shows who shares a value; it is for columns whose values are nearly all different. While an index changes, rows of
   * before are found by `blindIndexes` only. @throws ERR_COLUMN_REFUSED without an index, or with partitions
   */
  blindIndex<K extends TableName<X>>(table: K, column: ColumnName<X, K>, value: string): BlindIndex;
  /**
   * All that rows may store for these values: `where email_index = any($1)`. One for each partition, each version that
   * the policy still names and each key in use, so that nothing is missed while one of them changes. Hits of an index
   * of fewer than 128 bits prove nothing: `confirm` them. @throws ERR_COLUMN_REFUSED unless an index is over exactly
   * the named columns; ERR_VALUE_TYPE for null
   */
  blindIndexes<K extends TableName<X>>(table: K, where: IndexedBy<X, K>): readonly BlindIndex[];
  /**
   * Those of the stored rows that really hold the values: each is opened and compared, for no purpose, and nothing of
   * it comes out. Also catches an index that somebody copied to another row. @throws as `open` and `blindIndexes`
   */
  confirm<K extends TableName<X>>(table: K, where: IndexedBy<X, K>, stored: readonly Row[]): readonly Row[];
  /** Looks rows up by an index and confirms each hit. @returns stored rows, for `openRow`. @throws as `confirm` */
  findRows<K extends TableName<X>>(table: K, where: IndexedBy<X, K>, options: UpdateOptions): Promise<readonly Row[]>;
  /**
   * Refuses a row whose unique values another row has, also where that one was indexed under an older version or key
   * that a unique constraint cannot compare. Call it in the transaction that writes the row, before it writes; until
   * the end nobody else can claim the same values. Every server must know the same keys and versions.
   * @throws ERR_DATABASE_UNIQUE with the index's column; ERR_OPTION_INVALID outside of a transaction, or in one that
   * is `repeatable read`; ERR_ROW_KEY_MISSING
   */
  claimUnique<K extends TableName<X>>(table: K, row: RowInput<X, K>, options: ClaimOptions): Promise<void>;
  /**
   * The index columns of a stored row that would be written otherwise now: after a change of key, normaliser, bits or
   * partitions. null when all are current. @throws as `open`
   */
  reindexRow<K extends TableName<X>>(table: K, stored: Row): StoredRow | null;
  /** As `PlainFields.sealStream`, for a sealed column of bytes. @throws as it, and ERR_COLUMN_REFUSED */
  sealStream<K extends TableName<X>, C extends ColumnName<X, K>>(place: DeclaredPlace<K, C>): Transform;
  /** As `PlainFields.openStream`, for a purpose. @throws as it, and ERR_COLUMN_REFUSED, ERR_PURPOSE_REFUSED */
  openStream<K extends TableName<X>, C extends ColumnName<X, K>>(
    place: DeclaredPlace<K, C>,
    purpose: PurposesOf<X>,
  ): Transform;
  /**
   * Proves, before a key is destroyed, that nothing in the database needs it: the function `proveUnused`, over these
   * fields and the `database` of `createFields`. @throws ERR_OPTION_MISSING without one; as the function
   */
  proveUnused(keyId: number): Promise<UnusedProof>;
  keyIdOf(sealed: unknown): number | null;
  /** How often plaintext was read for each column that `dangerouslyReadPlaintext` names. All zero: it can go. */
  plaintextReads(): Readonly<Record<string, number>>;
}

/** Fields with a policy that only run time knows: what the toolkit's own modules take. */
export interface AnyFields {
  seal(value: unknown, place: Place): Ciphertext | SealedBytes;
  open(sealed: unknown, place: Place, purpose: string): Secret<unknown>;
  sealRow(table: string, row: Row): StoredRow;
  openRow(table: string, stored: Row, purpose: string): Row & { reveal(): Row };
  sealRows(table: string, rows: readonly Row[]): readonly StoredRow[];
  openRows(table: string, stored: readonly Row[], purpose: string): readonly (Row & { reveal(): Row })[];
  updateRow(table: string, stored: Row, patch: Row | ((current: Row) => Row), options: UpdateOptions): Promise<Row>;
  blindIndex(table: string, column: string, value: string): BlindIndex;
  blindIndexes(table: string, where: Row): readonly BlindIndex[];
  confirm(table: string, where: Row, stored: readonly Row[]): readonly Row[];
  findRows(table: string, where: Row, options: UpdateOptions): Promise<readonly Row[]>;
  claimUnique(table: string, row: Row, options: ClaimOptions): Promise<void>;
  reindexRow(table: string, stored: Row): StoredRow | null;
  sealStream(place: Place): Transform;
  openStream(place: Place, purpose: string): Transform;
  proveUnused(keyId: number): Promise<UnusedProof>;
  keyIdOf(sealed: unknown): number | null;
  plaintextReads(): Readonly<Record<string, number>>;
}

/** Fields with a policy. Where its type is known, only its tables, columns and purposes compile. */
export type Fields<X = Policy> = IsAnyPolicy<X> extends true ? AnyFields : DeclaredFields<X>;

const shape = {
  application: required(textRule({ maxLength: 64 })),
  keys: required(objectRule<KeyRing>('active', 'find', 'list', 'derive', 'onClose')),
  policy: optional(objectRule<Policy>('table')),
  hedged: withDefault(flagRule(), false),
  dangerouslyReadPlaintext: optional(anyRule<ReadPlaintextOptions>()),
  random: optional(objectRule<Random>('bytes')),
  database: optional(objectRule<Database>('query', 'transaction')),
};

/**
 * Seals stored values, each for its own place, and opens them for a purpose. Synchronous: nothing here calls out.
 *
 * It protects a stolen database or backup, a dump sent to support, and a value moved by someone who can write to the
 * database but has no key. It does NOT protect against someone who runs code in this process, it does NOT notice an
 * older value of the same place that was put back, and a null that replaces a value is a null.
 * @throws SafekeepError ERR_OPTION_INVALID when application and policy differ. ASVS 5.0 11.3.3, 11.3.4, 14.2.4.
 * @example
 * const fields = createFields({ application: 'shop', keys, policy });
 * const stored = fields.sealRow('customers', { id: 'c-1', email: 'ada@example.com' });
 * fields.openRow('customers', stored, 'account').email?.reveal();
 */
export function createFields<X extends Policy>(options: FieldsOptions<X> & { readonly policy: X }): Fields<X>;
export function createFields(options: FieldsOptions): PlainFields;
export function createFields(options: FieldsOptions<Policy | undefined>): object {
  const read = readOptions('createFields', shape, options);
  const { application, keys, policy, hedged, random, database } = read;
  const plaintext = createPassthrough(policy, read.dangerouslyReadPlaintext);
  const envelopes = createEnvelopes({ application, keys, hedged, random });
  const keyIdOf = (sealed: unknown): number | null =>
    envelopes.keyIdOf(sealed instanceof Uint8Array ? textOf(sealed) : sealed);
  const atRow = (place: Place): Place => ({
    table: place?.table,
    column: place?.column,
    row: foldRowKey(place?.row),
    tenant: place?.tenant,
  });
  if (policy === undefined) {
    const labelOf = createLabels();
    return Object.freeze<PlainFields>({
      keyIdOf,
      seal: (value, place) => envelopes.seal(typedByValue(value), atRow(place)),
      open: (sealed, place) => new Secret(envelopes.openAny(sealed, atRow(place)).value as Value, labelOf(place)),
      sealStream: (place) => envelopes.sealStream(atRow(place)),
      openStream: (place) => envelopes.openStream(atRow(place)),
    });
  }
  if (policy.application !== application) {
    throw new SafekeepError('ERR_OPTION_INVALID', {
      of: nameOf('createFields'),
      option: nameOf('application'),
      expected: say`the policy's own, ${nameOf(policy.application)}`,
    });
  }
  const rows = createRows({
    policy,
    envelopes: columnSeals(envelopes, policy),
    indexer: createBlindIndexer(application, keys),
    plaintext,
  });
  const { indexes } = rows;
  const streams = columnStreams(envelopes, policy);
  const fields: AnyFields = Object.freeze<AnyFields>({
    keyIdOf,
    plaintextReads: plaintext.reads,
    seal: (value, place) => rows.seal(value, atRow(place)),
    open: (sealed, place, purpose) => rows.open(sealed, atRow(place), purpose),
    sealRow: rows.sealRow,
    openRow: (table, stored, purpose) => rows.openRow(table, stored, purpose),
    sealRows: (table, many) => many.map((row) => rows.sealRow(table, row)),
    openRows: (table, many, purpose) => many.map((stored) => rows.openRow(table, stored, purpose)),
    updateRow: (table, stored, patch, { database }) =>
      updateRow({ database, table: policy.table(table), rows, stored, patch }),
    blindIndex: rows.blindIndex,
    blindIndexes: (table, where) => indexes.lookUp(policy.table(table), where),
    confirm: (table, where, stored) => indexes.confirm(policy.table(table), where, stored),
    findRows: (table, where, { database }) => findRows(database, policy.table(table), indexes, where),
    claimUnique: (table, row, { tx }) => claimUnique(tx, policy.table(table), indexes, row),
    reindexRow(table, stored) {
      const stale = indexes.stale(policy.table(table), stored);
      return Object.keys(stale).length === 0 ? null : Object.freeze(stale);
    },
    sealStream: (place) => streams.sealStream(atRow(place)),
    openStream: (place, purpose) => streams.openStream(atRow(place), purpose),
    async proveUnused(keyId): Promise<UnusedProof> {
      if (database !== undefined) return await proveUnused({ database, fields, keyId });
      throw new SafekeepError('ERR_OPTION_MISSING', { of: nameOf('createFields'), option: nameOf('database') });
    },
  });
  rememberFields(fields, { policy, keys, hedged, indexes });
  return fields;
}

/** What a Secret of a place prints. The last one is kept: making it costs as much as the Secret. */
function createLabels(): (place: Place) => string {
  let last = { table: '', column: '', label: '' };
  return ({ table, column }) => {
    if (last.table !== table || last.column !== column) last = { table, column, label: `[${table}.${column}]` };
    return last.label;
  };
}
