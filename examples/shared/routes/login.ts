import { type Request, type Response, Router } from 'express';
import { maybeSessionOf } from 'safekeep/sessions';
import { clearSiteData } from 'safekeep/transport';
import { formOf, problem } from '../form.js';
import { keptOf, keptPage, safePath } from '../kept.js';
import { fieldOf, type Site } from '../site.js';
import { codeRoutes } from './code.js';
import { proveRoutes } from './prove.js';

/**
 * One sentence for every reason: unknown, unconfirmed, disabled, paused or wrong, a stranger learns nothing. It always
 * says what helps whom strangers keep out.
 */
const wrong =
  'E-mail address or password is wrong. After several wrong tries, signing in pauses for up to 15 minutes; you can set a new password by mail at any time.';

const chooseAnother = '/account/password?done=breached';

/** Signing in, its second step, proving oneself again, and signing out. */
export function loginRoutes(
  site: Site,
  showKept: (req: Request, res: Response, kept: Readonly<Record<string, string>>) => Promise<void>,
): Router {
  const { keep, pages, targets, noteOf } = site;
  const router = Router();
  const code = codeRoutes(site, showKept);
  router.use(code.router, proveRoutes(site, code.ask));

  router.get('/login', async (req, res) => {
    const given = req.query['to'];
    const to = safePath(typeof given === 'string' ? given : '', targets);
    // Sent here without any cookie: perhaps just signed in, by a browser that declines them. Say so, or it goes round.
    const line = 'Being signed in needs one cookie, a random number. A browser that declines it stays outside.';
    const note =
      given !== undefined && req.headers.cookie === undefined
        ? ({ tone: 'info', lines: [line] } as const)
        : noteOf(req);
    await pages.send(req, res, {
      page: 'login',
      data: { to },
      form: formOf(),
      note,
      json: { fields: ['email', 'password'] },
    });
  });

  router.post('/login', keep.logins.limit, async (req, res) => {
    const body: unknown = req.body;
    const to = safePath(fieldOf(body, 'to'), targets);
    const kept = keptOf(body, 'kept_');
    const account = await keep.logins.verify(req, {
      email: fieldOf(body, 'email'),
      password: fieldOf(body, 'password'),
    });
    if (account === null) {
      const problems = [problem('', 'refused', wrong)];
      return await pages.refuse(req, res, { status: 401, page: 'login', data: { to, kept }, problems, values: body });
    }
    const breached = keep.signedInWithBreached(req);
    // The password was right, and the account has a second step: no session before its code.
    if (await keep.secondFactor.challenge(req, res, account.id)) {
      return await code.ask(req, res, breached ? { to: chooseAnother, kept: {} } : { to, kept });
    }
    await keep.sessions.start(req, res, account.id);
    keep.log.info({ account: account.id, email: fieldOf(body, 'email') }, 'signed in');
    if (breached) return pages.done(req, res, { to: chooseAnother, json: { account: account.id, breached } });
    if (to === keptPage && Object.keys(kept).length > 0) return await showKept(req, res, kept);
    pages.done(req, res, { to, json: { account: account.id } });
  });

  router.post('/logout', clearSiteData, async (req, res) => {
    const session = maybeSessionOf(req);
    await keep.sessions.end(req, res);
    if (session !== undefined) keep.log.info({ account: session.account }, 'signed out');
    pages.done(req, res, { to: '/', json: { message: 'You are signed out.' } });
  });
  return router;
}
