export {
  assertTyped,
  createEnvelopes,
  type Envelopes,
  type EnvelopesOptions,
  encodes,
  type OpenOptions,
  type SealOptions,
} from './envelopes.js';
export type { Expect, FieldMap } from './field-map.js';
export type { Padding } from './padding.js';
export type { Place, RowKeyPart } from './place.js';
export { maxStoredSize } from './stored-size.js';
export type { FieldSuite } from './suites.js';
export type { Typed, ValueType, ValueTypes } from './values.js';
