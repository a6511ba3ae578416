export type { FastHash, Pseudonym } from '../base/brands.js';
export { fingerprint } from './fingerprint.js';
export { createKeyedFingerprint } from './keyed-fingerprint.js';
export { createPseudonyms, type Pseudonyms, type PseudonymsOptions } from './pseudonyms.js';
