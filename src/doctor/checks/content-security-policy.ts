import { headerOf, ownAnswers, whichAnswers } from '../answers.js';
import { type Check, defineCheck } from '../check.js';
import type { Answer } from '../subject.js';

const kinds = {
  missing: {
    id: 'csp.missing',
    severity: 'high',
    title: 'Answers come without a Content-Security-Policy: script that gets into a page runs.',
    clauses: ['ASVS 5.0 V3.4.3'],
    fix: 'Mount secureHeaders() in front of every route, and errors() behind them.',
  },
  unsafe: {
    id: 'csp.unsafe_script',
    severity: 'high',
    title: 'The policy lets injected script run.',
    clauses: ['ASVS 5.0 V3.4.3'],
    fix: 'Take unsafe-inline, unsafe-eval, wildcards and whole schemes out of script-src; move inline script into files or give it cspNonce().',
  },
  base: {
    id: 'csp.base_or_object',
    severity: 'medium',
    title: 'The policy leaves <base> or plug-ins open, by which a page’s own scripts can be exchanged.',
    clauses: ['ASVS 5.0 V3.4.3'],
    fix: "Set base-uri 'none' and object-src 'none' (helmet’s default base-uri 'self' is not enough).",
  },
  frames: {
    id: 'csp.frame_ancestors',
    severity: 'medium',
    title: 'Other sites may put pages into frames, and let people click what they do not see.',
    clauses: ['ASVS 5.0 V3.4.6'],
    fix: "Set frame-ancestors 'none' in the policy of every answer.",
  },
} as const;

/** Of one name the first counts (CSP 3 section 2.2.1). */
function directivesOf(policy: string): ReadonlyMap<string, readonly string[]> {
  const directives = new Map<string, readonly string[]>();
  for (const part of policy.split(';')) {
    const [name = '', ...sources] = part.trim().split(/\s+/);
    if (name !== '' && !directives.has(name.toLowerCase())) {
      directives.set(
        name.toLowerCase(),
        sources.map((source) => source.toLowerCase()),
      );
    }
  }
  return directives;
}

/** Several policies hold all at once: a fault of one is mended by another. */
function policiesOf(answer: Answer): readonly ReadonlyMap<string, readonly string[]>[] {
  const text = headerOf(answer, 'content-security-policy');
  return text === undefined ? [] : text.split(',').map(directivesOf);
}

export const contentSecurityPolicy: Check = defineCheck({
  name: 'Content-Security-Policy',
  needs: 'answers',
  kinds,
  examine(all, found) {
    const answers = ownAnswers(all);
    const without = answers.filter((answer) => policiesOf(answer).length === 0);
    if (without.length > 0) found(kinds.missing, whichAnswers(without));
    const judged = answers.filter((answer) => policiesOf(answer).length > 0);
    const lacking = (is: (policy: ReadonlyMap<string, readonly string[]>) => boolean): readonly Answer[] =>
      judged.filter((answer) => !policiesOf(answer).some(is));
    const unsafe = lacking(isNarrow);
    const [first] = unsafe;
    if (first !== undefined)
      found(kinds.unsafe, `${headerOf(first, 'content-security-policy')}: ${whichAnswers(unsafe)}`);
    const open = lacking(
      (policy) => isNone(policy.get('base-uri')) && isNone(policy.get('object-src') ?? policy.get('default-src')),
    );
    if (open.length > 0) found(kinds.base, whichAnswers(open));
    const framed = lacking((policy) => policy.has('frame-ancestors') && !isBroad(policy.get('frame-ancestors') ?? []));
    if (framed.length > 0) found(kinds.frames, whichAnswers(framed));
  },
});

function isNone(sources: readonly string[] | undefined): boolean {
  return sources !== undefined && (sources.length === 0 || (sources.length === 1 && sources[0] === "'none'"));
}

function isBroad(sources: readonly string[]): boolean {
  return sources.some((source) => /^(?:\*|https?:|data:|blob:|filesystem:|https?:\/\/\*)$/.test(source));
}

function isNarrow(policy: ReadonlyMap<string, readonly string[]>): boolean {
  const sources = policy.get('script-src') ?? policy.get('default-src');
  if (sources === undefined) return false;
  const pinned = sources.some((source) => /^'(?:nonce-|sha(?:256|384|512)-)/.test(source));
  // Beside a nonce or a hash browsers ignore 'unsafe-inline'; it is written there for those of before 2016.
  if (sources.includes("'unsafe-inline'") && !pinned) return false;
  if (sources.includes("'unsafe-eval'")) return false;
  return sources.includes("'strict-dynamic'") && pinned ? true : !isBroad(sources);
}
