import { SafekeepError } from '../../base/errors.js';
import { nameOf, say } from '../../base/names.js';
import { objectRule } from '../../base/options.js';
import type { KeyRing } from '../../keys/index.js';
import type { Policy } from '../../policy/index.js';
import type { AnyFields } from '../create-fields.js';
import type { RowIndexes } from '../row-indexes.js';

/** What rotation needs of fields beyond what an application may do with them: every column, whatever its purposes. */
export interface KnownFields {
  readonly policy: Policy;
  readonly keys: KeyRing;
  /** Whether they make hedged nonces: what is sealed here on their behalf does so too. */
  readonly hedged: boolean;
  /** The fields themselves: what they seal is sealed as they were told to. */
  readonly fields: AnyFields;
  /** Their blind indexes, one by one. */
  readonly indexes: RowIndexes;
}

/** Fields with a policy, as `createFields` made them. */
export interface RotatableFields {
  keyIdOf(sealed: unknown): number | null;
}

const known = new WeakMap<object, KnownFields>();

/** `createFields` says here what it made fields of: rotation is given fields and asks for their policy and ring. */
export function rememberFields(fields: AnyFields, made: Omit<KnownFields, 'fields'>): void {
  known.set(fields, { ...made, fields });
}

export const fieldsRule: ReturnType<typeof objectRule<RotatableFields>> = objectRule('keyIdOf');

/** @throws SafekeepError ERR_OPTION_INVALID for fields without a policy, or another object */
export function knownFields(of: string, fields: RotatableFields): KnownFields {
  const found = known.get(fields);
  if (found !== undefined) return found;
  throw new SafekeepError('ERR_OPTION_INVALID', {
    of: nameOf(of),
    option: nameOf('fields'),
    expected: say`what createFields returned, with a policy`,
  });
}
