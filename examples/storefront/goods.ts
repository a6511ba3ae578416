import type { Queryable, Row } from 'safekeep/database';
import { dollars } from '../shared/site.js';
import type { CartItem } from './carts.js';
import { sendingCents } from './catalogue.js';

export interface StoredProduct extends Row {
  readonly id: string;
  readonly name: string;
  readonly line: string;
  readonly shelf: string;
  readonly description: string;
  readonly picture: string;
  readonly cents: number;
}

export function productOf({ id, name, line, shelf, description, picture, cents }: StoredProduct) {
  return { id, name, line, shelf, text: description, picture, cents, price: dollars(cents) };
}

/** One line of a cart or an order. */
export interface Line {
  readonly id: string;
  readonly name: string;
  readonly quantity: number;
  readonly cents: number;
}

export interface Bill {
  readonly lines: readonly Line[];
  readonly goodsCents: number;
  readonly totalCents: number;
}

/** What a cart comes to at today's prices. A product that is no longer sold falls out. */
export async function billOf(items: readonly CartItem[], database: Queryable): Promise<Bill> {
  const rows = await database.query<StoredProduct>('select * from products where id = any($1) order by place', [
    items.map(({ product }) => product),
  ]);
  const quantities = new Map(items.map(({ product, quantity }) => [product, quantity]));
  const lines = rows.map(({ id, name, cents }) => ({ id, name, cents, quantity: quantities.get(id) ?? 0 }));
  const goodsCents = lines.reduce((sum, { cents, quantity }) => sum + cents * quantity, 0);
  return { lines, goodsCents, totalCents: goodsCents + (lines.length > 0 ? sendingCents : 0) };
}

/** A bill as a page shows it. */
export function shownBill({ lines, goodsCents, totalCents }: Bill) {
  return {
    lines: shownLines(lines),
    goods: dollars(goodsCents),
    sending: dollars(sendingCents),
    total: dollars(totalCents),
  };
}

export function shownLines(lines: readonly Line[]) {
  return lines.map(({ id, name, cents, quantity }) => ({
    id,
    name,
    quantity,
    price: dollars(cents),
    total: dollars(cents * quantity),
  }));
}
