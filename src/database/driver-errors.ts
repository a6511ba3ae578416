import { isSafekeepError, SafekeepError } from '../base/errors.js';
import { nameOf } from '../base/names.js';

/**
 * The driver's error in our words. PostgreSQL puts the refused row into `detail` and the refused text into `message`,
 * so neither goes on, nor the error as a cause: SQLSTATE, the names of table, column and constraint, and a position are all.
 */
export function fromDriver(error: unknown): SafekeepError {
  if (isSafekeepError(error)) return error;
  const { code, table, column, constraint, position } = (
    typeof error === 'object' && error !== null ? error : {}
  ) as Record<string, unknown>;
  if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code)) {
    const facts = {
      sqlState: nameOf(code),
      table: minted(table),
      column: minted(column),
      constraint: minted(constraint),
      // Where in the SQL, counted in characters: the text itself may quote a value.
      position: typeof position === 'string' ? Number(position) : undefined,
    };
    if (code === '23505') return new SafekeepError('ERR_DATABASE_UNIQUE', facts);
    return new SafekeepError(unavailable(code) ? 'ERR_DATABASE_UNAVAILABLE' : 'ERR_DATABASE', facts);
  }
  // Node's own codes (ECONNREFUSED, CERT_HAS_EXPIRED) are constants; the sentences beside them name addresses.
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(code) && !code.startsWith('ERR_INVALID_ARG')) {
    return new SafekeepError('ERR_DATABASE_UNAVAILABLE', { reason: nameOf(code) });
  }
  const lost = error instanceof Error && lostConnection.test(error.message);
  return new SafekeepError(lost ? 'ERR_DATABASE_UNAVAILABLE' : 'ERR_DATABASE');
}

/** Connection exceptions, a server that is shutting down, crashed or starting, and one without room for a connection. */
function unavailable(sqlState: string): boolean {
  return sqlState.startsWith('08') || ['57P01', '57P02', '57P03', '57P05', '53300'].includes(sqlState);
}

/** The driver's sentences for a connection that is gone or was never made; they have no code. */
const lostConnection =
  /^(Connection terminated|timeout exceeded when trying to connect|timeout expired|Client has encountered a connection error|Client was closed|Cannot use a pool after calling end|The server does not support SSL|There was an error establishing an SSL)/;

function minted(name: unknown): ReturnType<typeof nameOf> | undefined {
  return typeof name === 'string' && name !== '' ? nameOf(name) : undefined;
}
