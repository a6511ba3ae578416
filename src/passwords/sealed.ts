import type { Random } from '../base/clock.js';
import { optional, readOptions, textRule, withDefault } from '../base/options.js';
import { createEnvelopes } from '../envelope/index.js';
import type { KeyRing } from '../keys/index.js';
import { plainForm, type StoredForm, sealedForm } from './stored-form.js';

/** Where the sealed hashes lie; the row is the account's row key, as text. */
export interface PasswordPlace {
  /** The application's name, as in its policy. Default `safekeep`. */
  readonly application?: string | undefined;
  /** Default `accounts`. */
  readonly table?: string | undefined;
  /** Default `password`. */
  readonly column?: string | undefined;
  /** Whose accounts they are, where one database serves several. */
  readonly tenant?: string | undefined;
}

export interface FormOptions {
  readonly keys: KeyRing | undefined;
  readonly place: PasswordPlace;
  readonly dangerouslyAcceptUnsealed: string | undefined;
}

const placeShape = {
  application: withDefault(textRule({ maxLength: 64 }), 'safekeep'),
  table: withDefault(textRule({ maxLength: 128 }), 'accounts'),
  column: withDefault(textRule({ maxLength: 128 }), 'password'),
  tenant: optional(textRule({ maxLength: 256 })),
};

/** The form in which hashes are stored: sealed with a key ring, plain without. */
export function formOf({ keys, dangerouslyAcceptUnsealed, ...rest }: FormOptions, random: Random): StoredForm {
  const { application, table, column, tenant } = readOptions('createPasswords.place', placeShape, rest.place);
  if (keys === undefined) return plainForm;
  const envelopes = createEnvelopes({ application, keys, random });
  const place = (row: string) => ({ table, column, row, tenant });
  return sealedForm(
    {
      seal: (value, account) => envelopes.seal({ type: 'text', value }, place(account)),
      open: (sealed, account) => envelopes.open(sealed, place(account), 'text'),
    },
    dangerouslyAcceptUnsealed !== undefined,
  );
}
