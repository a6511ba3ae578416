import { createHmac } from 'node:crypto';
import { deriveKey } from '../aead/index.js';
import { equalBytes, fromBase64Url, pae, u32, utf8 } from '../base/bytes.js';
import { SafekeepError } from '../base/errors.js';
import { type Statement, say } from '../base/names.js';
import type { UnusedPlace, UnusedProof } from '../base/ports/unused-proof.js';
import { entryOf } from './key-changes.js';
import type { RingList } from './ring-list.js';

const dayMs = 86_400_000;
const members = ['keyId', 'ringCounter', 'places', 'mintedAtMs', 'mac'];

/**
 * Puts the ring's authenticator under what was counted.
 * @throws SafekeepError ERR_KEY_UNKNOWN; ERR_KEY_PROOF when the key may still seal, is not for fields or indexes, or a place has rows
 */
export function mintProof(
  guard: Uint8Array,
  list: RingList,
  keyId: number,
  places: readonly UnusedPlace[],
  mintedAtMs: number,
): UnusedProof {
  const { state, purpose } = entryOf(list, keyId);
  if (purpose !== 'fields' && purpose !== 'index')
    throw refusal(keyId, say`only what keys of fields and index made can be counted`);
  // A key that may seal again a moment later is not proven unused by any count.
  if (state === 'staged' || state === 'active')
    throw refusal(keyId, say`it may still be sealed under: retire it first`);
  const wrong = wrongPlaces(places);
  if (wrong !== undefined) throw refusal(keyId, wrong);
  const counted = places.map(({ table, column }) => Object.freeze({ table, column, rows: 0 as const }));
  const claim = { keyId, ringCounter: list.counter, places: Object.freeze(counted), mintedAtMs };
  return Object.freeze({ ...claim, mac: proofMac(guard, list.ring, claim).toString('base64url') });
}

/**
 * Holds a proof against the ring that is asked to destroy the key.
 * @throws SafekeepError ERR_KEY_PROOF saying which part of it does not hold
 */
export function assertProof(
  guard: Uint8Array,
  list: RingList,
  keyId: number,
  proof: unknown,
  { nowMs, backupHorizonDays }: { readonly nowMs: number; readonly backupHorizonDays: number },
): void {
  const read = readProof(proof);
  if (read === null) throw refusal(keyId, say`it is no proof as fields.proveUnused returns it`);
  const mac = fromBase64Url(read.mac);
  if (mac === null || !equalBytes(mac, proofMac(guard, list.ring, read))) {
    throw refusal(keyId, say`it was not minted by this ring, or was changed since`);
  }
  if (read.keyId !== keyId) throw refusal(keyId, say`it is about the key ${read.keyId}`);
  if (read.ringCounter > list.counter || read.mintedAtMs > nowMs) throw refusal(keyId, say`it is from the future`);
  const daysOld = Math.floor((nowMs - read.mintedAtMs) / dayMs);
  if (daysOld < backupHorizonDays) {
    throw refusal(
      keyId,
      say`backups of the last ${backupHorizonDays} days may hold values under the key, and the proof is ${daysOld} days old`,
    );
  }
}

function readProof(proof: unknown): UnusedProof | null {
  if (typeof proof !== 'object' || proof === null) return null;
  if (Object.keys(proof).length !== members.length || !members.every((name) => Object.hasOwn(proof, name))) return null;
  const { keyId, ringCounter, places, mintedAtMs, mac } = proof as Record<keyof UnusedProof, unknown>;
  const whole = [keyId, ringCounter, mintedAtMs].every(
    (value) => Number.isSafeInteger(value) && (value as number) >= 0,
  );
  if (!whole || (keyId as number) > 0xffff_ffff || typeof mac !== 'string') return null;
  return wrongPlaces(places) === undefined ? (proof as UnusedProof) : null;
}

function wrongPlaces(places: unknown): Statement | undefined {
  if (!Array.isArray(places) || places.length === 0) return say`no place was counted`;
  for (const [at, place] of (places as readonly (Partial<UnusedPlace> | null)[]).entries()) {
    if (typeof place?.table !== 'string' || typeof place.column !== 'string') return say`place ${at} has no name`;
    if (place.rows !== 0) return say`place ${at} still has rows under it`;
  }
  return undefined;
}

function proofMac(guard: Uint8Array, ring: Uint8Array, claim: Omit<UnusedProof, 'mac'>): Buffer {
  const numbers = Buffer.alloc(16);
  numbers.writeBigUInt64BE(BigInt(claim.ringCounter));
  numbers.writeBigUInt64BE(BigInt(claim.mintedAtMs), 8);
  const places = claim.places.map(({ table, column }) => pae([utf8(table), utf8(column)]));
  const key = deriveKey(guard, pae([utf8('sf1/unused')]));
  return createHmac('sha256', key)
    .update(pae([ring, u32(claim.keyId), numbers, ...places]))
    .digest();
}

function refusal(keyId: number, problem: Statement): SafekeepError {
  return new SafekeepError('ERR_KEY_PROOF', { keyId, problem });
}
