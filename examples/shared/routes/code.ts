import { type Request, type Response, Router } from 'express';
import { type Form, formOf, type Problem } from '../form.js';
import { keptOf, keptPage, safePath } from '../kept.js';
import { wantsJson } from '../pages.js';
import { fieldOf, type Site } from '../site.js';

/** One sentence for a wrong, a spent and a late code, and for one that has to wait. */
const wrong =
  'This code is wrong, or it was used before. After several wrong ones, each further one waits a little: then use a recovery code, or try again in a few minutes.';

/** Where a sign-in goes on when its code is paid. */
export interface Onward {
  readonly to: string;
  readonly kept: Readonly<Record<string, string>>;
}

/** The second step of signing in: a code of the app, or a recovery code where the phone is gone. */
export function codeRoutes(
  { keep, pages, targets }: Site,
  showKept: (req: Request, res: Response, kept: Readonly<Record<string, string>>) => Promise<void>,
): { readonly router: Router; readonly ask: (req: Request, res: Response, onward: Onward) => Promise<void> } {
  const router = Router();

  async function page(
    req: Request,
    res: Response,
    answer: Onward & { readonly form: Form; readonly status?: number; readonly recovery: boolean },
  ): Promise<void> {
    const { form, status = 200, ...data } = answer;
    res.set('Cache-Control', 'no-store');
    await pages.send(req, res, { status, page: 'code', data, form, json: { fields: ['code'] } });
  }
  const isRecovery = (given: unknown): boolean => given === 'recovery';

  router.get('/login/code', async (req, res) => {
    const { to, with: kind } = req.query;
    const target = safePath(typeof to === 'string' ? to : '', targets);
    await page(req, res, { to: target, kept: {}, recovery: isRecovery(kind), form: formOf() });
  });

  router.post('/login/code', keep.secondFactor.limit, async (req, res) => {
    const body: unknown = req.body;
    const to = safePath(fieldOf(body, 'to'), targets);
    const kept = keptOf(body, 'kept_');
    const account = await keep.secondFactor.answer(req, res, fieldOf(body, 'code'));
    if (account === null) {
      const problems: readonly Problem[] = [{ field: 'code', code: 'refused', message: wrong, summary: wrong }];
      if (wantsJson(req)) return await pages.refuse(req, res, { status: 401, page: 'code', problems });
      const recovery = isRecovery(fieldOf(body, 'with'));
      return await page(req, res, { to, kept, recovery, status: 401, form: formOf({}, problems) });
    }
    await keep.sessions.start(req, res, account);
    keep.log.info({ account }, 'signed in with a second step');
    if (to === keptPage && Object.keys(kept).length > 0) return await showKept(req, res, kept);
    pages.done(req, res, { to, json: { account } });
  });

  return {
    router,
    /** On to the page of the code. What was typed before a session ended comes along in the page, never in an address. */
    async ask(req, res, { to, kept }) {
      if (wantsJson(req)) return pages.done(req, res, { to, status: 202, json: { next: '/login/code' } });
      if (Object.keys(kept).length > 0) return await page(req, res, { to, kept, recovery: false, form: formOf() });
      res.redirect(303, `/login/code?to=${encodeURIComponent(to)}`);
    },
  };
}
