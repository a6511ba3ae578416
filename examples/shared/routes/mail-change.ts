import type { Router } from 'express';
import { formOf, problem } from '../form.js';
import type { Site } from '../site.js';

const sent = 'A mail is on its way to the new address. Nothing changes until its code comes back.';
const isSet = 'The new e-mail address is set. Sign in with it from now on.';
const isBack = [
  'Your old e-mail address is back, and every device was signed out.',
  'Whoever changed it may know your password: set a new one now.',
];

/** The toolkit's own routes for another mail address, with pages of this site's look. */
export function mailChangeRoutes({ keep, pages }: Site): Router {
  return keep.mailChanges.routes({
    async change(req, res, { step, problems, address }) {
      if (step === 'sent') {
        const lines = [
          'The link in it works once, for an hour. If nothing comes, look among the unwanted mail.',
          'Until then you sign in with the address you have.',
        ];
        const data = { lede: sent, lines };
        return await pages.send(req, res, {
          status: res.statusCode,
          page: 'check-mail',
          data,
          json: { message: sent },
        });
      }
      const told = problems.map((message) => problem('email', 'malformed', message));
      const form = formOf({ email: address }, told);
      await pages.send(req, res, { status: res.statusCode, page: 'change-email', form, json: { fields: ['email'] } });
    },
    async confirm(req, res, { step, problems, code, asksPassword, signedIn }) {
      if (step === 'done' && signedIn) return pages.done(req, res, { to: '/account?done=address', json: {} });
      if (step === 'done') {
        const note = { tone: 'good', lines: [isSet], announce: true } as const;
        return await pages.send(req, res, { page: 'login', form: formOf(), data: { to: '' }, note, json: {} });
      }
      const told = problems.map((message) => problem('code', 'refused', message));
      const fields = asksPassword ? ['code', 'password'] : ['code'];
      await pages.send(req, res, {
        status: res.statusCode,
        page: 'confirm-email',
        data: { asksPassword },
        form: formOf({ code }, told),
        json: { fields },
      });
    },
    async undo(req, res, { step, problems }) {
      if (step === 'done') {
        const note = { tone: 'warn', lines: isBack, announce: true } as const;
        return await pages.send(req, res, { page: 'forgot', form: formOf(), note, json: {} });
      }
      const told = problems.map((message) => problem('code', 'refused', message));
      const form = formOf({}, told);
      await pages.send(req, res, { status: res.statusCode, page: 'undo-email', form, json: { fields: ['code'] } });
    },
  });
}
