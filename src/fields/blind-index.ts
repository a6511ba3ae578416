import { createHmac } from 'node:crypto';
import type { BlindIndex } from '../base/brands.js';
import { pae, utf8 } from '../base/bytes.js';
import type { KeyRing } from '../keys/index.js';
import type { IndexRule } from '../policy/rules.js';
import { normalisers } from './normalise.js';

const indexBytes = 16;

/** Computes look-up values. Equal values of one index give equal look-up values, and nothing else does. */
export type BlindIndexer = (table: string, index: IndexRule, value: string) => BlindIndex;

/**
 * HMAC-SHA-256 under a key of the purpose `index`, over PAE(application, table, index, normaliser with version,
 * partition, normalised value), the first 128 bits in base64url. The partition is empty today.
 */
export function createBlindIndexer(application: string, keys: KeyRing): BlindIndexer {
  let derived: { readonly keyId: number; readonly key: Buffer } | undefined;
  keys.onClose(() => derived?.key.fill(0));

  return (table, { name, normaliser }, value) => {
    const keyId = keys.active('index').id;
    if (derived?.keyId !== keyId) derived = keys.derive('index', 'blind-index');
    const parts = [application, table, name, normaliser, '', normalisers[normaliser](value)];
    const mac = createHmac('sha256', derived.key)
      .update(pae(parts.map(utf8)))
      .digest();
    return mac.toString('base64url', 0, indexBytes) as BlindIndex;
  };
}
