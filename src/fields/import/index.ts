export type { IndexDuplicate } from '../duplicates.js';
export { type ConfirmOptions, type ConfirmReport, confirmImport } from './confirm-import.js';
export type { ImportCounts } from './count-import.js';
export { type ImportedTable, type ImportReport, importFields } from './import-fields.js';
export {
  importResidue,
  type Residue,
  type ResidueOptions,
  type ResidueReport,
  type ResidueState,
} from './import-residue.js';
export type { ImportState } from './import-state.js';
export { type ImportColumnStatus, type ImportStatus, importStatus } from './import-status.js';
export type { ImportFailure, ImportOptions, ImportProgress } from './import-walk.js';
export type { ReadPlaintextOptions } from './passthrough.js';
export { type RevertReport, revertImport } from './revert-import.js';
export { type ImportVerification, type VerifiedColumn, verifyImport } from './verify-import.js';
