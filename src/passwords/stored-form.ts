import { type ErrorCode, isSafekeepError, SafekeepError } from '../base/errors.js';
import { type Name, nameOf } from '../base/names.js';

/** Where and how the PHC string of an account is kept. */
export interface StoredForm {
  write(phc: string, account: string): string;
  read(stored: string, account: string | undefined): ReadForm;
}

export type ReadForm =
  | { readonly text: string /** False: it should be written again in this form. */; readonly current: boolean }
  | { readonly text: undefined /** The code of the envelope's refusal, or `bounds`. */; readonly because: Name };

/** What is needed of the envelopes of a key ring. */
export interface TextEnvelopes {
  seal(value: string, account: string): string;
  /** @throws SafekeepError ERR_NOT_SEALED and the other refusals of an envelope */
  open(sealed: string, account: string): string;
}

/** A sealed PHC string of the longest kind has fewer characters than this; more is not looked at. */
const mostSealedLength = 2048;

/** What an envelope says of a value that will not open. Anything else (a closed ring) is no answer about it. */
const refusals: ReadonlySet<ErrorCode> = new Set([
  'ERR_NOT_SEALED',
  'ERR_KEY_UNKNOWN',
  'ERR_SEAL_KEY',
  'ERR_SEAL_BROKEN',
]);

/** Without a key ring: the plain PHC string, which other programs can verify too. */
export const plainForm: StoredForm = Object.freeze({
  write: (phc: string) => phc,
  read: (stored: string) => ({ text: stored, current: true }),
});

/**
 * With a key ring: the PHC string sealed for its account's row. A stolen table alone gives nothing to guess against,
 * and whoever can write to the table can neither plant a hash of their own nor move one to another account.
 * Every refusal to open is one answer, "no match": an error page for such accounts only would tell that they exist.
 */
export function sealedForm(envelopes: TextEnvelopes, acceptUnsealed: boolean): StoredForm {
  return Object.freeze({
    write: (phc: string, account: string) => envelopes.seal(phc, account),
    read(stored: string, account: string | undefined): ReadForm {
      if (account === undefined) {
        throw new SafekeepError('ERR_OPTION_MISSING', { of: nameOf('passwords.verify'), option: nameOf('account') });
      }
      if (stored.length > mostSealedLength) return { text: undefined, because: nameOf('bounds') };
      try {
        return { text: envelopes.open(stored, account), current: true };
      } catch (error) {
        if (!isSafekeepError(error) || !refusals.has(error.code)) throw error;
        if (error.code === 'ERR_NOT_SEALED' && acceptUnsealed) return { text: stored, current: false };
        return { text: undefined, because: nameOf(error.code) };
      }
    },
  });
}
