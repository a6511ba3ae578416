import { SafekeepError } from 'safekeep/errors';
import { SettingsProblem } from './settings.js';

/** What an operator can do about a refusal to start, by code. docs/errors.md says more. */
const advice: Readonly<Record<string, string>> = {
  ERR_PORT_IN_USE: 'Stop the other program, or set PORT and HTTP_PORT to free ports.',
  ERR_PORT_REFUSED: 'Ports below 1024 belong to root on most systems: set PORT and HTTP_PORT higher.',
  ERR_ROOT_KEY_MODE: 'Others could read or replace the root key. Run: chmod 600 on the file.',
  ERR_ROOT_KEY_MISSING:
    'Is its volume mounted? A new root key would open nothing that was sealed. For a first start: --create-keys.',
  ERR_ROOT_KEY: 'The ring was made under another root key. Put the right root key back; nothing was changed.',
  ERR_ROOT_KEY_INVALID: 'A root key file holds exactly 32 random bytes and nothing else.',
  ERR_KEY_RING_MISSING: 'Is SAFEKEEP_DATA the right folder? For a first start: --create-keys.',
  ERR_KEY_RING_EDITED: 'Put the ring back from its last backup.',
  ERR_SCHEMA_DRIFT: 'Declare each column in examples/policy.ts, or take it out of the database.',
  ERR_DATABASE_UNAVAILABLE: 'Is DATABASE_URL right, and does the server run?',
  ERR_DATABASE_PLAINTEXT: 'Add sslmode=verify-full to DATABASE_URL.',
  ERR_DATABASE_IN_USE: 'Another server runs on the same SAFEKEEP_DATA: stop it, or give this one its own folder.',
  ERR_PARTNER_REGISTER:
    'For a first start: npx safekeep certs partner issue north_lines --directory <data folder>/partners.',
  ERR_NATIVE_MODULE: 'Install again on this machine: rm -rf node_modules && npm ci.',
  ERR_PEER_MISSING: 'Install what is named above.',
};

/** A failed start in a few lines: what is wrong, and what to do. A stack only for what nobody foresaw. */
export function explain(error: unknown): string {
  if (error instanceof SettingsProblem) return error.message;
  if (error instanceof SafekeepError) {
    const line = Object.hasOwn(advice, error.code) ? advice[error.code] : undefined;
    return line === undefined ? error.message : `${error.message}\n${line}`;
  }
  return error instanceof Error ? (error.stack ?? error.message) : 'The start failed.';
}
