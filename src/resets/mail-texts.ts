import { composeMail } from '../base/compose-mail.js';
import type { MailMessage } from '../base/ports/mailer.js';

/** The reset mail: a link with the code in its fragment, which only the browser sees, and the code as text. */
export function resetMail(
  to: string,
  link: { readonly origin: string; readonly path: string; readonly token: string; readonly minutes: number },
): MailMessage {
  const page = link.origin + link.path;
  return composeMail(to, 'Set a new password', [
    'Somebody, we hope you, asked to set a new password for your account.',
    'Open this link to choose one:',
    { link: `${page}#${link.token}` },
    'If the link does not open, go to this page and paste the code below it:',
    { link: page },
    { code: link.token },
    `The code is valid for ${link.minutes} minutes and works once. If it was not you, do nothing: your password stays as it is.`,
  ]);
}

export function passwordChangedMail(to: string, origin: string, forgotPath: string): MailMessage {
  return composeMail(to, 'Your password was changed', [
    'The password of your account was changed just now, and every device was signed out.',
    'If it was you, there is nothing to do. If it was not, set a new password at once:',
    { link: origin + forgotPath },
  ]);
}
