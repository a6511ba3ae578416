import type { Request } from 'express';
import type { Database, Row } from 'safekeep/database';
import type { SiteKeep } from './keep.js';
import type { LogTail } from './log-tail.js';
import type { Outbox } from './outbox.js';
import type { Pages } from './pages.js';
import type { Note } from './views.js';

/** What the routes of both servers work with. */
export interface Site {
  readonly keep: SiteKeep;
  readonly database: Database;
  readonly pages: Pages;
  readonly origin: string;
  readonly people: People;
  /** The pages a sign-in may lead on to. A list of our own: a target from the request could be anybody's page. */
  readonly targets: readonly string[];
  /** The sentence after a redirect, which carries a word of ours and nothing of the person. */
  noteOf(req: Request): Note | undefined;
  /** Only under --development. */
  readonly development: DevelopmentParts | undefined;
}

export interface DevelopmentParts {
  readonly outbox: Outbox;
  readonly tail: LogTail;
}

/** What the site knows of a signed-in person. */
export interface KnownPerson {
  readonly name: unknown;
  readonly address: unknown;
  readonly email: unknown;
  readonly phone: unknown;
  readonly created_at?: unknown;
}

/** The people with accounts here, and what each page may see of them. */
export interface People {
  readonly table: 'customers' | 'subscribers';
  /** The stored row, sealed as it lies there. */
  stored(account: string): Promise<Row>;
  /** What the account pages may see: opened for the purpose `account`, so there is no card in it. */
  known(account: string): Promise<KnownPerson>;
  /** What paying needs. */
  payer(
    account: string,
  ): Promise<{ readonly name: unknown; readonly card_number: unknown; readonly card_expiry: unknown }>;
  /** For the page behind glass: what each column is called, and why one shows nothing. */
  readonly labels: Readonly<Record<string, string>>;
  readonly unseen: Readonly<Record<string, string>>;
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

export function lastFour(cardNumber: unknown): string {
  return typeof cardNumber === 'string' ? cardNumber.slice(-4) : '';
}

export function dayOf(moment: unknown): string {
  return moment instanceof Date ? moment.toLocaleDateString('en-US', { dateStyle: 'long', timeZone: 'UTC' }) : '';
}

export function dollars(cents: number): string {
  return `$${(cents / 100).toFixed(2)}`;
}
