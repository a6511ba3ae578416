import type { RequestHandler } from 'express';

/**
 * For routes that show what belongs to one person: no cache keeps the answer, the browser's own and its back button
 * included.
 * @example
 * app.get('/account', noStore, showAccount);
 */
export const noStore: RequestHandler = function noStoreMiddleware(_req, res, next) {
  res.setHeader('Cache-Control', 'no-store, max-age=0');
  next();
};

/**
 * For the answer to signing out: the browser drops the pages and the storage it keeps for this origin. Not its cookies:
 * that would take the device cookies with them, and those of other ports on the host; the session's own is expired by
 * name when the session ends.
 * @example
 * app.post('/logout', clearSiteData, endSession);
 */
export const clearSiteData: RequestHandler = function clearSiteDataMiddleware(_req, res, next) {
  res.setHeader('Clear-Site-Data', '"cache", "storage"');
  next();
};
