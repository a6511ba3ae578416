import type { Request, Response } from 'express';
import { escapeHtml } from '../../base/compose-mail.js';
import { page } from '../pages.js';

/** What the page has to show where a signed-in person asks for another address. */
export interface MailChangeState {
  readonly step: 'form' | 'sent';
  readonly problems: readonly string[];
  /** What was typed. */
  readonly address: string;
}
export interface MailConfirmState {
  readonly step: 'form' | 'done';
  readonly problems: readonly string[];
  readonly code: string;
  /** Nobody signed in a short while ago in this browser: the form needs a field for the password. */
  readonly asksPassword: boolean;
  /** Once it is done: this browser is signed in to the account, under a new session. */
  readonly signedIn: boolean;
}
export interface MailUndoState {
  readonly step: 'form' | 'done';
  readonly problems: readonly string[];
}

/** Renders the three pages in an application's own look; each must send its answer with the status it finds set. */
export interface MailChangePages {
  change(req: Request, res: Response, state: MailChangeState): void | Promise<void>;
  confirm(req: Request, res: Response, state: MailConfirmState): void | Promise<void>;
  undo(req: Request, res: Response, state: MailUndoState): void | Promise<void>;
}

interface Paths {
  readonly changePath: string;
  readonly confirmPath: string;
  readonly undoPath: string;
  readonly forgotPath: string;
}

/** Plain pages without style or script, as those of resets. */
export function plainMailPages({ changePath, confirmPath, undoPath, forgotPath }: Paths): MailChangePages {
  const told = (problems: readonly string[]): string =>
    problems.map((problem) => `<p role="alert">${escapeHtml(problem)}</p>`).join('');
  const form = (path: string, fields: string, button: string): string =>
    `<form method="post" action="${path}">${fields}<p><button>${button}</button></p></form>`;
  const codeField = (code: string): string =>
    `<p><label>Code from the mail <input name="code" autocomplete="off" value="${escapeHtml(code)}" required></label></p>`;
  return {
    change(_req, res, { step, problems, address }) {
      const field = `<p><label>New e-mail address <input type="email" name="email" autocomplete="email" value="${escapeHtml(address)}" required></label></p>`;
      const body =
        step === 'sent'
          ? '<p>A mail is on its way to the new address. Nothing changes until the code in it came back.</p>'
          : told(problems) + form(changePath, field, 'Send the code');
      res.type('html').send(page('Another e-mail address', body));
    },
    confirm(_req, res, { step, problems, code, asksPassword }) {
      const password = asksPassword
        ? '<p><label>Your password <input type="password" name="password" autocomplete="current-password" required></label></p>'
        : '';
      const body =
        step === 'done'
          ? '<p>The new e-mail address is set. Sign in with it from now on.</p>'
          : told(problems) + form(confirmPath, codeField(code) + password, 'Confirm the address');
      res.type('html').send(page('Confirm the new e-mail address', body));
    },
    undo(_req, res, { step, problems }) {
      const body =
        step === 'done'
          ? `<p>The old e-mail address is back, and everybody was signed out. <a href="${forgotPath}">Set a new password</a> now.</p>`
          : told(problems) + form(undoPath, codeField(''), 'Put the old address back');
      res.type('html').send(page('Undo the change of e-mail address', body));
    },
  };
}
