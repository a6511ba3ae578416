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
import { createCarts } from './carts.js';
import { customers } from './customers.js';
import { cartRoutes } from './routes/cart.js';
import { catalogueRoutes } from './routes/catalogue.js';
import { orderRoutes } from './routes/orders.js';
import { notes, reasons, type Shop, targets } from './shop.js';

/** The storefront as an Express application. The order is the protection: guard first, errors last. */
export function createStorefront({ keep, database, look, origin, development }: SiteParts): Application {
  const carts = createCarts(database);
  const pages = createPages({
    views: look.views,
    head: async (req) => ({ cartCount: (await carts.items(req)).reduce((sum, { quantity }) => sum + quantity, 0) }),
    development: development !== undefined,
  });
  const shop: Shop = {
    keep,
    database,
    pages,
    carts,
    origin,
    people: customers({ keep, database }),
    targets,
    noteOf: (req) => noteOf(req, notes),
    development,
  };
  const account = accountRoutes(shop);

  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.use(keep.guard);
  app.use('/assets', look.assets.handler);
  app.use(express.urlencoded({ extended: false, limit: '32kb' }), express.json({ limit: '32kb' }));
  app.use(keep.sessions.middleware);
  app.use(catalogueRoutes(shop), cartRoutes(shop), privacyRoutes(shop));
  app.use(
    registerRoutes(shop, { reasons }),
    confirmRoutes(shop),
    loginRoutes(shop, account.showKept),
    resetPages(shop),
  );
  app.use(
    account.router,
    passwordRoutes(shop),
    mailChangeRoutes(shop),
    deviceRoutes(shop),
    factorRoutes(shop),
    billingRoutes(shop),
    orderRoutes(shop),
  );
  if (development !== undefined) app.use(developmentRoutes(shop, development));
  app.use(keep.notFound, signInFirst(shop), keep.errors);
  return app;
}
