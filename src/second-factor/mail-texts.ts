import { composeMail } from '../base/compose-mail.js';
import type { MailMessage } from '../base/ports/mailer.js';

export type FactorChange = 'added' | 'removed' | 'codes-replaced' | 'recovery-used';

const happened: Readonly<Record<FactorChange, string>> = {
  added: 'A second step was added to signing in to your account.',
  removed: 'The second step of signing in to your account was turned off.',
  'codes-replaced': 'The recovery codes of your account were replaced; the old ones are worth nothing now.',
  'recovery-used': 'A recovery code was used to sign in to your account. It is spent; the others still work.',
};

/** Tells the owner how signing in has changed. ASVS 5.0 6.3.7. */
export function factorChangedMail(
  to: string,
  change: FactorChange,
  link: { readonly origin: string; readonly forgotPath: string },
): MailMessage {
  return composeMail(to, 'How you sign in has changed', [
    happened[change],
    'If it was you, there is nothing to do.',
    'If it was not you, set a new password at once, which signs everybody out, and write to us:',
    { link: link.origin + link.forgotPath },
  ]);
}
