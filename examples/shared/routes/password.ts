import { Router } from 'express';
import { sessionOf } from 'safekeep/sessions';
import { formOf, problem } from '../form.js';
import { fieldOf, type Site } from '../site.js';
import { weakPassword } from '../weak.js';

/** Changing the password of a signed-in account: the present one is asked for, and every other session ends. */
export function passwordRoutes(site: Site): Router {
  const { keep, pages, people, noteOf } = site;
  const router = Router();

  /** Beside a second step eight characters are enough; the page and its meter say so. */
  async function beside(account: string) {
    const { email } = await people.known(account);
    return { email, secondFactor: await keep.secondFactor.isOn(account) };
  }

  // Password managers look here (W3C, A Well-Known URL for Changing Passwords).
  router.get('/.well-known/change-password', (_req, res) => res.redirect(302, '/account/password'));

  router.get('/account/password', keep.sessions.required, async (req, res) => {
    const json = { fields: ['current_password', 'password'] };
    const data = await beside(sessionOf(req).account);
    await pages.send(req, res, { page: 'change-password', data, form: formOf(), note: noteOf(req), json });
  });

  router.post('/account/password', keep.sessions.required, keep.logins.changeLimit, async (req, res) => {
    const { account } = sessionOf(req);
    const page = { page: 'change-password', data: await beside(account) };
    try {
      const passwords = { current: fieldOf(req.body, 'current_password'), next: fieldOf(req.body, 'password') };
      const changed = await keep.logins.change(req, account, passwords);
      if (changed === null) {
        const problems = [problem('current_password', 'refused', 'This is not the password of your account.')];
        return await pages.refuse(req, res, { ...page, status: 403, problems });
      }
    } catch (error) {
      const problems = weakPassword(error);
      if (problems === null) throw error;
      return await pages.refuse(req, res, { ...page, status: 422, problems });
    }
    await keep.sessions.start(req, res, account);
    keep.log.info({ account }, 'password changed');
    pages.done(req, res, { to: '/account/password?done=password', json: { message: 'The password is changed.' } });
  });
  return router;
}
