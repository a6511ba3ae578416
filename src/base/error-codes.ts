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
  // limits
  ERR_LOGIN_LIMITED: [429, 'Too many attempts to sign in from this network'],
  ERR_ATTEMPT_MISSING: [500, 'A sign-in is verified on a route without the login limit'],
  ERR_ATTEMPT_BEGUN: [500, 'An attempt can be abandoned only before its password was verified'],
  // sessions
  ERR_SESSION_REQUIRED: [401, 'Nobody is signed in'],
  // accounts
  ERR_ACCOUNTS_POLICY: [500, 'A table is not declared as a table of accounts'],
  ERR_MAILER_MISSING: [500, 'A mail is due and no mailer is configured'],
  ERR_PASSWORD_WEAK: [422, 'A new password is too easy to guess'],
  // consent
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
  ERR_MIGRATION_FAILED: [500, 'A migration failed and left nothing behind'],
  ERR_WALK_KEY: [500, 'A table cannot be walked by this key'],
  ERR_WALK_COLUMN: [500, 'A walk was asked to change a column that it did not read'],
  // keys
  ERR_ROOT_KEY: [500, 'The root key does not open the key ring'],
  ERR_ROOT_KEY_MISSING: [500, 'The root key file does not exist'],
  ERR_ROOT_KEY_MODE: [500, 'The root key file can be read or written by others than its owner'],
  ERR_ROOT_KEY_INVALID: [500, 'The root key file does not hold exactly 32 bytes'],
  ERR_ROOT_KEY_UNAVAILABLE: [503, 'The root key does not answer'],
  ERR_ROOT_KEY_REFUSED: [500, 'The key service refuses these credentials'],
  ERR_ROOT_KEY_PLAINTEXT: [500, 'A key service beyond this machine would be spoken to in plaintext'],
  ERR_KEY_RING_MISSING: [500, 'The key ring does not exist'],
  ERR_KEY_RING_EXISTS: [500, 'There is a key ring where one was to be restored'],
  ERR_KEY_RING_INVALID: [500, 'The file is not a key ring'],
  ERR_KEY_RING_EDITED: [500, 'The key ring was changed by something other than this toolkit'],
  ERR_KEY_RING_BUSY: [500, 'Another process holds the lock of a key file'],
  ERR_KEY_RING_CLOSED: [500, 'The key ring was closed'],
  ERR_KEY_STATE: [500, 'The key is not in a state that allows this'],
  ERR_KEY_ROLL_OUT: [500, 'Other processes that hold the key ring are not as far'],
  ERR_KEY_PROOF: [500, 'Nothing proves that the key is unused'],
  ERR_KEY_BACKUP: [500, 'The backup does not hold every key of the ring'],
  ERR_KEY_FILE: [500, 'A key file cannot be read or written'],
  ERR_KEY_UNKNOWN: [500, 'The key ring has no such key in use'],
  // envelope
  ERR_NOT_SEALED: [500, 'The stored value is not a sealed value'],
  ERR_SEAL_KEY: [500, 'The sealed value was made under another key'],
  ERR_SEAL_BROKEN: [500, 'The sealed value is damaged or belongs to another place'],
  ERR_ALREADY_SEALED: [500, 'The value is sealed already'],
  ERR_PLACE_INVALID: [500, 'The place of a sealed value is incomplete'],
  ERR_STREAM_ENDED: [500, 'A stream was given more than it may hold'],
  ERR_VALUE_TYPE: [500, 'A value is not of the type it is to be sealed as'],
  // fields
  ERR_PURPOSE_REFUSED: [500, 'The purpose has no right to the column'],
  ERR_COLUMN_REFUSED: [500, 'The column cannot be stored or opened this way'],
  ERR_ROW_KEY_MISSING: [500, 'The row has no value for its row key'],
  ERR_INDEX_LEAKS: [500, 'A blind index gives away more of a column than is tolerated'],
  ERR_ROW_CONTENDED: [409, 'The row was changed by others again and again while it was written'],
  ERR_KEY_IN_USE: [500, 'Stored values still need the key'],
  ERR_QUEUE_MISSING: [500, 'The tables of the job queue are not in the database'],
  // passwords
  ERR_PASSWORD_COST: [500, 'A password cost lies below what is accepted'],
  ERR_PASSWORD_ENGINE: [500, 'The password engine does not give the published result'],
  ERR_PASSWORD_LENGTH: [422, 'A password is empty or longer than is accepted'],
  ERR_PASSWORD_TEXT: [422, 'A password is not valid text'],
  ERR_PASSWORD_LEGACY: [500, 'A stored text is no old password hash that can be wrapped'],
  ERR_PASSWORD_BUSY: [503, 'Too many passwords are being checked at this moment'],
  ERR_PASSWORD_ABANDONED: [503, 'The client went away before its password was checked'],
  ERR_BREACHED_INPUT: [500, 'A list of hashes cannot be made into a breached list'],
  ERR_BREACHED_FILE: [500, 'A breached list cannot be read or written'],
  // foreign
  ERR_FOREIGN_FORMAT: [500, 'The stored value is not of the format that this reader reads'],
  ERR_FOREIGN_KEY: [500, 'The stored value names a key that the reader was not given'],
  ERR_FOREIGN_BROKEN: [500, 'The stored value opens under none of the keys of the reader'],
  ERR_FOREIGN_VALUE: [500, 'The stored value opened to something other than was declared'],
  // queries
  ERR_SEALED_QUERY: [500, 'A query asks of a sealed column what only its plaintext could answer'],
  // certificates
  ERR_CERTIFICATE_FILES: [500, 'The directory of development certificates cannot be written'],
  ERR_CERTIFICATE_UNREADABLE: [500, 'A certificate or its key cannot be read'],
  ERR_CERTIFICATE_PAIR: [500, 'The certificate belongs to another private key'],
  ERR_CERTIFICATE_DATES: [500, 'The certificate has expired or has not begun'],
  ERR_CERTIFICATE_NAME: [500, 'The certificate is not for the host that clients connect to'],
  ERR_CERTIFICATE_CHAIN: [500, 'A certificate of the chain was not issued by the next, or is out of date'],
  ERR_PARTNER_NAME: [500, 'A partner has a name that is not accepted'],
  ERR_PARTNER_REGISTER: [500, 'The register of partners cannot be read'],
  ERR_PARTNER_CERTIFICATE: [500, 'No certificate with this serial number was issued to a partner'],
  // transport
  ERR_HOST_MISDIRECTED: [421, 'This server does not answer for the host that was asked for'],
  ERR_CROSS_ORIGIN: [403, 'A page of another origin sent this request'],
  ERR_NOT_FOUND: [404, 'There is nothing at this address'],
  ERR_PORT_IN_USE: [500, 'Another program listens on the port'],
  ERR_PORT_REFUSED: [500, 'The system does not let this program listen on the port'],
  ERR_LISTEN: [500, 'The server cannot listen'],
  ERR_CSP_SOURCE: [500, 'A source would undo the Content-Security-Policy'],
  ERR_CSP_NONCE: [500, 'There is no policy that a nonce could join'],
  ERR_TLS_HANDSHAKE: [500, 'A handshake of the server with itself failed'],
  ERR_PARTNER_REFUSED: [403, 'This connection is not that of a partner who may do this'],
  ERR_PARTNER_POLICY: [500, 'The policy has no such recipient, or gives it no such purpose'],
  ERR_COOKIE_UNSAFE: [500, 'A cookie lacks what protects it'],
  ERR_COOKIE_CREDENTIAL: [500, 'A cookie holds a credential that this request brought'],
  // redaction
  ERR_LOGGER_UNSUPPORTED: [500, 'This logger cannot be made to print redacted lines only'],
  ERR_REDACTOR_FOREIGN: [500, 'A redactor was given that createRedactor did not make'],
} as const;

export type ErrorCode = keyof typeof errorCodes;
