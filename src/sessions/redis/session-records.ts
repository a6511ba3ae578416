import type { Random } from '../../base/clock.js';
import { type ErrorCode, isSafekeepError } from '../../base/errors.js';
import { createEnvelopes } from '../../envelope/index.js';
import type { KeyRing } from '../../keys/index.js';

/** A session as it lies in Redis, sealed. */
export interface SessionRecord {
  readonly account: string;
  readonly epoch: number;
  readonly browser: string;
  readonly createdAtMs: number;
  readonly seenAtMs: number;
  readonly expiresAtMs: number;
}

/**
 * Sealed under the key ring for the id it belongs to: who may write to that Redis can end sessions, and can neither make
 * one, nor move one to another id or account, nor read whose it is.
 */
export interface SessionRecords {
  seal(idHash: Buffer, record: SessionRecord): string;
  /** null: not ours, damaged, of another id or realm, or under a key that is gone. */
  open(idHash: Buffer, text: unknown): SessionRecord | null;
}

const foreign: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ERR_NOT_SEALED',
  'ERR_KEY_UNKNOWN',
  'ERR_SEAL_KEY',
  'ERR_SEAL_BROKEN',
]);

export function sessionRecords(parts: {
  readonly application: string;
  readonly keys: KeyRing;
  readonly realm: string;
  readonly random: Random;
}): SessionRecords {
  const { application, keys, realm, random } = parts;
  const envelopes = createEnvelopes({ application, keys, random });
  const place = (idHash: Buffer) => ({
    ...{ table: 'safekeep.sessions', column: 'record', row: [realm, idHash.toString('hex')] },
  });
  return {
    seal: (idHash, record) => envelopes.seal({ type: 'json', value: { ...record } }, place(idHash)),
    open(idHash, text) {
      try {
        return envelopes.open(text, place(idHash), 'json') as SessionRecord;
      } catch (error) {
        if (isSafekeepError(error) && foreign.has(error.code)) return null;
        throw error;
      }
    },
  };
}
