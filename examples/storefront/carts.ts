import { createHash, randomBytes } from 'node:crypto';
import type { Request, Response } from 'express';
import type { Database, Queryable } from 'safekeep/database';

export interface CartItem {
  readonly product: string;
  readonly quantity: number;
}

export interface Carts {
  items(req: Request): Promise<readonly CartItem[]>;
  /** Puts a product in, or sets how many of it there are; 0 takes it out. Makes the cart when there is none. */
  change(
    req: Request,
    res: Response,
    change: { readonly product: string; readonly add?: number; readonly set?: number },
  ): Promise<void>;
  /** Empties the cart in the transaction that turns it into an order, and gives back what was in it. */
  take(req: Request, tx: Queryable): Promise<readonly CartItem[]>;
}

const cookie = '__Host-cart';
const keepDays = 30;
export const mostOfOne = 20;

/**
 * Carts of people we do not know. The cookie is a random number and nothing else; the table holds its SHA-256, so a
 * copied table opens no cart. What is in it stays on the server.
 */
export function createCarts(database: Database): Carts {
  function idOf(req: Request): string | null {
    for (const pair of (req.headers.cookie ?? '').split(';')) {
      const [name, value] = pair.trim().split('=', 2);
      if (name === cookie && value !== undefined && /^[A-Za-z0-9_-]{43}$/.test(value)) return hash(value);
    }
    return null;
  }

  function giveCookie(res: Response): string {
    const value = randomBytes(32).toString('base64url');
    const maxAge = keepDays * 86_400_000;
    res.cookie(cookie, value, { secure: true, httpOnly: true, sameSite: 'lax', path: '/', maxAge });
    return hash(value);
  }

  return Object.freeze({
    async items(req: Request) {
      const id = idOf(req);
      if (id === null) return [];
      const [row] = await database.query<{ items: unknown }>('select items from carts where id = $1', [id]);
      return readItems(row?.items);
    },
    async change(
      req: Request,
      res: Response,
      { product, add, set }: { readonly product: string; readonly add?: number; readonly set?: number },
    ) {
      const id = idOf(req) ?? giveCookie(res);
      await database.transaction(async (tx) => {
        await tx.query(`delete from carts where updated_at < now() - interval '${keepDays} days'`);
        await tx.query(`insert into carts (id, items) values ($1, '{}') on conflict (id) do nothing`, [id]);
        // Two clicks at once: the second waits for the row and counts on.
        const row = await tx.one<{ items: unknown }>('select items from carts where id = $1 for update', [id]);
        const items = new Map(readItems(row.items).map((item) => [item.product, item.quantity]));
        const quantity = Math.min(set ?? (items.get(product) ?? 0) + (add ?? 1), mostOfOne);
        if (quantity <= 0) items.delete(product);
        else items.set(product, quantity);
        await tx.query('update carts set items = $2, updated_at = now() where id = $1', [
          id,
          JSON.stringify(Object.fromEntries(items)),
        ]);
      });
    },
    async take(req: Request, tx: Queryable) {
      const id = idOf(req);
      if (id === null) return [];
      const [row] = await tx.query<{ items: unknown }>('delete from carts where id = $1 returning items', [id]);
      return readItems(row?.items);
    },
  });
}

function readItems(stored: unknown): readonly CartItem[] {
  if (typeof stored !== 'object' || stored === null) return [];
  return Object.entries(stored)
    .filter((entry): entry is [string, number] => Number.isSafeInteger(entry[1]) && (entry[1] as number) > 0)
    .map(([product, quantity]) => ({ product, quantity }));
}

function hash(value: string): string {
  return createHash('sha256').update(value).digest('base64url');
}
