import type { Router } from 'express';
import { formOf, problem } from '../form.js';
import type { Site } from '../site.js';

const sent = 'If there is an account with this address, a mail is on its way to it.';

/** The toolkit's own routes for a forgotten password, with pages of this site's look. */
export function resetPages({ keep, pages }: Site): Router {
  return keep.resets.routes({
    async forgot(req, res, state) {
      if (state === 'form')
        return await pages.send(req, res, { page: 'forgot', form: formOf(), json: { fields: ['email'] } });
      const lines = ['The link in it works once, for twenty minutes. If nothing comes, look among the unwanted mail.'];
      await pages.send(req, res, {
        status: res.statusCode,
        page: 'check-mail',
        data: { lede: sent, lines },
        json: { message: sent },
      });
    },
    async reset(req, res, { step, problems, code }) {
      if (step === 'done') {
        const note = { tone: 'good', lines: ['The new password is set. Sign in with it.'], announce: true } as const;
        return await pages.send(req, res, { page: 'login', form: formOf(), data: { to: '' }, note, json: {} });
      }
      // A code that comes back was accepted, so what was wrong is the password.
      const field = code === '' ? 'code' : 'password';
      const form = formOf(
        { code },
        problems.map((message) => problem(field, 'refused', message)),
      );
      await pages.send(req, res, {
        status: res.statusCode,
        page: 'reset',
        form,
        json: { fields: ['code', 'password'] },
      });
    },
  });
}
