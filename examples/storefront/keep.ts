import { type KeepOptions, openKeep as openSiteKeep } from '../shared/keep.js';

/** Words that no password may rest on. */
export const siteWords: readonly string[] = ['Larkspur Lane', 'larkspur', 'garden'];

/** The ISP's tables, in its own database. */
export const elsewhere = ['subscribers', 'line_sessions', 'bills'] as const;

/** The toolkit, mounted for the shop: its table of accounts, and the ISP's tables elsewhere. */
export const openKeep = (options: KeepOptions) =>
  openSiteKeep({ accounts: 'customers', elsewhere, words: siteWords }, options);
