import { type Check, defineCheck } from '../check.js';
import type { RedirectHop } from '../subject.js';

const kinds = {
  loop: {
    id: 'redirect.loop',
    severity: 'high',
    title:
      'The page leads back to itself, and no browser arrives: a proxy ends TLS and hands requests on in plaintext, and the application does not take its word that they came over TLS.',
    clauses: ['ASVS 5.0 V4.1.3', 'ASVS 5.0 V12.2.1'],
    fix: 'Add the address of that proxy to createProxies({ trusted: [...] }), let it write X-Forwarded-Proto itself, and let it speak TLS to the application.',
  },
  downgrade: {
    id: 'redirect.downgrade',
    severity: 'high',
    title: 'A page over TLS leads to plaintext.',
    clauses: ['ASVS 5.0 V12.2.1'],
    fix: 'Build links and redirects from the configured origin.',
  },
  endless: {
    id: 'redirect.too_many',
    severity: 'medium',
    title: 'The page redirects more often than browsers follow.',
    clauses: ['RFC 9110 15.4'],
    fix: 'Let the first redirect lead to where the last one does.',
  },
} as const;

export const redirects: Check = defineCheck({
  name: 'redirects',
  needs: 'redirects',
  kinds,
  examine({ hops, ended }, found) {
    const way = hops.map(({ url, status }) => `${url} (${status})`).join(' → ');
    if (ended === 'loop') found(kinds.loop, `${blame(hops)}; ${way}`);
    if (ended === 'too_many') found(kinds.endless, way);
    const down = hops.find(
      ({ url }, place) => url.startsWith('http:') && hops[place - 1]?.url.startsWith('https:') === true,
    );
    if (down !== undefined) found(kinds.downgrade, way);
  },
});

/**
 * Who answered what led back. A proxy that says its name is named; where none does, there may still be one, or the
 * application compares another host or port than customers type.
 */
function blame(hops: readonly RedirectHop[]): string {
  const signs = [...new Set(hops.filter(({ url }) => url.startsWith('https:')).flatMap(({ signs: own }) => own))];
  return signs.length === 0 ? 'no proxy says its name' : `the proxy says of itself: ${signs.join(', ')}`;
}
