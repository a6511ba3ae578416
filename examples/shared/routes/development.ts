import { type RequestHandler, Router } from 'express';
import { maybeSessionOf } from 'safekeep/sessions';
import { logParts, storedParts } from '../glass-parts.js';
import { type DevelopmentParts, dayOf, type Site } from '../site.js';

/** The outbox, and one row behind glass. Mounted under --development only; `onlyHere` checks each request again. */
export function developmentRoutes(site: Site, development: DevelopmentParts): Router {
  const { pages, people, origin } = site;
  const router = Router();
  router.use(['/outbox', '/glass'], onlyHere);

  router.get('/outbox', async (req, res) => {
    const mails = development.outbox.list();
    const shown = mails.map(({ to, subject, text, sentAt }) => ({
      to,
      subject,
      sent: sentAt,
      at: sentAt.slice(11, 19),
      parts: linked(text, origin),
    }));
    res.set('Cache-Control', 'no-store');
    await pages.send(req, res, { page: 'outbox', data: { mails: shown }, json: mails });
  });

  router.get('/glass', async (req, res) => {
    res.set('Cache-Control', 'no-store');
    const session = maybeSessionOf(req);
    if (session === undefined)
      return await pages.send(req, res, { page: 'glass-closed', json: { message: 'Nobody is signed in.' } });
    const { account } = session;
    const stored = await people.stored(account);
    const seen: Readonly<Record<string, unknown>> = { ...(await people.known(account)) };
    const log = development.tail.of(account);
    const rows = Object.entries(stored).map(([column, value]) => {
      const { parts, how } = storedParts(value instanceof Date ? value.toISOString() : String(value));
      return {
        column,
        label: people.labels[column] ?? column,
        seen: seen[column] instanceof Date ? dayOf(seen[column]) : seen[column],
        why: people.unseen[column] ?? 'Not opened for this page.',
        parts,
        how: column === 'email_index' ? 'keyed index' : how,
      };
    });
    await pages.send(req, res, {
      page: 'glass',
      data: { purpose: 'account', table: people.table, rows, logLines: log.map(logParts) },
      json: { seen, stored, log },
    });
  });
  return router;
}

/** A proxy in front of a development server would show these pages to the world, so its traces close them. */
const onlyHere: RequestHandler = (req, _res, next) => {
  const traces = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'via'];
  const local = /^(?:::1|(?:::ffff:)?127(?:\.\d{1,3}){3})$/.test(req.socket.remoteAddress ?? '');
  next(local && !traces.some((name) => name in req.headers) ? undefined : 'router');
};

/** A mail's text with the links to this site made to click; no other link in a mail of ours exists. */
function linked(text: string, origin: string): readonly { readonly text: string; readonly href?: string }[] {
  return text.split(/(https:\/\/\S+)/).map((part) => {
    const path = part.startsWith(`${origin}/`) ? part.slice(origin.length) : undefined;
    return path === undefined ? { text: part } : { text: part, href: path };
  });
}
