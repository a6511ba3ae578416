export { assertTyped, createEnvelopes, type Envelopes, type EnvelopesOptions, type SealOptions } from './envelopes.js';
export type { Place, RowKeyPart } from './place.js';
export type { Typed, ValueType, ValueTypes } from './values.js';
