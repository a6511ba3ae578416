import { Router } from 'express';
import { sessionOf } from 'safekeep/sessions';
import { type Problem, problem } from '../../shared/form.js';
import type { RegisterOf } from '../../shared/routes/register.js';
import { dollars, fieldOf } from '../../shared/site.js';
import type { Isp } from '../isp.js';
import { planOf, plans } from '../plans.js';

export const shownPlans = plans.map(({ id, name, line, text, monthCents }) => ({
  id,
  name,
  line,
  text,
  price: dollars(monthCents),
}));

function planProblems(body: unknown): readonly Problem[] {
  return planOf(fieldOf(body, 'plan')) === undefined
    ? [problem('plan', 'missing', 'Please choose one of the plans.')]
    : [];
}

/** The plan is chosen with the registration; it is no personal datum, and the new row has it from the start. */
export const choosePlan: Pick<RegisterOf, 'extra' | 'read' | 'data'> = {
  extra: ['plan'],
  read: (body) => ({ problems: planProblems(body), row: { plan: fieldOf(body, 'plan') } }),
  data: { plans: shownPlans },
};

/** The plans, for everybody; and another one, for who has one. */
export function planRoutes({ keep, database, pages }: Isp): Router {
  const router = Router();
  router.get('/', async (req, res) => {
    await pages.send(req, res, { page: 'home', data: { plans: shownPlans }, json: { plans } });
  });

  router.post('/account/plan', keep.sessions.required, async (req, res) => {
    const { account } = sessionOf(req);
    const problems = planProblems(req.body);
    const [row] = await database.query('select plan from subscribers where id = $1', [account]);
    if (problems.length > 0) {
      const data = { plans: shownPlans, plan: row?.['plan'] };
      return await pages.refuse(req, res, { status: 422, page: 'plan', data, problems });
    }
    const plan = fieldOf(req.body, 'plan');
    await database.query('update subscribers set plan = $2 where id = $1', [account, plan]);
    keep.log.info({ account, plan }, 'plan changed');
    pages.done(req, res, { to: '/account/usage?done=plan', json: { plan } });
  });

  router.get('/account/plan', keep.sessions.required, async (req, res) => {
    const { plan } = await database.one('select plan from subscribers where id = $1', [sessionOf(req).account]);
    await pages.send(req, res, { page: 'plan', data: { plans: shownPlans, plan }, json: { plan, plans } });
  });
  return router;
}
