import type { RequestHandler, Router } from 'express';
import { isSafekeepError } from '../../base/errors.js';
import { maybeSessionOf, owesFactor, type Session, type Sessions, sessionOf } from '../../sessions/index.js';
import { wantsJson } from '../../transport/negotiate.js';
import { answerProblem, codeRouter, fieldOf } from '../code-router.js';
import type { MailChanges } from './create-mail-changes.js';
import { type MailChangePages, plainMailPages } from './pages.js';

interface RouteSettings {
  readonly changePath: string;
  readonly confirmPath: string;
  readonly undoPath: string;
  readonly forgotPath: string;
  readonly freshSeconds: number;
  readonly sessions: Sessions;
  readonly isFresh: (session: Session | undefined) => boolean;
  readonly limit?: RequestHandler | undefined;
}

const noAddress = 'This is not an e-mail address.';
const sent = 'A mail is on its way to the new address. Nothing changes until the code in it came back.';
const refused = 'The code is not valid or no longer valid, or the password is wrong. Please look again, or begin anew.';
const notUndone = 'This code is not valid or no longer valid.';

/** The three pages. All answer JSON when it is asked for; GET changes nothing. */
export function mailChangeRoutes(
  changes: MailChanges,
  settings: RouteSettings,
  pages: MailChangePages = plainMailPages(settings),
): Router {
  const { changePath, confirmPath, undoPath, sessions, freshSeconds, limit } = settings;
  const { router, body } = codeRouter([changePath, confirmPath, undoPath]);
  const limits = limit === undefined ? [] : [limit];
  const fresh = sessions.fresh({ withinSeconds: freshSeconds });

  router.get(changePath, fresh, (req, res) => pages.change(req, res, { step: 'form', problems: [], address: '' }));
  router.post(changePath, fresh, ...body, ...limits, async (req, res) => {
    const address = fieldOf(req, 'email');
    try {
      await changes.request(sessionOf(req).account, address);
    } catch (error) {
      if (!isSafekeepError(error, 'ERR_INTAKE_REFUSED')) throw error;
      if (answerProblem(req, res, 422, ['email'], noAddress)) return;
      return await pages.change(req, res, { step: 'form', problems: [noAddress], address });
    }
    res.status(202);
    if (wantsJson(req)) res.json({ message: sent });
    else await pages.change(req, res, { step: 'sent', problems: [], address });
  });

  const form = { step: 'form', problems: [], code: '', signedIn: false } as const;
  router.get(confirmPath, sessions.middleware, (req, res) =>
    pages.confirm(req, res, { ...form, asksPassword: !settings.isFresh(maybeSessionOf(req)) }),
  );
  router.post(confirmPath, ...body, sessions.middleware, changes.limit, async (req, res) => {
    const code = fieldOf(req, 'code');
    const session = maybeSessionOf(req);
    const changed = await changes.confirm(req, code, fieldOf(req, 'password'));
    if (changed === null) {
      if (answerProblem(req, res, 400, ['code', 'password'], refused)) return;
      return await pages.confirm(req, res, { ...form, problems: [refused], code, asksPassword: true });
    }
    // The browser that is signed in to the account stays so, under a new id; every other was signed out.
    const { account } = changed;
    const signedIn = session?.account === account && !owesFactor(req, account);
    if (signedIn) await sessions.start(req, res, account);
    else if (session?.account === account) await sessions.end(req, res);
    if (wantsJson(req)) res.json({ message: 'The new e-mail address is set.' });
    else await pages.confirm(req, res, { ...form, step: 'done', asksPassword: false, signedIn });
  });

  router.get(undoPath, (req, res) => pages.undo(req, res, { step: 'form', problems: [] }));
  router.post(undoPath, ...body, ...limits, async (req, res) => {
    const undone = await changes.undo(fieldOf(req, 'code'));
    if (undone === null) {
      if (answerProblem(req, res, 400, ['code'], notUndone)) return;
      return await pages.undo(req, res, { step: 'form', problems: [notUndone] });
    }
    if (wantsJson(req)) res.json({ message: 'The old e-mail address is back.' });
    else await pages.undo(req, res, { step: 'done', problems: [] });
  });
  return router;
}
