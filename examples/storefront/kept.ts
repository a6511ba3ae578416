import type { ErrorRequestHandler } from 'express';
import { SafekeepError } from 'safekeep/errors';
import { formOf } from './form.js';
import { type Pages, wantsJson } from './pages.js';

/** Pages a sign-in may lead on to. A list of our own: a target from the request could be anybody's page. */
const targets = [
  '/account',
  '/account/billing',
  '/account/orders',
  '/account/password',
  '/account/password?done=breached',
  '/account/devices',
  '/account/factor',
  '/account/factor/setup',
  '/checkout',
  '/glass',
];
export const keptPage = '/account';
const keptFields = ['name', 'address', 'phone'];

export function safePath(given: string): string {
  return targets.includes(given) ? given : keptPage;
}

/** What of a posted form may travel through the sign-in: no password, no card number, nothing long. */
export function keptOf(body: unknown, prefix = ''): Readonly<Record<string, string>> {
  if (typeof body !== 'object' || body === null) return {};
  const given = body as Readonly<Record<string, unknown>>;
  const kept: Record<string, string> = {};
  for (const name of keptFields) {
    const value = Object.hasOwn(given, prefix + name) ? given[prefix + name] : undefined;
    if (typeof value === 'string' && value.length <= 500) kept[name] = value;
  }
  return kept;
}

/**
 * A session that ended while somebody was typing costs them nothing (WCAG 2.2 criterion 2.2.5): the sign-in page
 * carries the form in hidden fields and shows it again afterwards. It is shown, not carried out: the one who signs in
 * may be another person than the one who typed, and decides by pressing the button. Cards and passwords are typed anew.
 */
export function signInFirst(pages: Pages): ErrorRequestHandler {
  return (error, req, res, next) => {
    if (!(error instanceof SafekeepError) || error.code !== 'ERR_SESSION_REQUIRED' || wantsJson(req))
      return next(error);
    const to = safePath(req.path);
    if (req.method === 'GET' || req.method === 'HEAD') return void res.redirect(303, `/login?to=${to}`);
    const kept = to === keptPage ? keptOf(req.body) : {};
    const line =
      Object.keys(kept).length > 0
        ? 'You were signed out after a while without a click. What you typed is kept: sign in, and it is there again.'
        : 'You were signed out after a while without a click. Please sign in again.';
    pages
      .send(req, res, {
        status: 401,
        page: 'login',
        data: { to, kept },
        form: formOf(),
        note: { tone: 'info', lines: [line] },
        json: {},
      })
      .catch(next);
  };
}
