export { definePolicy, type Policy } from './define-policy.js';
export { fieldNumber } from './field-number.js';
export type {
  ColumnInput,
  ColumnValue,
  OpenColumns,
  PlainColumns,
  PolicyInput,
  PurposeInput,
  RecipientInput,
  Revealed,
  TableInput,
} from './input.js';
export type { FieldProblem, Intake, IntakeField } from './intake.js';
export type { Kind } from './kinds.js';
export { receivableColumns } from './receivable.js';
export type { ImportSource, Recipient, ResolvedColumn, ResolvedPolicy, ResolvedTable } from './rules.js';
