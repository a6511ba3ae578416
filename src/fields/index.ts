export type { BlindIndex, Ciphertext, SealedBytes } from '../base/brands.js';
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
  ClaimOptions,
  DeclaredFields,
  Fields,
  FieldsOptions,
  NotSealed,
  PlainFields,
  UpdateOptions,
} from './create-fields.js';
export { createFields } from './create-fields.js';
export * from './import/index.js';
export {
  adviseIndex,
  type IndexAdvice,
  type LeakageOptions,
  type LeakageReport,
  measureLeakage,
} from './leakage.js';
export type { Json, Value } from './loose-values.js';
export { type IndexPlan, type PlanIndexOptions, planIndex } from './plan-index.js';
export * from './rotation/index.js';
export * from './streams/index.js';
export type { DeclaredPlace, IndexedBy, Opened, RevealedRow, RowInput, SealedFor, StoredRow } from './types.js';
