import { Router } from 'express';
import { sessionOf } from 'safekeep/sessions';
import { dayOf, dollars } from '../../shared/site.js';
import type { Isp } from '../isp.js';
import { keptDays } from '../line-sessions.js';
import { chargesOf, planOf, usedOf } from '../plans.js';
import { connectionsOf, monthBefore, monthOf, shownOctets, shownSeconds, useOf } from '../usage.js';

/** What the line carried: this month and the one before, and the last connections. */
export function usageRoutes({ keep, database, pages, noteOf, nowMs }: Isp): Router {
  const router = Router();
  const days = keptDays(keep);

  router.get('/account/usage', keep.sessions.required, async (req, res) => {
    const { account } = sessionOf(req);
    const { plan: planId } = await database.one('select plan from subscribers where id = $1', [account]);
    const plan = planOf(planId);
    const now = monthOf(nowMs());
    const months = await Promise.all(
      [now, monthBefore(now)].map(async (month) => ({ month, ...(await useOf(database, account, month)) })),
    );
    const connections = await connectionsOf(database, account, 20);
    const [current] = months;
    const includes = plan?.includes;
    const used = plan === undefined || current === undefined ? 0 : usedOf(plan, current);
    await pages.send(req, res, {
      page: 'usage',
      note: noteOf(req),
      data: {
        plan: plan && { name: plan.name, line: plan.line, price: dollars(plan.monthCents) },
        meter: includes && {
          used: used.toFixed(1),
          of: includes.amount,
          unit: includes.of,
          share: Math.min(1, used / includes.amount),
        },
        soFar:
          plan === undefined || current === undefined
            ? ''
            : dollars(chargesOf(plan, current).reduce((sum, { cents }) => sum + cents, 0)),
        months: months.map(({ month, seconds, octetsIn, octetsOut }) => ({
          month,
          time: shownSeconds(seconds),
          down: shownOctets(octetsOut),
          up: shownOctets(octetsIn),
        })),
        connections: connections.map(({ started, ended, seconds, octetsIn, octetsOut }) => ({
          day: dayOf(started),
          state: ended === null ? 'open' : 'ended',
          time: shownSeconds(seconds),
          down: shownOctets(octetsOut),
          up: shownOctets(octetsIn),
        })),
        keptDays: days,
      },
      json: { plan: planId, months, connections, kept_days: days },
    });
  });
  return router;
}
