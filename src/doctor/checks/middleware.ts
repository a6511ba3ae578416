import { type Check, defineCheck } from '../check.js';
import type { Layer } from '../subject.js';

const kinds = {
  open: {
    id: 'app.guard_missing',
    severity: 'high',
    title: 'Nothing in front of the application refuses plaintext, sends headers or stops cross-site requests.',
    clauses: ['ASVS 5.0 V12.2.1', 'ASVS 5.0 V3.4.1', 'ASVS 5.0 V3.5.1'],
    fix: 'Mount keep.guard first, or tlsOnly(), secureHeaders() and crossOriginGuard() one by one.',
  },
  late: {
    id: 'app.guard_late',
    severity: 'high',
    title: 'Something stands in front of the guard, and answers or reads requests that the guard would have refused.',
    clauses: ['ASVS 5.0 V12.2.1', 'ASVS 5.0 V4.1.2'],
    fix: 'Mount keep.guard, or tlsOnly(), in front of everything else: body parsers and static files too.',
  },
  last: {
    id: 'app.errors_not_last',
    severity: 'medium',
    title: 'The last thing in the application is no error handler: Express’s own sends an error’s text to the client.',
    clauses: ['ASVS 5.0 V16.5.1', 'ASVS 5.0 V16.5.4'],
    fix: 'Mount keep.errors, or errors(), last of all.',
  },
} as const;

/** Our middlewares bear names, so that a stack can be read. */
const guards = ['tlsOnlyMiddleware', 'secureHeadersMiddleware', 'crossOriginGuardMiddleware'];
const whole = 'safekeepGuard';

export const middleware: Check = defineCheck({
  name: 'order of middlewares',
  needs: 'application',
  kinds,
  examine({ layers }, found) {
    if (layers.length === 0) return;
    const places = [whole, ...guards].map((name) =>
      layers.findIndex((layer) => layer.name === name && layer.path === undefined),
    );
    const [wholeAt = -1, tlsAt = -1] = places;
    const missing = wholeAt >= 0 ? [] : guards.filter((_, place) => (places[place + 1] ?? -1) < 0);
    if (missing.length > 0)
      found(kinds.open, `not mounted: ${missing.map((name) => name.replace('Middleware', '')).join(', ')}`);
    const first = wholeAt >= 0 ? wholeAt : tlsAt;
    const before = layers
      .slice(0, Math.max(0, first))
      .filter((layer) => !guards.includes(layer.name) && !isHarmless(layer));
    if (before.length > 0) found(kinds.late, `in front of it: ${before.map(nameOf).join(', ')}`);
    const last = layers.at(-1);
    if (last?.handlesErrors !== true) found(kinds.last, `the last is ${last === undefined ? 'missing' : nameOf(last)}`);
  },
});

/** Sees requests and answers none: ours that look on. */
function isHarmless({ name }: Layer): boolean {
  return name === 'accessLogMiddleware' || name === 'cookieGuardMiddleware';
}

function nameOf({ name, path }: Layer): string {
  return path === undefined ? name : `${name} at ${path}`;
}
