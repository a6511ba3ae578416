import { type KeepOptions, openKeep as openSiteKeep } from '../shared/keep.js';

/** Words that no password may rest on. */
export const siteWords: readonly string[] = ['Harrow Net', 'harrow', 'internet'];

/**
 * The toolkit, mounted for the ISP: its table of accounts, and the shop's tables elsewhere. Cookies know no ports, so on
 * one host the two servers would overwrite each other's: here they have names of their own.
 */
export const openKeep = (options: KeepOptions) =>
  openSiteKeep(
    { accounts: 'subscribers', elsewhere: ['customers', 'orders', 'carts'], words: siteWords },
    { cookie: '__Host-harrow-session', deviceCookie: '__Host-harrow-device', ...options },
  );
