import { Router } from 'express';
import { requestLimit } from 'safekeep/limits';
import { formOf, problem } from '../form.js';
import { fieldOf, type Site } from '../site.js';

const refusal = 'The code and the password do not belong together, or the code is used or older than 48 hours.';

/** The code from the mail and the password chosen with it: together they make the account, and sign in. */
export function confirmRoutes({ keep, pages }: Site): Router {
  const router = Router();
  const limit = requestLimit({ name: 'confirm', perSubnet: 60, proxies: keep.proxies });
  router.use('/confirm', (_req, res, next) => {
    res.set({ 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer', 'X-Robots-Tag': 'noindex' });
    next();
  });
  // GET changes nothing, so a mail scanner that follows every link confirms nobody.
  router.get('/confirm', async (req, res) => {
    await pages.send(req, res, { page: 'confirm', form: formOf(), json: { fields: ['code', 'password'] } });
  });
  router.post('/confirm', limit, async (req, res) => {
    const account = await keep.accounts.confirm(fieldOf(req.body, 'code'), fieldOf(req.body, 'password'), req);
    if (account === null) {
      const problems = [problem('code', 'refused', refusal)];
      return await pages.refuse(req, res, { status: 400, page: 'confirm', problems, values: req.body });
    }
    await keep.sessions.start(req, res, account.id);
    keep.log.info({ account: account.id }, 'account confirmed');
    pages.done(req, res, { to: '/account?done=confirmed', status: 201, json: { account: account.id } });
  });
  return router;
}
