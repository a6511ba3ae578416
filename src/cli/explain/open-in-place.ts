import { isSafekeepError } from '../../base/errors.js';
import { createEnvelopes, type RowKeyPart } from '../../envelope/index.js';
import { foldRowKey } from '../../fields/row-place.js';
import type { KeyRing } from '../../keys/index.js';
import { type Explanation, explainPassword } from './explain-value.js';

export interface PlaceChoice {
  readonly application: string;
  /** `customers.email`. */
  readonly place: string;
  readonly row: readonly string[];
  readonly tenant?: string | undefined;
}

/** What opening a value in a place tells, without the value. */
export interface OpenedInPlace {
  readonly opens: boolean;
  /** The code of the refusal, when it does not open. */
  readonly because?: string;
  readonly type?: string;
  /** What the value itself is, where it is a form of ours: a password hash. */
  readonly holds?: Explanation;
}

export function openInPlace(
  keys: KeyRing,
  sealed: string,
  { application, place, row, tenant }: PlaceChoice,
): OpenedInPlace {
  const envelopes = createEnvelopes({ application, keys });
  const dot = place.lastIndexOf('.');
  const [table, column] = [place.slice(0, dot), place.slice(dot + 1)];
  let because = 'ERR_PLACE_INVALID';
  // Fields take 42 for a number, passwords for a text.
  for (const parts of [foldRowKey(row), row] as readonly (readonly RowKeyPart[])[]) {
    try {
      const { type, value } = envelopes.openAny(sealed, { table, column, row: parts, tenant });
      const found = type === 'text' ? explainPassword(value) : null;
      const holds = found?.format.endsWith('password hash') === true ? found : null;
      return { opens: true, type, ...(holds === null ? {} : { holds }) };
    } catch (error) {
      if (!isSafekeepError(error)) throw error;
      because = error.code;
    }
  }
  return { opens: false, because };
}
