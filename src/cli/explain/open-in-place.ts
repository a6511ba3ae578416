import { isSafekeepError } from '../../base/errors.js';
import { createEnvelopes, type FieldSuite, type RowKeyPart } from '../../envelope/index.js';
import { suites } from '../../envelope/suites.js';
import { foldRowKey } from '../../fields/row-place.js';
import type { KeyRing } from '../../keys/index.js';
import { type Explanation, explainPassword } from './explain-value.js';

export interface PlaceChoice {
  readonly application: string;
  /** `customers.email`. */
  readonly place: string;
  readonly row: readonly string[];
  readonly tenant?: string | undefined;
  /** What the policy says of the column, where there is one: a value of another suite is refused there. */
  readonly suite?: FieldSuite | undefined;
}

/** What opening a value in a place tells, without the value. */
export interface OpenedInPlace {
  readonly opens: boolean;
  /** The code of the refusal, when it does not open. */
  readonly because?: string;
  /** Of a sealed row: `row`. */
  readonly type?: string;
  /** How many fields a sealed row holds. */
  readonly fields?: number;
  /** What the value itself is, where it is a form of ours: a password hash. */
  readonly holds?: Explanation;
}

export function openInPlace(
  keys: KeyRing,
  sealed: string,
  { application, place, row, tenant, suite: declared }: PlaceChoice,
): OpenedInPlace {
  const envelopes = createEnvelopes({ application, keys });
  const suite = declared ?? suiteOf(sealed);
  const dot = place.lastIndexOf('.');
  const [table, column] = [place.slice(0, dot), place.slice(dot + 1)];
  let because = 'ERR_PLACE_INVALID';
  // Fields take 42 for a number, passwords for a text.
  for (const parts of [foldRowKey(row), row] as readonly (readonly RowKeyPart[])[]) {
    try {
      const at = { table, column, row: parts, tenant };
      if (suite === 'row') return { opens: true, type: 'row', fields: envelopes.openMap(sealed, at).fields.size };
      const { type, value } = envelopes.openAny(sealed, at, { suite });
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

/** As the value says itself; the first of them for what says nothing, which then does not open. */
function suiteOf(sealed: string): FieldSuite | 'row' {
  const byte = Buffer.from(sealed.slice(4, 12), 'base64url')[1];
  if (byte === suites.row) return 'row';
  return byte === suites['xaes-256-gcm'] ? 'xaes-256-gcm' : 'kc-xaes-256-gcm';
}
