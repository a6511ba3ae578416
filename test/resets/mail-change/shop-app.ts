import express from 'express';
import { sessionOf } from '../../../src/sessions/index.js';
import { ada, passphrase, type TestShop } from '../../shop/shop.js';

/** A server with what a change of address meets: signing in, the change itself, and a page that says who is in. */
export function changeApp({ keep }: TestShop): express.Express {
  const { logins, sessions, secondFactor } = keep;
  const app = express().use(express.json());
  app.post('/login', logins.limit, async (req, res) => {
    const account = await logins.verify(req, req.body as object);
    if (account === null) return void res.status(401).json({});
    if (await secondFactor.challenge(req, res, account.id)) return void res.json({ owes: true });
    await sessions.start(req, res, account.id);
    res.json({});
  });
  app.post('/register', async (req, res) => {
    const { password, ...row } = { ...ada, password: passphrase, ...(req.body as object) };
    await keep.accounts.register({ row, password }, req);
    res.status(202).json({});
  });
  // Signed in without the price of a hash: most tests are about what comes after.
  app.post('/enter', async (req, res) => {
    const account = await keep.accounts.findByLogin((req.body as { readonly email: string }).email);
    await sessions.start(req, res, account?.id ?? '');
    res.json({});
  });
  app.get('/me', sessions.required, (req, res) => void res.json(sessionOf(req)));
  app.use(keep.resets.routes(), keep.mailChanges.routes(), keep.errors);
  return app;
}
