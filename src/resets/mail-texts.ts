import type { MailMessage } from '../base/ports/mailer.js';

/** The reset mail: a link with the code in its fragment, which only the browser sees, and the code as text. */
export function resetMail(
  to: string,
  link: { readonly origin: string; readonly path: string; readonly token: string; readonly minutes: number },
): MailMessage {
  return {
    to,
    subject: 'Set a new password',
    text: [
      'Somebody, we hope you, asked to set a new password for your account.',
      '',
      'Open this link to choose one:',
      `${link.origin}${link.path}#${link.token}`,
      '',
      'If the link does not open, go to this page and paste the code below it:',
      `${link.origin}${link.path}`,
      link.token,
      '',
      `The code is valid for ${link.minutes} minutes and works once. If it was not you, do nothing: your password stays as it is.`,
      'We never ask for your password by mail or phone.',
    ].join('\n'),
  };
}

export function passwordChangedMail(to: string, origin: string, forgotPath: string): MailMessage {
  return {
    to,
    subject: 'Your password was changed',
    text: [
      'The password of your account was changed just now, and every device was signed out.',
      '',
      'If it was you, there is nothing to do. If it was not, set a new password at once:',
      `${origin}${forgotPath}`,
    ].join('\n'),
  };
}
