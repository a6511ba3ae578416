import { Router } from 'express';
import { requestLimit } from 'safekeep/limits';
import { problem } from '../../shared/form.js';
import { fieldOf } from '../../shared/site.js';
import { mostOfOne } from '../carts.js';
import { billOf, shownBill } from '../goods.js';
import type { Shop } from '../shop.js';

/** The cart works before anybody signs in, and stays when they do. */
export function cartRoutes({ keep, database, pages, carts }: Shop): Router {
  const router = Router();
  // Every visitor without a cookie gets a row, so one network gets no more than so many.
  const limit = requestLimit({ name: 'cart', perSubnet: 2000, proxies: keep.proxies });
  router.get('/cart', async (req, res) => {
    const bill = await billOf(await carts.items(req), database);
    await pages.send(req, res, {
      page: 'cart',
      data: shownBill(bill),
      json: { lines: bill.lines, goods_cents: bill.goodsCents, total_cents: bill.totalCents },
    });
  });
  router.post('/cart', limit, async (req, res) => {
    const product = fieldOf(req.body, 'product');
    const set = fieldOf(req.body, 'set');
    const quantity = fieldOf(req.body, 'quantity') || '1';
    const known = await database.query('select 1 from products where id = $1', [product]);
    if (known.length === 0 || !isCount(set === '' ? quantity : set)) {
      const data = shownBill(await billOf(await carts.items(req), database));
      const message = `Please give a known product, and a number from 0 to ${mostOfOne}.`;
      return await pages.refuse(req, res, {
        status: 422,
        page: 'cart',
        data,
        problems: [problem('quantity', 'malformed', message)],
      });
    }
    await carts.change(req, res, { product, ...(set === '' ? { add: Number(quantity) } : { set: Number(set) }) });
    pages.done(req, res, { to: '/cart', json: { message: 'The cart is changed.' } });
  });
  return router;
}

function isCount(text: string): boolean {
  return /^\d{1,3}$/.test(text) && Number(text) <= mostOfOne;
}
