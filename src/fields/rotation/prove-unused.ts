import { isSafekeepError, SafekeepError } from '../../base/errors.js';
import { nameOf, type Statement, say } from '../../base/names.js';
import { integerRule, objectRule, readOptions, required } from '../../base/options.js';
import type { Database } from '../../base/ports/database.js';
import type { UnusedPlace, UnusedProof } from '../../base/ports/unused-proof.js';
import { walkTable } from '../../database/index.js';
import type { KeyRing } from '../../keys/index.js';
import { countStreams, streamFiles } from '../streams/register.js';
import { countIndexes } from './count-indexes.js';
import { countUnder } from './count-keys.js';
import { indexedTables } from './indexed-tables.js';
import { admitKey, guardOf, holdRowsAgainstKey, type KeyGuard, refuseKey, streamGuard } from './key-constraints.js';
import { fieldsRule, type KnownFields, knownFields, type RotatableFields } from './known-fields.js';
import { countWithin, otherColumns } from './other-columns.js';
import { resealingOf } from './reseal.js';
import { registrations, rotationTables } from './rotation-tables.js';
import { countingAll } from './whole-table.js';

export interface ProveUnusedOptions {
  /** Connected as the owner of the tables: constraints are added. */
  readonly database: Database;
  /** What `createFields` returned, with a policy. */
  readonly fields: RotatableFields;
  /** A key of the ring that no longer seals. */
  readonly keyId: number;
}

interface Count {
  readonly table: string;
  readonly column: string;
  readonly rows: number;
}

const shape = {
  database: required(objectRule<Database>('query', 'transaction')),
  fields: required(fieldsRule),
  keyId: required(integerRule({ min: 1, max: 0xffff_ffff })),
};

/**
 * Proves, before a key is destroyed, that no stored value needs it. It counts; then a constraint on every sealed and
 * hashed column refuses new values under the key, PostgreSQL holds every row against it, and all places are counted
 * again: the columns of the policy, waiting registrations, the password hashes inside those, the register of stream
 * files, and every other column of the database that could hold a sealed value (archives, JSON, events, queued jobs).
 * The ring of `fields` mints the proof that `ring.destroy` asks for. The constraints stay: a restored backup cannot
 * bring the key back.
 *
 * For a key of the purpose `index` it opens every row that has a blind index instead, and refuses while one holds what
 * the key made, or what no key of the ring accounts for.
 *
 * It does NOT know of values outside of this database: backups, replicas that lag, exports, foreign tables, large
 * objects, files that were not registered; nor of values that the application wrapped in a form of its own. The columns
 * that no policy declares are counted and get no constraint. Run it when every server has reloaded the ring, or the ones that still seal under the key fail to write.
 * @throws SafekeepError ERR_KEY_IN_USE with the places and rows, and then nothing is changed; ERR_KEY_STATE for a key
 * that may still seal; ERR_KEY_UNKNOWN; ERR_DATABASE with sqlState 42501 for a role that does not own the tables or
 * may not see all rows of all tables, 55P03
 * when a table stayed locked; ERR_OPTION_INVALID, ERR_KEY_RING_CLOSED; what the ring throws. NIST SP 800-57 part 1, 8.3.4.
 * @example
 * const proof = await proveUnused({ database, fields, keyId });
 * console.log(JSON.stringify(proof));
 */
export async function proveUnused(options: ProveUnusedOptions): Promise<UnusedProof> {
  const { database, fields, keyId } = readOptions('proveUnused', shape, options);
  const known = knownFields('proveUnused', fields);
  const { keys, policy } = known;
  await keys.reload();
  if (assertRetired(keys, keyId) === 'index') return await proveIndexKey(database, known, keyId);
  const tables = await rotationTables(database, policy);
  const { hashKeyOf } = resealingOf(known);
  const declared = new Set(
    tables.flatMap(({ name, columns }) => [...columns.keys()].map((column) => `${name}.${column}`)),
  );

  const hashes = async (): Promise<Count> => {
    let rows = 0;
    await walkTable({
      database,
      table: registrations,
      key: ['id'],
      columns: ['payload'],
      change: (row) => {
        if (hashKeyOf(row) === keyId) rows += 1;
        return undefined;
      },
    });
    return { table: registrations, column: 'payload.hash', rows };
  };
  const count = async (): Promise<readonly Count[]> => {
    const counts: Count[] = [];
    for (const table of tables) {
      const found = await countingAll(database, (tx) => countUnder(tx, table, keyId));
      for (const [column, rows] of found) counts.push({ table: table.name, column, rows });
      // While a registration itself is under the key there is no need to look into it, and perhaps no way.
      if (table.name === registrations && found.get('payload') === 0) counts.push(await hashes());
    }
    const streams = await countingAll(database, countStreams);
    if (streams !== null) {
      const rows = streams.find((entered) => entered.keyId === keyId)?.rows ?? 0;
      counts.push({ table: streamFiles, column: 'location', rows });
    }
    return counts;
  };
  const countOthers = async (): Promise<readonly Count[]> => {
    const counts: Count[] = [];
    for (const other of await otherColumns(database, declared)) {
      const found = await countingAll(database, (tx) => countWithin(tx, other, keyId));
      for (const { column, rows } of found) counts.push({ table: other.table, column, rows });
    }
    return counts;
  };

  // Counted first: an update of any column of a row that still holds the key would meet the constraint.
  const first = await count();
  assertUnused(first, keyId);
  const guards = tables.map((table) => guardOf(table, keyId));
  if (first.some(({ table }) => table === streamFiles)) guards.push(streamGuard(keyId));
  let counted: readonly Count[];
  let others: readonly Count[];
  const added = new Map<KeyGuard, readonly string[]>();
  try {
    for (const guard of guards) added.set(guard, await refuseKey(database, guard));
    for (const guard of guards) await holdRowsAgainstKey(database, guard);
    counted = await count();
    assertUnused(counted, keyId);
    others = await countOthers();
    assertUnused(others, keyId);
  } catch (error) {
    for (const [{ table }, names] of added) await admitKey(database, table, names);
    // A row came between the count and the constraint: told with its place rather than as the database tells it.
    if (!isSafekeepError(error, 'ERR_KEY_IN_USE')) assertUnused(await count(), keyId);
    throw error;
  }
  const places = counted.map(({ table, column }) => place(table, column));
  for (const table of new Set(others.map((other) => other.table))) places.push(place(table, '*'));
  return await keys.attestUnused(keyId, places);
}

/** `*` stands for the columns of a table that no policy declares as sealed. */
function place(table: string, column: string): UnusedPlace {
  return Object.freeze({ table, column, rows: 0 });
}

/**
 * An index names no key, and no constraint can refuse one: every row is opened instead, and none may hold what this key
 * made, or what nobody can account for. What a server that is behind writes afterwards loses nothing: the rotation
 * computes an index from its sealed value, and needs no old key for it.
 */
async function proveIndexKey(database: Database, known: KnownFields, keyId: number): Promise<UnusedProof> {
  const counts: Count[] = [];
  for (const table of await indexedTables(database, known)) {
    for (const { column, keys, unknown, unopened } of await countIndexes(database, table)) {
      const rows = keys.find((key) => key.keyId === keyId)?.rows ?? 0;
      counts.push({ table: table.name, column, rows: rows + unknown + unopened });
    }
  }
  assertUnused(counts, keyId);
  const places = counts.map(({ table, column }) => place(table, column));
  return await known.keys.attestUnused(keyId, places);
}

/** @returns what the key was for */
function assertRetired(keys: KeyRing, keyId: number): 'fields' | 'index' {
  const key = keys.list().find(({ id }) => id === keyId);
  if (key === undefined) throw new SafekeepError('ERR_KEY_UNKNOWN', { keyId });
  const { purpose, state } = key;
  const isOver = state !== 'active' && state !== 'staged' && state !== 'destroyed';
  if (isOver && (purpose === 'fields' || purpose === 'index')) return purpose;
  throw new SafekeepError('ERR_KEY_STATE', { keyId, purpose: nameOf(purpose), state: nameOf(state) });
}

/** @throws SafekeepError ERR_KEY_IN_USE listing every place that holds the key */
function assertUnused(counts: readonly Count[], keyId: number): void {
  const places = counts
    .filter(({ rows }) => rows > 0)
    .map(({ table, column, rows }): Statement => say`${nameOf(table)}.${nameOf(column)}: ${rows}`);
  if (places.length > 0) throw new SafekeepError('ERR_KEY_IN_USE', { keyId, places });
}
