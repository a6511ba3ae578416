export { type CommittedKey, committedOverheadBytes, createCommittedKey } from './committed-key.js';
export { deriveKey } from './derive-key.js';
export { unwrapKey, wrapKey } from './key-wrap.js';
export { createNonces, type Nonces } from './nonces.js';
