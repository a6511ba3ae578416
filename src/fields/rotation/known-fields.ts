import { SafekeepError } from '../../base/errors.js';
import { nameOf, say } from '../../base/names.js';
import { objectRule } from '../../base/options.js';
import type { KeyRing } from '../../keys/index.js';
import type { Policy } from '../../policy/index.js';
import { type AnyFields, createFields as create } from '../create-fields.js';

/** What rotation needs of fields beyond what an application may do with them: every column, whatever its purposes. */
export interface KnownFields {
  readonly policy: Policy;
  readonly keys: KeyRing;
  /** Whether they make hedged nonces: what is sealed here on their behalf does so too. */
  readonly hedged: boolean;
  /** The fields themselves: what they seal is sealed as they were told to. */
  readonly fields: AnyFields;
}

/** Fields with a policy, as `createFields` made them. */
export interface RotatableFields {
  keyIdOf(sealed: unknown): number | null;
}

const known = new WeakMap<object, KnownFields>();

/** `createFields`, which remembers what it made fields of: rotation is given fields and asks here for their ring. */
export const createFields: typeof create = remembering(create);

function remembering<F extends (options: never) => object>(make: F): F {
  return ((options: never) => {
    const fields = make(options);
    const given = options as { readonly policy?: Policy; readonly keys: KeyRing; readonly hedged?: boolean };
    const { policy, keys, hedged = false } = given;
    if (policy !== undefined) known.set(fields, { policy, keys, hedged, fields: fields as AnyFields });
    return fields;
  }) as F;
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
