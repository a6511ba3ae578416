import type { Site } from '../shared/site.js';

/** What the ISP's own routes work with. */
export interface Isp extends Site {
  nowMs(): number;
}

/** Pages that a sign-in may lead on to. */
export const targets: readonly string[] = [
  '/account',
  '/account/line',
  '/account/usage',
  '/account/billing',
  '/account/bills',
  '/account/choices',
  '/account/data',
  '/start',
  '/account/password',
  '/account/devices',
  '/glass',
];

/** Sentences after a redirect, beside those that both servers say. */
export const notes: Readonly<Record<string, string>> = {
  plan: 'Your plan is changed. The next bill is by the new one.',
  topics: 'Your start page shows what you chose.',
  'choice-yes': 'Your yes is kept with its date.',
  'choice-no': 'Your no is kept with its date, and counts from now on.',
  'letter-granted': 'News of the net will come to you.',
  'letter-denied': 'News of the net will not come any more.',
};

/** For the list beside the registration form. */
export const reasons = [
  {
    what: 'Name and address',
    how: 'Sealed in the database. Opened for your account, to build your line and to bill you.',
  },
  {
    what: 'E-mail address',
    how: 'Sealed, and found again by a keyed index, so that not even a search reads it. For your account, and for news of the net if you tick the box.',
  },
  { what: 'Telephone', how: 'Sealed. For your account only. Whoever builds the line does not get it; nobody does.' },
  { what: 'Card', how: 'Sealed. Opened once a month, for the bill. No page shows the whole number again.' },
  {
    what: 'Password',
    how: 'Not kept. What is kept is an argon2id hash of it, sealed under a key outside the database.',
  },
];
