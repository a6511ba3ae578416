import type { ErrorRequestHandler } from 'express';
import { SafekeepError } from 'safekeep/errors';
import { formOf } from './form.js';
import { wantsJson } from './pages.js';
import type { Site } from './site.js';

export const keptPage = '/account';
const keptFields = ['name', 'address', 'phone'];

/** Pages of both servers that come after a proof of who it is. */
const ownTargets = [
  '/account/email',
  '/account/password?done=breached',
  '/account/devices',
  '/account/factor',
  '/account/factor/setup',
];

export function safePath(given: string, targets: Site['targets']): string {
  return targets.includes(given) || ownTargets.includes(given) ? given : keptPage;
}

/** The page that a form was on: its own address, or the one above it. */
function pageOf(path: string, targets: Site['targets']): string {
  const above = path.slice(0, path.lastIndexOf('/'));
  return [path, above].find((known) => safePath(known, targets) === known) ?? keptPage;
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
 *
 * Who signed in too long ago for what comes next is asked for the password and comes back; who took too long over the
 * code signs in anew. Programs get each refusal as it is.
 */
export function signInFirst({ pages, targets }: Pick<Site, 'pages' | 'targets'>): ErrorRequestHandler {
  return (error, req, res, next) => {
    const code = error instanceof SafekeepError && !wantsJson(req) ? error.code : undefined;
    if (code === 'ERR_SESSION_STALE') {
      return res.redirect(303, `/account/prove?to=${encodeURIComponent(pageOf(req.path, targets))}`);
    }
    if (code === 'ERR_CHALLENGE_MISSING') return res.redirect(303, '/login?done=late');
    if (code !== 'ERR_SESSION_REQUIRED') return next(error);
    const to = safePath(req.path, targets);
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
