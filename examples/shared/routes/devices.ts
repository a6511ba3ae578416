import { Router } from 'express';
import { sessionOf } from 'safekeep/sessions';
import { fieldOf, type Site } from '../site.js';

const moment = new Intl.DateTimeFormat('en-US', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' });

/** Where the person is signed in, and how to end it: one device, or all of them. */
export function deviceRoutes({ keep, pages, noteOf }: Site): Router {
  const router = Router();

  router.get('/account/devices', keep.sessions.required, async (req, res) => {
    const sessions = await keep.sessions.list(req, sessionOf(req).account);
    const devices = sessions.map(({ startedAtMs, seenAtMs, ...session }) => ({
      ...session,
      started: `${moment.format(startedAtMs)} UTC`,
      seen: `${moment.format(seenAtMs)} UTC`,
    }));
    await pages.send(req, res, { page: 'devices', data: { devices }, note: noteOf(req), json: { devices } });
  });

  router.post('/account/devices/end', keep.sessions.required, async (req, res) => {
    const { account } = sessionOf(req);
    const ended = await keep.sessions.endOne(account, fieldOf(req.body, 'handle'));
    if (ended) keep.log.info({ account }, 'a device was signed out');
    // One that is gone already is what was asked for.
    pages.done(req, res, { to: '/account/devices?done=device', json: { message: 'That device is signed out.' } });
  });
  return router;
}
