import { flagRule, integerRule, optional, readOptions, reasonRule, withDefault } from '../base/options.js';
import type { Database } from '../base/ports/database.js';
import { readAddress } from './address.js';
import { createPool } from './pool.js';

export interface PostgresOptions {
  /** Connections at most, 1 to 1000; default 10. PostgreSQL allows 100 in all unless told otherwise. */
  readonly maxConnections?: number | undefined;
  /** How long a query waits for a connection, new or free, in milliseconds: 100 to 600,000; default 10,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** The server cancels a statement that runs longer, in milliseconds; 0 lets it run; default 30,000. */
  readonly statementTimeoutMs?: number | undefined;
  /** Prepared statements for repeated queries; default true. False behind a pooler that hands out single transactions. */
  readonly namedStatements?: boolean | undefined;
  /** Personal data and the password cross a network in plaintext: say why that network is trusted. */
  readonly dangerouslyAllowPlaintextToDatabase?: string | undefined;
}

const shape = {
  maxConnections: withDefault(integerRule({ min: 1, max: 1000 }), 10),
  connectTimeoutMs: withDefault(integerRule({ min: 100, max: 600_000 }), 10_000),
  statementTimeoutMs: withDefault(integerRule({ min: 0, max: 86_400_000 }), 30_000),
  namedStatements: withDefault(flagRule(), true),
  dangerouslyAllowPlaintextToDatabase: optional(reasonRule()),
};

/**
 * A pool of connections to a PostgreSQL server, version 15 or later, for whoever keeps the application's rows.
 *
 * The URL is `postgres://user:password@host:port/name`, or `postgres:///name?host=/folder/of/a/unix/socket&user=role`. Known
 * parameters: `sslmode` (verify-full or disable), `sslrootcert`, `sslcert`, `sslkey` (files), `application_name`. Beyond
 * loopback and unix sockets `sslmode=verify-full` is required: the weaker modes accept any server that answers. Without
 * a password the driver asks PGPASSWORD and the password file.
 *
 * Values travel as parameters, never inside the SQL. Errors carry SQLSTATE, table and constraint; never PostgreSQL's
 * message or detail, which quote rows. `bigint` and `numeric` arrive as text, `date` as text (a Date would shift it by
 * the time zone), `timestamptz` as Date, `bytea` as Buffer.
 *
 * It does NOT keep values out of the server's own log or statistics (docs/operations.md has the settings), and does not
 * seal anything: that is `createFields`.
 *
 * ASVS 5.0.0: 12.3.1 (TLS on every outbound connection, no fallback), 12.3.2 (certificates validated).
 *
 * @throws SafekeepError ERR_OPTION_INVALID (URL or options), ERR_DATABASE_PLAINTEXT; the methods: ERR_PEER_MISSING (no
 * `pg`), ERR_DATABASE_UNAVAILABLE, ERR_DATABASE_UNIQUE, ERR_DATABASE, ERR_DATABASE_SECRET, ERR_ROW_NOT_FOUND,
 * ERR_ROW_NOT_UNIQUE, ERR_TRANSACTION_OVER, ERR_TRANSACTION_ROLLED_BACK
 * @example
 * const database = postgres('postgres://127.0.0.1/shop');
 * const rows = await database.query('select id from customers where state = $1', ['active']);
 */
export function postgres(url: string, options: PostgresOptions = {}): Database {
  const read = readOptions('postgres', shape, options);
  return createPool(readAddress(url, read.dangerouslyAllowPlaintextToDatabase), read);
}
