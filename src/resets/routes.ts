import type { Request, RequestHandler, Response, Router } from 'express';
import { isSafekeepError } from '../base/errors.js';
import { wantsJson } from '../transport/negotiate.js';
import { answerProblem, codeRouter, fieldOf } from './code-router.js';
import type { Resets } from './create-resets.js';
import { plainPages, type ResetPages } from './pages.js';

interface RouteSettings {
  readonly forgotPath: string;
  readonly resetPath: string;
  readonly limit?: RequestHandler | undefined;
}

const unknownCode = 'This code is not valid or no longer valid. Please ask for a new one.';

/** The two pages. Both answer JSON when it is asked for; GET changes nothing. */
export function resetRoutes(resets: Resets, settings: RouteSettings, pages: ResetPages = plainPages(settings)): Router {
  const { forgotPath, resetPath, limit } = settings;
  const { router, body } = codeRouter([forgotPath, resetPath]);
  const limits = limit === undefined ? [] : [limit];

  router.get(forgotPath, (req, res) => pages.forgot(req, res, 'form'));
  router.post(forgotPath, ...body, ...limits, async (req, res) => {
    await resets.request(fieldOf(req, 'email'));
    res.status(202);
    if (wantsJson(req)) res.json({ message: 'If there is an account with this address, a mail is on its way.' });
    else await pages.forgot(req, res, 'sent');
  });
  router.get(resetPath, (req, res) => pages.reset(req, res, { step: 'form', problems: [], code: '' }));
  router.post(resetPath, ...body, ...limits, async (req, res) => {
    const code = fieldOf(req, 'code');
    try {
      const redeemed = await resets.redeem(code, fieldOf(req, 'password'), req);
      if (redeemed === null) return await refuse(req, res, 400, ['code'], [unknownCode], '');
    } catch (error) {
      if (!isSafekeepError(error) || error.status !== 422) throw error;
      const { codes = [], reasons = [] } = error.facts as { codes?: readonly string[]; reasons?: readonly string[] };
      return await refuse(req, res, 422, codes, reasons, code);
    }
    if (wantsJson(req)) res.json({ message: 'The new password is set.' });
    else await pages.reset(req, res, { step: 'done', problems: [], code: '' });
  });

  async function refuse(
    req: Request,
    res: Response,
    status: number,
    codes: readonly string[],
    problems: readonly string[],
    code: string,
  ): Promise<void> {
    if (answerProblem(req, res, status, codes, problems[0])) return;
    await pages.reset(req, res, { step: 'form', problems, code });
  }
  return router;
}
