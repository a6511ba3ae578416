import { type Clock, type Random, systemClock, systemRandom } from '../base/clock.js';
import { SafekeepError } from '../base/errors.js';
import { nameOf, type Statement, say } from '../base/names.js';
import {
  flagRule,
  integerRule,
  objectRule,
  oneOfRule,
  optional,
  type Read,
  readOptions,
  required,
  textRule,
  withDefault,
} from '../base/options.js';
import type { Database } from '../base/ports/database.js';
import type { KeySource } from '../base/ports/key-source.js';
import { databaseStore } from './database-store.js';
import { fileStore } from './file-store.js';
import type { RingStore } from './ring-store.js';

export interface KeyRingSettings {
  /** What wraps the keys: `fileRootKey`, `pkcs11RootKey`, `vaultTransitRootKey`, `awsKmsRootKey`, or a KeySource. */
  readonly root: KeySource;
  /** Make a ring where there is none. Default false: a lost ring must stop the start, not be replaced by an empty one. */
  readonly create?: boolean | undefined;
  /**
   * How often, in seconds, the ring is read again for changes of other processes and the root key is asked whether it
   * still opens it. 0 to 3600; 0: only at `reload()`, which a ring in a database refuses. Default 30 with `database`,
   * 0 with `path`.
   */
  readonly refreshSeconds?: number | undefined;
  /**
   * How long values may be opened after the root key answered last, in seconds, while it does not answer or refuses.
   * 0 to 30 days; default one day: longer than an outage, shorter than a stolen machine stays useful.
   */
  readonly readsWithoutRootSeconds?: number | undefined;
  /** Whether values may be sealed while the root key does not answer, as long as reads may. Default `continue`. */
  readonly writesWithoutRoot?: 'continue' | 'refuse' | undefined;
  /**
   * How far back backups of the data go, in days, 0 to 3650: a key is destroyed only when its proof is that old, because
   * a backup may bring values under it back. Default 30.
   */
  readonly backupHorizonDays?: number | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

/** A ring lies in a file or in a database; it holds wrapped keys only, and belongs into every backup. */
export type KeyRingOptions = KeyRingSettings &
  (
    | { /** The ring's file. */ readonly path: string; readonly database?: undefined }
    | { /** The ring's database: the schema `safekeep`. */ readonly database: Database; readonly path?: undefined }
  );

const shape = {
  root: required(objectRule<KeySource>('wrap', 'unwrap')),
  path: optional(textRule()),
  database: optional(objectRule<Database>('query', 'one', 'transaction')),
  create: withDefault(flagRule(), false),
  refreshSeconds: optional(integerRule({ min: 0, max: 3600 })),
  readsWithoutRootSeconds: withDefault(integerRule({ min: 0, max: 2_592_000 }), 86_400),
  writesWithoutRoot: withDefault(oneOfRule('continue', 'refuse'), 'continue'),
  backupHorizonDays: withDefault(integerRule({ min: 0, max: 3650 }), 30),
  clock: withDefault(objectRule<Clock>('nowMs', 'wait'), systemClock),
  random: withDefault(objectRule<Random>('bytes'), systemRandom),
};
/** The options of a ring, read and checked, with the store they name. */
export interface RingSettings {
  readonly root: KeySource;
  readonly database: Database | undefined;
  readonly store: RingStore;
  readonly create: boolean;
  readonly refreshSeconds: number;
  readonly readsWithoutRootSeconds: number;
  readonly writesWithoutRoot: 'continue' | 'refuse';
  readonly backupHorizonDays: number;
  readonly clock: Clock;
  readonly random: Random;
}

/** @throws SafekeepError ERR_OPTION_UNKNOWN, ERR_OPTION_MISSING, ERR_OPTION_INVALID */
export function readRingOptions(options: KeyRingOptions): RingSettings {
  const read = readOptions('openKeyRing', shape, options);
  const { path: _, ...settings } = read;
  const refreshSeconds = read.refreshSeconds ?? (read.database === undefined ? 0 : 30);
  return { ...settings, refreshSeconds, store: storeOf(read, refreshSeconds) };
}

function storeOf({ path, database, clock, random }: Read<typeof shape>, refreshSeconds: number): RingStore {
  const wrong = (option: string, expected: Statement) =>
    new SafekeepError('ERR_OPTION_INVALID', { of: nameOf('openKeyRing'), option: nameOf(option), expected });
  if ((path === undefined) === (database === undefined)) throw wrong('path', say`either path or database`);
  if (path !== undefined) return fileStore(path, clock);
  // A process that never speaks again would be taken for gone, and seal with a key that others have retired.
  if (refreshSeconds === 0) throw wrong('refreshSeconds', say`1 or more with a database`);
  return databaseStore(database as Database, random, refreshSeconds);
}
