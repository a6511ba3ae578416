import type { Random } from '../base/clock.js';
import { objectRule, optional, readOptions, reasonRule, required, textRule } from '../base/options.js';
import { createEnvelopes } from '../envelope/index.js';
import type { KeyRing } from '../keys/index.js';
import { plainForm, type StoredForm, sealedForm } from './stored-form.js';

/** Where the sealed hashes lie; the row is the account's row key, as text. */
export interface SealedOptions {
  readonly keys: KeyRing;
  /** The application's name, as in its policy. */
  readonly application: string;
  readonly table: string;
  readonly column: string;
  /** Whose accounts they are, where one database serves several. */
  readonly tenant?: string | undefined;
  /**
   * Lets plain PHC strings of before the ring verify, and be sealed by `rehash()`. While it is on, whoever can write to
   * the table can plant a hash of their own. A reason, and better a date too.
   */
  readonly dangerouslyAcceptUnsealed?: string | undefined;
}

const sealedShape = {
  keys: required(objectRule<KeyRing>('active', 'find')),
  application: required(textRule({ maxLength: 64 })),
  table: required(textRule({ maxLength: 128 })),
  column: required(textRule({ maxLength: 128 })),
  tenant: optional(textRule({ maxLength: 256 })),
  dangerouslyAcceptUnsealed: optional(reasonRule()),
};

/** The form in which hashes are stored: sealed with a key ring, plain without. */
export function formOf(options: SealedOptions | undefined, random: Random): StoredForm {
  if (options === undefined) return plainForm;
  const read = readOptions('createPasswords.sealed', sealedShape, options);
  const { keys, application, table, column, tenant } = read;
  const envelopes = createEnvelopes({ application, keys, random });
  const place = (row: string) => ({ table, column, row, tenant });
  return sealedForm(
    {
      seal: (value, account) => envelopes.seal({ type: 'text', value }, place(account)),
      open: (sealed, account) => envelopes.open(sealed, place(account), 'text'),
    },
    read.dangerouslyAcceptUnsealed !== undefined,
  );
}
