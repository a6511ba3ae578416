import { composeMail } from '../base/compose-mail.js';
import type { MailMessage } from '../base/ports/mailer.js';

/**
 * The mails of registration and confirmation. None asks for a password or for an answer by mail: the policy says we
 * never do, and people who know that are hard to phish. The link carries its code in the fragment, which no server,
 * proxy, Referer header or mail scanner's GET ever sees.
 */
export function confirmMail(
  to: string,
  link: { readonly origin: string; readonly path: string; readonly token: string },
): MailMessage {
  const page = link.origin + link.path;
  return composeMail(to, 'Please confirm your e-mail address', [
    'Somebody, we hope you, registered an account with this e-mail address.',
    'To confirm it, open this link:',
    { link: `${page}#${link.token}` },
    'If the link does not open, go to this page and paste the code below it:',
    { link: page },
    { code: link.token },
    'The code is valid for 48 hours. If it was not you, do nothing: without the confirmation there is no account, and what was typed is deleted by then.',
  ]);
}

export function accountExistsMail(to: string, origin: string, forgotPath: string): MailMessage {
  return composeMail(to, 'You already have an account', [
    'Somebody tried to register an account with this e-mail address, and it already has one.',
    'If it was you, sign in as usual. If you have forgotten the password, set a new one here:',
    { link: origin + forgotPath },
    'If it was not you, there is nothing to do: nobody was told that this account exists.',
  ]);
}
