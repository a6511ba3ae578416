import { Router } from 'express';
import { sessionOf } from 'safekeep/sessions';
import { formOf, problem } from '../form.js';
import { lastFour, type Site } from '../site.js';

/** The card: its last four digits to see, the whole of it to replace. No page and no JSON ever holds the number. */
export function billingRoutes(site: Site): Router {
  const { keep, database, pages, people, noteOf } = site;
  const router = Router();
  const intake = keep.policy.intake(people.table, { only: ['card_number', 'card_expiry'] });

  async function cardOf(account: string) {
    const { name, card_number: number, card_expiry: expiry } = await people.payer(account);
    return { name, end: lastFour(number), expiry };
  }

  router.get('/account/billing', keep.sessions.required, async (req, res) => {
    const card = await cardOf(sessionOf(req).account);
    const json = { card_last4: card.end, card_expiry: card.expiry };
    await pages.send(req, res, { page: 'billing', data: { card }, form: formOf(), note: noteOf(req), json });
  });

  router.post('/account/billing', keep.sessions.required, async (req, res) => {
    const { account } = sessionOf(req);
    const problems = intake.check(req.body).map(({ field, code, message }) => problem(field, code, message));
    if (problems.length > 0) {
      const data = { card: await cardOf(account) };
      return await pages.refuse(req, res, { status: 422, page: 'billing', data, problems, values: req.body });
    }
    const card = intake.read(req.body);
    await keep.fields.updateRow(people.table, { id: account }, card, { database });
    keep.log.info({ account, card }, 'card replaced');
    const json = { card_last4: lastFour(card['card_number']), card_expiry: card['card_expiry'] };
    pages.done(req, res, { to: '/account/billing?done=card', json });
  });
  return router;
}
