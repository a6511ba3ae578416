import { Router } from 'express';
import { sessionOf } from 'safekeep/sessions';
import { clearSiteData } from 'safekeep/transport';
import { fieldOf, type Site } from '../site.js';
import { fresh, freshForm } from './prove.js';

const moment = new Intl.DateTimeFormat('en-US', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' });

/**
 * Where the person is signed in, and how to end it: one device, or all of them. A session that was stolen neither reads
 * the list nor ends anybody else's: the sign-in, or the password once more, is a short while ago. ASVS 5.0 7.5.2.
 */
export function deviceRoutes({ keep, pages, noteOf }: Site): Router {
  const router = Router();

  router.get('/account/devices', keep.sessions.fresh(fresh), async (req, res) => {
    const sessions = await keep.sessions.list(req, sessionOf(req).account);
    const devices = sessions.map(({ startedAtMs, seenAtMs, ...session }) => ({
      ...session,
      started: `${moment.format(startedAtMs)} UTC`,
      seen: `${moment.format(seenAtMs)} UTC`,
    }));
    await pages.send(req, res, { page: 'devices', data: { devices }, note: noteOf(req), json: { devices } });
  });

  router.post('/account/devices/end', keep.sessions.fresh(freshForm), async (req, res) => {
    const { account } = sessionOf(req);
    const ended = await keep.sessions.endOne(account, fieldOf(req.body, 'handle'));
    if (ended) keep.log.info({ account }, 'a device was signed out');
    // One that is gone already is what was asked for.
    pages.done(req, res, { to: '/account/devices?done=device', json: { message: 'That device is signed out.' } });
  });

  router.post('/account/devices/end-all', keep.sessions.fresh(freshForm), clearSiteData, async (req, res) => {
    const { account } = sessionOf(req);
    await keep.sessions.endAll(account);
    await keep.sessions.end(req, res);
    keep.log.info({ account }, 'every device was signed out');
    pages.done(req, res, { to: '/', json: { message: 'Every device is signed out.' } });
  });
  return router;
}
