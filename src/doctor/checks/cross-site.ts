import { type Check, defineCheck } from '../check.js';

const kinds = {
  accepted: {
    id: 'cross_site.post_accepted',
    severity: 'high',
    title: 'A form on any other site can send this request in a customer’s name.',
    clauses: ['ASVS 5.0 V3.5.1', 'ASVS 5.0 V3.5.3'],
    fix: 'Mount crossOriginGuard({ origin }) in front of every route that changes something.',
  },
} as const;

export const crossSite: Check = defineCheck({
  name: 'cross-site requests',
  needs: 'answers',
  kinds,
  examine(answers, found, { origin }) {
    for (const { asked, status, path } of answers) {
      if (asked === 'cross-site-post' && status !== 403)
        found(kinds.accepted, `a cross-site POST was answered with ${status} instead of 403`, {
          name: `${origin ?? ''}${path}`,
        });
    }
  },
});
