import { randomUUID } from 'node:crypto';
import { Router } from 'express';
import { sessionOf } from 'safekeep/sessions';
import { formOf } from '../../shared/form.js';
import { dayOf, dollars, lastFour } from '../../shared/site.js';
import { payerOf } from '../customers.js';
import { type Bill, billOf, type Line, shownBill, shownLines } from '../goods.js';
import type { Shop } from '../shop.js';

/** Checkout and orders. An order keeps where it went and the end of the card, sealed; what it cost is not personal. */
export function orderRoutes(shop: Shop): Router {
  const { keep, database, pages, carts, noteOf } = shop;
  const router = Router();

  router.get('/checkout', keep.sessions.required, async (req, res) => {
    const { account } = sessionOf(req);
    const bill = await billOf(await carts.items(req), database);
    if (bill.lines.length === 0) return pages.done(req, res, { to: '/cart', json: { message: 'The cart is empty.' } });
    const { name, address, card_number: card } = await payerOf(shop, account);
    await pages.send(req, res, {
      page: 'checkout',
      form: formOf(),
      data: { ...shownBill(bill), customer: { name, address, cardEnd: lastFour(card) } },
      json: { lines: bill.lines, total_cents: bill.totalCents, ship_to: address, card_last4: lastFour(card) },
    });
  });

  router.get('/account/orders', keep.sessions.required, async (req, res) => {
    const { account } = sessionOf(req);
    const rows = await database.query('select * from orders where customer = $1 order by placed_at desc', [account]);
    const orders = rows.map((row) => {
      const {
        id,
        items,
        total_cents: cents,
        placed_at: placedAt,
      } = keep.fields.openRow('orders', row, 'account').reveal();
      return { number: numberOf(id), lines: linesOf(items), total_cents: Number(cents), placed_at: placedAt };
    });
    await pages.send(req, res, {
      page: 'orders',
      note: noteOf(req),
      data: {
        orders: orders.map(({ number, lines, total_cents: cents, placed_at: placedAt }) => ({
          number,
          state: 'placed',
          date: dayOf(placedAt),
          lines: shownLines(lines),
          total: dollars(cents),
        })),
      },
      json: { orders },
    });
  });

  router.post('/account/orders', keep.sessions.required, async (req, res) => {
    const { account } = sessionOf(req);
    const { address, card_number: card } = await payerOf(shop, account);
    const id = randomUUID();
    const bill = await database.transaction(async (tx): Promise<Bill> => {
      // The cart is taken in the same transaction: two clicks, or two tabs, make one order.
      const taken = await billOf(await carts.take(req, tx), tx);
      if (taken.lines.length === 0) return taken;
      const row = keep.fields.sealRow('orders', {
        id,
        customer: account,
        items: taken.lines,
        ship_to: address,
        card_last4: lastFour(card),
        total_cents: taken.totalCents,
        placed_at: new Date(),
      });
      await tx.query(
        `insert into orders (id, customer, items, ship_to, card_last4, total_cents, placed_at)
         values ($1, $2, $3, $4, $5, $6, $7)`,
        [
          row['id'],
          row['customer'],
          JSON.stringify(taken.lines),
          row['ship_to'],
          row['card_last4'],
          row['total_cents'],
          row['placed_at'],
        ],
      );
      return taken;
    });
    if (bill.lines.length === 0)
      return pages.done(req, res, { to: '/cart', status: 409, json: { message: 'The cart is empty.' } });
    keep.log.info({ account, order: id, total_cents: bill.totalCents }, 'order placed');
    const json = { number: numberOf(id), total_cents: bill.totalCents };
    pages.done(req, res, { to: '/account/orders?done=ordered', status: 201, json });
  });
  return router;
}

/** What a customer reads out on the telephone; the row keeps the whole id. */
function numberOf(id: unknown): string {
  return String(id).slice(0, 8).toUpperCase();
}

function linesOf(items: unknown): readonly Line[] {
  return Array.isArray(items) ? (items as readonly Line[]) : [];
}
