import { Router } from 'express';
import { sessionOf } from 'safekeep/sessions';
import { formOf } from '../../shared/form.js';
import { fresh } from '../../shared/routes/prove.js';
import { fieldOf } from '../../shared/site.js';
import type { Isp } from '../isp.js';
import { renewLine } from '../lines.js';
import { plans } from '../plans.js';
import { subscriberOf } from '../subscribers.js';
import { planProblems, shownPlans } from './plans.js';

const states: Readonly<Record<string, string>> = {
  none: 'No line is ordered yet.',
  ordered: 'Your line is ordered. Who builds it has your name, your address and the login, and no telephone number.',
  active: 'Your line is up.',
  fault: 'Your line is down, and whoever built it knows.',
};

/** The plan and the line: what lets the line in is shown once, when it is made. */
export function lineRoutes(isp: Isp): Router {
  const { keep, database, pages, noteOf } = isp;
  const router = Router();

  async function dataOf(account: string) {
    const { plan, line_login: login, line_state: state } = await subscriberOf(isp, account);
    const line = { login: login ?? null, state: String(state), text: states[String(state)] ?? '' };
    return { plans: shownPlans, plan, line };
  }

  router.get('/account/line', keep.sessions.required, async (req, res) => {
    const data = await dataOf(sessionOf(req).account);
    const json = { plan: data.plan, login: data.line.login, state: data.line.state, plans };
    await pages.send(req, res, { page: 'line', data, form: formOf(), note: noteOf(req), json });
  });

  router.post('/account/line/plan', keep.sessions.required, async (req, res) => {
    const { account } = sessionOf(req);
    const problems = planProblems(req.body);
    if (problems.length > 0)
      return await pages.refuse(req, res, { status: 422, page: 'line', data: await dataOf(account), problems });
    const plan = fieldOf(req.body, 'plan');
    await database.query('update subscribers set plan = $2 where id = $1', [account, plan]);
    keep.log.info({ account, plan }, 'plan changed');
    pages.done(req, res, { to: '/account/line?done=plan', json: { plan } });
  });

  // A stolen session gets no line: the password was given a short while ago, or is asked for.
  router.post('/account/line/secret', keep.sessions.fresh(fresh), async (req, res) => {
    const { account } = sessionOf(req);
    const credentials = await renewLine(isp, account);
    const line = 'This is shown once. Write it into your modem now; whatever was in it before is worth nothing.';
    const note = { tone: 'warn', lines: [line], announce: true } as const;
    // Shown here and not behind a redirect: nothing of ours keeps it to be shown again.
    await pages.send(req, res, { status: 201, page: 'line-secret', data: { credentials }, note, json: credentials });
  });
  return router;
}
