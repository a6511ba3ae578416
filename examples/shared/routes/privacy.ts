import { Router } from 'express';
import { noticeSections } from '../notice.js';
import type { Site } from '../site.js';

/** The notice. Needs no cookie and no sign-in: who declines both may still read it. */
export function privacyRoutes({ keep, pages }: Site): Router {
  const router = Router();
  const described = keep.policy.describe('notice');
  const { notices, contact } = keep.policy.resolved;
  const current = notices.at(-1);
  const notice = {
    version: current?.version ?? '1',
    effective: current?.effective ?? '',
    digest: keep.policy.digest,
    history: notices.toReversed(),
    sections: noticeSections(described),
    contact: contact ?? { email: '', address: [] },
  };
  router.get('/privacy', async (req, res) => {
    await pages.send(req, res, {
      page: 'privacy',
      data: { notice },
      json: { ...notice, ...described },
    });
  });
  return router;
}
