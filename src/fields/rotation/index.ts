export type { IndexKeys } from './count-indexes.js';
export {
  type ColumnKeys,
  type KeyRows,
  type RotationStatus,
  type RotationStatusOptions,
  rotationStatus,
} from './count-keys.js';
export type { RotationFailure } from './failures.js';
export * from './jobs/index.js';
export type { RotatableFields } from './known-fields.js';
export { type ProveUnusedOptions, proveUnused } from './prove-unused.js';
export {
  type RotatedTable,
  type RotateFieldsOptions,
  type RotationProgress,
  type RotationReport,
  rotateFields,
} from './rotate-fields.js';
export type { RotatedIndexes } from './rotate-indexes.js';
