/**
 * Every refusal of the toolkit: its code, the HTTP status it earns and one fixed sentence. docs/errors.md says of each
 * when it happens, who caused it and what to do; a test holds this table, that page and the tests together.
 * Status 500 marks what is wrong with the set-up or the server; a client is told nothing but the status.
 */
export const errorCodes = {
  // base
  ERR_OPTION_UNKNOWN: [500, 'An option has a name that is not known'],
  ERR_OPTION_MISSING: [500, 'A required option is missing'],
  ERR_OPTION_INVALID: [500, 'An option has a value that is not accepted'],
  ERR_PEER_MISSING: [500, 'An optional package that this feature uses is not installed'],
  ERR_NATIVE_MODULE: [500, 'A native module does not load on this machine'],
  // http
  ERR_PROXY_TRUST: [500, 'A proxy list would let strangers speak for the proxy'],
  ERR_ADDRESS_INVALID: [500, 'A text is not an IP address'],
  ERR_COOKIE_INVALID: [500, 'A cookie has a name, value or path that a browser would refuse'],
  // policy
  ERR_POLICY_GAPS: [500, 'The policy has gaps'],
  ERR_POLICY_TABLE: [500, 'The policy declares no such table as personal'],
  ERR_SCHEMA_DRIFT: [500, 'The database and the policy differ'],
  ERR_INTAKE_REFUSED: [422, 'The form is not complete or not understood'],
  // limits, sessions, accounts, logins, resets, consent
  ERR_LOGIN_LIMITED: [429, 'Too many attempts to sign in from this network'],
  ERR_ATTEMPT_MISSING: [500, 'A sign-in is verified on a route without the login limit'],
  ERR_ATTEMPT_BEGUN: [500, 'An attempt can be abandoned only before its password was verified'],
  ERR_SESSION_REQUIRED: [401, 'Nobody is signed in'],
  ERR_TOKEN_REFUSED: [400, 'A mailed code is not valid or no longer valid'],
  ERR_PREFERENCE_UNKNOWN: [500, 'A preference names a purpose that has no choice'],
  // database
  ERR_DATABASE: [500, 'The database refused a statement'],
  ERR_DATABASE_UNIQUE: [409, 'A row with this key exists already'],
  ERR_DATABASE_UNAVAILABLE: [503, 'The database cannot be reached'],
  ERR_DATABASE_PLAINTEXT: [500, 'A database beyond this machine would be spoken to in plaintext'],
  ERR_DATABASE_SECRET: [500, 'An unopened Secret was given to the database as a value'],
  ERR_DATABASE_IN_USE: [500, 'Another running process uses this database folder'],
  ERR_EMBEDDED_DATABASE: [500, 'The embedded database cannot be run'],
  ERR_ROW_NOT_FOUND: [404, 'No row where there must be one'],
  ERR_ROW_NOT_UNIQUE: [500, 'Several rows where there must be one'],
  ERR_TRANSACTION_OVER: [500, 'A transaction was used after its end'],
  ERR_TRANSACTION_ROLLED_BACK: [500, 'A transaction was rolled back instead of committed'],
  ERR_MIGRATION_EDITED: [500, 'A migration that was applied has been edited since'],
  ERR_MIGRATION_AHEAD: [500, 'The database has migrations that this code does not know'],
} as const;

export type ErrorCode = keyof typeof errorCodes;
