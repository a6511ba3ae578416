import express, { type Application } from 'express';
import { signInFirst } from '../shared/kept.js';
import { noteOf } from '../shared/notes.js';
import { createPages } from '../shared/pages.js';
import { accountRoutes } from '../shared/routes/account.js';
import { billingRoutes } from '../shared/routes/billing.js';
import { confirmRoutes } from '../shared/routes/confirm.js';
import { developmentRoutes } from '../shared/routes/development.js';
import { deviceRoutes } from '../shared/routes/devices.js';
import { factorRoutes } from '../shared/routes/factor.js';
import { loginRoutes } from '../shared/routes/login.js';
import { mailChangeRoutes } from '../shared/routes/mail-change.js';
import { passwordRoutes } from '../shared/routes/password.js';
import { privacyRoutes } from '../shared/routes/privacy.js';
import { registerRoutes } from '../shared/routes/register.js';
import { resetPages } from '../shared/routes/resets.js';
import type { SiteParts } from '../shared/start.js';
import { makeBills } from './bills.js';
import { type Isp, notes, reasons, targets } from './isp.js';
import { removeOldSessions } from './line-sessions.js';
import { billRoutes } from './routes/bills.js';
import { choiceRoutes } from './routes/choices.js';
import { dataRoutes } from './routes/data.js';
import { lineRoutes } from './routes/line.js';
import { choosePlan, planRoutes } from './routes/plans.js';
import { usageRoutes } from './routes/usage.js';
import { subscribers } from './subscribers.js';

/** The account server as an Express application. The order is the protection: guard first, errors last. */
export function createAccountServer(parts: SiteParts): Application {
  const { keep, database, look, origin, development, nowMs = Date.now } = parts;
  const pages = createPages({ views: look.views, development: development !== undefined });
  const isp: Isp = {
    keep,
    database,
    pages,
    origin,
    people: subscribers({ keep, database }),
    targets,
    noteOf: (req) => noteOf(req, notes),
    development,
    nowMs,
  };
  const account = accountRoutes(isp);
  void keep.addHousekeeping(() => makeBills(isp, nowMs()));
  void keep.addHousekeeping(() => removeOldSessions(isp, nowMs()));

  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.use(keep.guard);
  app.use('/assets', look.assets.handler);
  app.use(express.urlencoded({ extended: false, limit: '32kb' }), express.json({ limit: '32kb' }));
  app.use(keep.sessions.middleware);
  app.use(planRoutes(isp), privacyRoutes(isp));
  app.use(registerRoutes(isp, { reasons, ...choosePlan }), confirmRoutes(isp));
  app.use(loginRoutes(isp, account.showKept), resetPages(isp));
  app.use(account.router, passwordRoutes(isp), mailChangeRoutes(isp), deviceRoutes(isp), factorRoutes(isp));
  app.use(lineRoutes(isp), billingRoutes(isp), billRoutes(isp), usageRoutes(isp));
  app.use(choiceRoutes(isp), dataRoutes(isp));
  if (development !== undefined) app.use(developmentRoutes(isp, development));
  app.use(keep.notFound, signInFirst(isp), keep.errors);
  return app;
}
