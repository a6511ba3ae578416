import { type Check, defineCheck } from '../check.js';

const kinds = {
  origin: {
    id: 'reset.link_foreign',
    severity: 'high',
    title: 'The mail that resets a password links elsewhere than to the configured origin over TLS.',
    clauses: ['ASVS 5.0 V4.1.3', 'CWE-640'],
    fix: 'Build the link from the configured origin, never from Host; createResets({ origin }) does.',
  },
  exposed: {
    id: 'reset.token_in_url',
    severity: 'high',
    title: 'The token stands in the link’s path or query: in access logs, in the history, in Referer.',
    clauses: ['ASVS 5.0 V14.2.1'],
    fix: 'Put it into the fragment, and let the page send it in a POST; createResets() does.',
  },
  short: {
    id: 'reset.token_short',
    severity: 'high',
    title: 'The token is so short that it can be guessed while it is valid.',
    clauses: ['ASVS 5.0 V6.4.1', 'ASVS 5.0 V7.2.3'],
    fix: 'Draw 128 bits or more from a CSPRNG; createResets() draws 256.',
  },
  absent: {
    id: 'reset.link_missing',
    severity: 'low',
    title: 'The mail that was given has no link with a token, so that nothing could be said of it.',
    clauses: ['ASVS 5.0 V6.4.3'],
    fix: 'Give the text of a mail as it is sent.',
  },
} as const;

const links = /https?:\/\/[^\s<>"')\]]+/gi;
/** Long enough to be drawn and not written; shorter ones are judged by the names of their parameters. */
const drawn = /[A-Za-z0-9_-]{20,}/;
const named = /(?:token|code|key|reset|secret)=([^&#]*)/i;
/** 128 bits at six bits a character. */
const leastCharacters = 22;

export const resetMail: Check = defineCheck({
  name: 'reset mail',
  needs: 'resetMail',
  kinds,
  examine({ place: name, text }, found, { origin }) {
    const place = { name };
    const told = new Set<string>();
    const report = (kind: (typeof kinds)[keyof typeof kinds], seen: string): void => {
      if (told.has(kind.id)) return;
      told.add(kind.id);
      found(kind, seen, place);
    };
    let tokens = 0;
    for (const [link] of text.matchAll(links)) {
      if (!URL.canParse(link)) continue;
      const url = new URL(link);
      if (url.protocol !== 'https:' || (origin !== undefined && url.origin !== origin))
        report(kinds.origin, `a link to ${url.origin}`);
      const query = named.exec(url.search)?.[1] ?? drawn.exec(url.search)?.[0];
      const path = url.pathname.split('/').find((part) => drawn.test(part) && /\d/.test(part));
      const fragment = url.hash.slice(1);
      if (query !== undefined) report(kinds.exposed, 'in the query');
      else if (path !== undefined) report(kinds.exposed, 'in the path');
      const token = query ?? path ?? (fragment === '' ? undefined : fragment.replace(/^.*=/, ''));
      if (token === undefined) continue;
      tokens += 1;
      if (token.length < leastCharacters) report(kinds.short, `${token.length} characters`);
    }
    if (tokens === 0) report(kinds.absent, 'no link with a token');
  },
});
