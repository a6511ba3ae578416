import { type Request, type Response, Router } from 'express';
import { sessionOf } from 'safekeep/sessions';
import { formOf, problem } from '../form.js';
import { safePath } from '../kept.js';
import { fieldOf, type Site } from '../site.js';
import type { Onward } from './code.js';

/** Seconds after a sign-in in which what matters may be begun without the password. ASVS 5.0 7.5.1, 7.5.2. */
export const fresh = { withinSeconds: 300 } as const;
/** What a page behind `fresh` posts may come later, so that nobody loses a form over reading it. */
export const freshForm = { withinSeconds: 1200 } as const;

/** The password once more, and the code where there is one, before what a stolen session must not do. */
export function proveRoutes(site: Site, ask: (req: Request, res: Response, onward: Onward) => Promise<void>): Router {
  const { keep, pages, people, targets } = site;
  const router = Router();

  router.get('/account/prove', keep.sessions.required, async (req, res) => {
    const { email } = await people.known(sessionOf(req).account);
    const { to } = req.query;
    const data = { email, to: safePath(typeof to === 'string' ? to : '', targets) };
    await pages.send(req, res, { page: 'prove', data, form: formOf(), json: { fields: ['password'] } });
  });

  router.post('/account/prove', keep.sessions.required, keep.logins.changeLimit, async (req, res) => {
    const { account } = sessionOf(req);
    const to = safePath(fieldOf(req.body, 'to'), targets);
    const proven = await keep.logins.prove(req, account, fieldOf(req.body, 'password'));
    if (proven === null) {
      const { email } = await people.known(account);
      const problems = [problem('password', 'refused', 'This is not the password of your account.')];
      return await pages.refuse(req, res, { status: 403, page: 'prove', data: { email, to }, problems });
    }
    if (await keep.secondFactor.challenge(req, res, account)) return await ask(req, res, { to, kept: {} });
    await keep.sessions.start(req, res, account);
    keep.log.info({ account }, 'proved again');
    pages.done(req, res, { to, json: { message: 'Go on: it is you.' } });
  });
  return router;
}
