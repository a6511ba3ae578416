import type { Database } from 'safekeep/database';
import type { Carts } from './carts.js';
import type { ShopKeep } from './keep.js';
import type { LogTail } from './log-tail.js';
import type { Outbox } from './outbox.js';
import type { Pages } from './pages.js';

/** What the routes work with. */
export interface Shop {
  readonly keep: ShopKeep;
  readonly database: Database;
  readonly pages: Pages;
  readonly carts: Carts;
  readonly origin: string;
  /** Only under --development. */
  readonly development: { readonly outbox: Outbox; readonly tail: LogTail } | undefined;
}

/** A field of a form or JSON body as text; anything else counts as empty. */
export function fieldOf(body: unknown, name: string): string {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, name)) return '';
  const value = (body as Readonly<Record<string, unknown>>)[name];
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

/** A ticked box: `yes` from the form, `true` from a program. Everything else, and nothing at all, is a box left alone. */
export function isTicked(body: unknown, name: string): boolean {
  const value =
    typeof body === 'object' && body !== null ? (body as Readonly<Record<string, unknown>>)[name] : undefined;
  return value === 'yes' || value === true;
}
