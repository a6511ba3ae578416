import type { DataType } from '../finding.js';

/** Why something was replaced in a line; never what. */
export interface LineFinding {
  readonly type: DataType;
  /** `value/email`, `key/password`, `policy/customers.email`. */
  readonly rule: string;
  /** Offsets in the line or in the value at `path`, in UTF-16 code units; absent where a value was replaced whole. */
  readonly start?: number | undefined;
  readonly end?: number | undefined;
  /** Where in an object: `user.contact.0`. */
  readonly path?: string | undefined;
}

export type Report = (finding: LineFinding) => void;
