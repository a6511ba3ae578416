import express, { type Application } from 'express';
import type { Database } from 'safekeep/database';
import { createCarts } from './carts.js';
import type { ShopKeep } from './keep.js';
import { signInFirst } from './kept.js';
import type { Look } from './look.js';
import { createPages } from './pages.js';
import { accountRoutes } from './routes/account.js';
import { billingRoutes } from './routes/billing.js';
import { cartRoutes } from './routes/cart.js';
import { catalogueRoutes } from './routes/catalogue.js';
import { codeRoutes } from './routes/code.js';
import { confirmRoutes } from './routes/confirm.js';
import { developmentRoutes } from './routes/development.js';
import { deviceRoutes } from './routes/devices.js';
import { factorRoutes } from './routes/factor.js';
import { loginRoutes } from './routes/login.js';
import { orderRoutes } from './routes/orders.js';
import { passwordRoutes } from './routes/password.js';
import { privacyRoutes } from './routes/privacy.js';
import { proveFirst, proveRoutes } from './routes/prove.js';
import { registerRoutes } from './routes/register.js';
import { resetPages } from './routes/resets.js';
import type { Shop } from './shop.js';

export interface StorefrontParts {
  readonly keep: ShopKeep;
  readonly database: Database;
  readonly look: Look;
  readonly origin: string;
  readonly development?: Shop['development'];
}

/** The storefront as an Express application. The order is the protection: guard first, errors last. */
export function createStorefront({ keep, database, look, origin, development }: StorefrontParts): Application {
  const carts = createCarts(database);
  const pages = createPages({ views: look.views, carts, development: development !== undefined });
  const shop: Shop = { keep, database, pages, carts, origin, development };
  const account = accountRoutes(shop);
  const code = codeRoutes(shop, account.showKept);
  const login = loginRoutes(shop, { showKept: account.showKept, ask: code.ask });

  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.use(keep.guard);
  app.use('/assets', look.assets.handler);
  app.use(express.urlencoded({ extended: false, limit: '32kb' }), express.json({ limit: '32kb' }));
  app.use(keep.sessions.middleware);
  app.use(catalogueRoutes(shop), cartRoutes(shop), privacyRoutes(shop));
  app.use(registerRoutes(shop), confirmRoutes(shop), login, code.router, resetPages(shop));
  app.use(account.router, passwordRoutes(shop), deviceRoutes(shop), factorRoutes(shop));
  app.use(proveRoutes(shop, code.ask), billingRoutes(shop), orderRoutes(shop));
  if (development !== undefined) app.use(developmentRoutes(shop, development));
  app.use(keep.notFound, signInFirst(pages), proveFirst(), keep.errors);
  return app;
}
