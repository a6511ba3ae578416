import { Router } from 'express';
import { sessionOf } from 'safekeep/sessions';
import { dollars } from '../../shared/site.js';
import { billsOf } from '../bills.js';
import type { Isp } from '../isp.js';

/** The bills, for whom they were made. */
export function billRoutes(isp: Isp): Router {
  const { keep, pages } = isp;
  const router = Router();
  router.get('/account/bills', keep.sessions.required, async (req, res) => {
    const bills = await billsOf(isp, sessionOf(req).account);
    const shown = bills.map(({ totalCents, lines, ...bill }) => ({
      ...bill,
      lines: lines.map(({ text, cents }) => ({ text, price: dollars(cents) })),
      total: dollars(totalCents),
    }));
    await pages.send(req, res, { page: 'bills', data: { bills: shown }, json: { bills } });
  });
  return router;
}
