import { Router } from 'express';
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

export function planProblems(body: unknown): readonly Problem[] {
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

/** The plans, for everybody. */
export function planRoutes({ pages }: Isp): Router {
  const router = Router();
  router.get('/', async (req, res) => {
    await pages.send(req, res, { page: 'home', data: { plans: shownPlans }, json: { plans } });
  });

  return router;
}
