import type { Site } from '../shared/site.js';
import type { Carts } from './carts.js';

/** What the shop's own routes work with. */
export interface Shop extends Site {
  readonly carts: Carts;
}

/** Pages that a sign-in may lead on to. */
export const targets: readonly string[] = [
  '/account',
  '/account/billing',
  '/account/orders',
  '/account/password',
  '/account/devices',
  '/checkout',
  '/glass',
];

/** Sentences after a redirect, beside those that both servers say. */
export const notes: Readonly<Record<string, string>> = {
  ordered: 'Thank you. Your order is placed.',
  'letter-granted': 'The garden letter will come to you.',
  'letter-denied': 'The garden letter will not come any more.',
};

/** For the list beside the registration form. */
export const reasons = [
  { what: 'Name and address', how: 'Sealed in the database. Opened for your account and to send your parcels.' },
  {
    what: 'E-mail address',
    how: 'Sealed, and found again by a keyed index, so that not even a search reads it. For your account, your orders, and the garden letter if you tick the box.',
  },
  { what: 'Telephone', how: 'Sealed. For your account and your orders only, never for offers, never for others.' },
  { what: 'Card', how: 'Sealed. Opened to take a payment. No page shows the whole number again.' },
  {
    what: 'Password',
    how: 'Not kept. What is kept is an argon2id hash of it, sealed under a key outside the database.',
  },
];
