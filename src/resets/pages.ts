import type { Request, Response } from 'express';
import { escapeHtml } from '../base/compose-mail.js';

/** What a reset page has to show. */
export type ForgotState = 'form' | 'sent';
export interface ResetState {
  readonly step: 'form' | 'done';
  /** What was wrong with the last try, in words for the person. */
  readonly problems: readonly string[];
  /** The code as it was typed, so that a weak password does not cost a second paste. */
  readonly code: string;
}

/** Renders the two pages in an application's own look; each must send its answer with the status it finds set. */
export interface ResetPages {
  forgot(req: Request, res: Response, state: ForgotState): void | Promise<void>;
  reset(req: Request, res: Response, state: ResetState): void | Promise<void>;
}

/** Plain pages without style or script: they work, and say so little that they fit anywhere. */
export function plainPages(paths: { readonly forgotPath: string; readonly resetPath: string }): ResetPages {
  return {
    forgot(_req, res, state) {
      const body =
        state === 'sent'
          ? '<p>If there is an account with this address, a mail with a link is on its way.</p>'
          : `<form method="post" action="${paths.forgotPath}"><p><label>E-mail address <input type="email" name="email" autocomplete="email" required></label></p><p><button>Send the link</button></p></form>`;
      res.type('html').send(page('Forgotten password', body));
    },
    reset(_req, res, state) {
      const problems = state.problems.map((problem) => `<p role="alert">${escapeHtml(problem)}</p>`).join('');
      const body =
        state.step === 'done'
          ? '<p>The new password is set. Please sign in with it.</p>'
          : `${problems}<form method="post" action="${paths.resetPath}"><p><label>Code from the mail <input name="code" autocomplete="one-time-code" value="${escapeHtml(state.code)}" required></label></p><p><label>New password <input type="password" name="password" autocomplete="new-password" required></label></p><p><button>Set the password</button></p></form>`;
      res.type('html').send(page('Set a new password', body));
    },
  };
}

/** A page without style or script. */
export function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="robots" content="noindex"><title>${title}</title><main><h1>${title}</h1>${body}</main></html>`;
}
