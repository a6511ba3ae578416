import { SafekeepError } from '../base/errors.js';
import type { Mailer } from '../base/ports/mailer.js';

/** Stands where no mailer was given: whoever asks for a code is answered as always, and the log says why none left. */
export const missingMailer: Mailer = Object.freeze({
  send: () => Promise.reject(new SafekeepError('ERR_MAILER_MISSING')),
});
