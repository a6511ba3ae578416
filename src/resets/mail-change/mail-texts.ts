import { composeMail } from '../../base/compose-mail.js';
import type { MailMessage } from '../../base/ports/mailer.js';

interface CodeLink {
  readonly origin: string;
  readonly path: string;
  readonly token: string;
}

/** To the new address: the code that shows that its mail arrives. */
export function newAddressMail(to: string, link: CodeLink & { readonly minutes: number }): MailMessage {
  const page = link.origin + link.path;
  return composeMail(to, 'Please confirm your new e-mail address', [
    'Somebody, we hope you, asked to sign in to an account with this e-mail address from now on.',
    'To confirm it, open this link:',
    { link: `${page}#${link.token}` },
    'If the link does not open, go to this page and paste the code below it:',
    { link: page },
    { code: link.token },
    `The code is valid for ${link.minutes} minutes and works once. If it was not you, do nothing: nothing changes.`,
  ]);
}

/** To the stored address of an account that somebody else's was to be changed to. */
export function addressInUseMail(
  to: string,
  link: { readonly origin: string; readonly forgotPath: string },
): MailMessage {
  return composeMail(to, 'Your e-mail address was named for another account', [
    'Somebody asked to use this e-mail address for another account. It has one already, and nothing was changed.',
    'If it was you, sign in to the account that has it. If you have forgotten the password, set a new one here:',
    { link: link.origin + link.forgotPath },
    'If it was not you, there is nothing to do: nobody was told that this account exists.',
  ]);
}

/** To the old address: what has happened, and how to undo it. It does not say what the new one is. */
export function addressReplacedMail(to: string, link: CodeLink & { readonly days: number }): MailMessage {
  const page = link.origin + link.path;
  return composeMail(to, 'Your e-mail address was changed', [
    'Your account now has another e-mail address, and every device was signed out. Mail about it no longer comes here.',
    'If it was you, there is nothing to do.',
    'If it was not you, open this link, which puts this address back and signs everybody out:',
    { link: `${page}#${link.token}` },
    'If the link does not open, go to this page and paste the code below it:',
    { link: page },
    { code: link.token },
    `The code is valid for ${link.days} days, whatever happens to the account in the meantime. Set a new password after you have used it.`,
  ]);
}

/** To the new address, once the account has it. */
export function addressSetMail(
  to: string,
  link: { readonly origin: string; readonly forgotPath: string },
): MailMessage {
  return composeMail(to, 'This is your e-mail address now', [
    'You sign in with this e-mail address from now on, and mail about your account comes here. Every device was signed out.',
    'If it was not you, set a new password at once and write to us:',
    { link: link.origin + link.forgotPath },
  ]);
}

/** To the address that was put back: the way on, because whoever changed it may know the password. */
export function addressRestoredMail(
  to: string,
  link: { readonly origin: string; readonly forgotPath: string },
): MailMessage {
  return composeMail(to, 'Your e-mail address was put back', [
    'Your account has this e-mail address again, and every device was signed out.',
    'Whoever changed it may know your password. Set a new one now:',
    { link: link.origin + link.forgotPath },
  ]);
}

/** To the address that the account had in between. */
export function addressWithdrawnMail(to: string): MailMessage {
  return composeMail(to, 'A change of e-mail address was undone', [
    'An account that had this e-mail address has its earlier one again, and every device was signed out.',
    'If this account is yours, somebody who reads the mail of your earlier address did it. Please write to us.',
  ]);
}
