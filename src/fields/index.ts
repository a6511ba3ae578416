export type { BlindIndex, Ciphertext } from '../base/brands.js';
export { Secret } from '../base/secret.js';
export {
  type FieldSuite,
  maxStoredSize,
  type Padding,
  type Place,
  type RowKeyPart,
  type SealOptions,
  type ValueType,
} from '../envelope/index.js';
export type {
  AnyFields,
  DeclaredFields,
  Fields,
  FieldsOptions,
  NotSealed,
  PlainFields,
  UpdateOptions,
} from './create-fields.js';
export type { Json, Value } from './loose-values.js';
export * from './rotation/index.js';
export type { DeclaredPlace, Opened, RevealedRow, RowInput, StoredRow } from './types.js';
