import { type Request, type Response, Router } from 'express';
import { sessionOf } from 'safekeep/sessions';
import { formOf, problem } from '../form.js';
import { dayOf, isTicked, type Site } from '../site.js';

const letters = {
  granted: 'You asked for it, so it comes once a month.',
  denied: 'You asked us not to send it, so it does not come.',
  unset: 'You have not asked for it, so it does not come.',
};

type Handler = (req: Request, res: Response, kept: Readonly<Record<string, string>>) => Promise<void>;

/** What we know of the signed-in person, to see and to correct. */
export function accountRoutes(site: Site): { readonly router: Router; readonly showKept: Handler } {
  const { keep, database, pages, people, noteOf } = site;
  const router = Router();
  const intake = keep.policy.intake(people.table, { only: ['name', 'address', 'phone'] });

  async function beside(account: string) {
    const person = await people.known(account);
    const letter = await keep.preferences.effective(account, 'newsletter', 'email');
    const { email, created_at: createdAt } = person;
    const newsletter = { on: letter === 'granted', text: letters[letter] };
    return { person, letter, data: { email, customerNumber: account, since: dayOf(createdAt), newsletter } };
  }

  router.get('/account', keep.sessions.required, async (req, res) => {
    const { account } = sessionOf(req);
    const { person, letter, data } = await beside(account);
    const { name, address, email, phone, created_at: since } = person;
    await pages.send(req, res, {
      page: 'account',
      data,
      form: formOf({ name, address, phone }),
      note: noteOf(req),
      json: { id: account, name, address, email, phone, newsletter: letter, since },
    });
  });

  router.post('/account', keep.sessions.required, async (req, res) => {
    const { account } = sessionOf(req);
    const problems = intake.check(req.body).map(({ field, code, message }) => problem(field, code, message));
    if (problems.length > 0) {
      const { data } = await beside(account);
      return await pages.refuse(req, res, { status: 422, page: 'account', data, problems, values: req.body });
    }
    const correction = intake.read(req.body);
    await keep.fields.updateRow(people.table, { id: account }, correction, { database });
    keep.log.info({ account, correction }, 'details corrected');
    pages.done(req, res, { to: '/account?done=corrected', json: { message: 'Your corrections are saved.' } });
  });

  // A dated event each time, none overwritten: the latest counts, and on the same date the no.
  router.post('/account/newsletter', keep.sessions.required, async (req, res) => {
    const { account } = sessionOf(req);
    const state = isTicked(req.body, 'newsletter') ? 'granted' : 'denied';
    await keep.preferences.record({ account, purpose: 'newsletter', channel: 'email', state, method: 'account page' });
    keep.log.info({ account, purpose: 'newsletter', state }, 'choice recorded');
    pages.done(req, res, { to: `/account?done=letter-${state}`, json: { newsletter: state } });
  });

  return {
    router,
    /** The account page with a form that was typed before the session ended: shown, not saved. */
    async showKept(req, res, kept) {
      const { account } = sessionOf(req);
      const line = 'You are signed in again, and what you typed is still here. Look it over, then save it.';
      const { data } = await beside(account);
      const note = { tone: 'info', lines: [line] } as const;
      res.set('Cache-Control', 'no-store');
      await pages.send(req, res, { page: 'account', data, form: formOf(kept), note, json: { account } });
    },
  };
}
