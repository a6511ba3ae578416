import { headerOf, ownAnswers, whichAnswers } from '../answers.js';
import { type Check, defineCheck } from '../check.js';
import { otherHost } from '../probe/requests.js';
import type { Answer } from '../subject.js';

const kinds = {
  nosniff: {
    id: 'header.nosniff',
    severity: 'medium',
    title: 'Answers come without X-Content-Type-Options: nosniff; what was uploaded as a picture may run as script.',
    clauses: ['ASVS 5.0 V3.4.4'],
    fix: 'Mount secureHeaders() in front of every route.',
  },
  referrer: {
    id: 'header.referrer',
    severity: 'low',
    title: 'Other sites learn which page a visitor came from.',
    clauses: ['ASVS 5.0 V3.4.5'],
    fix: 'Send Referrer-Policy: no-referrer (or strict-origin-when-cross-origin); secureHeaders() does.',
  },
  opener: {
    id: 'header.opener',
    severity: 'low',
    title: 'Pages that opened this one keep a handle on it.',
    clauses: ['ASVS 5.0 V3.4.8'],
    fix: 'Send Cross-Origin-Opener-Policy: same-origin with pages; secureHeaders() does over TLS.',
  },
  permissions: {
    id: 'header.permissions',
    severity: 'low',
    title: 'Pages come without Permissions-Policy: what is embedded in them may ask for camera, place and payment.',
    clauses: ['OWASP Secure Headers'],
    fix: 'Switch off what no page uses; secureHeaders() switches off all but what allowedFeatures names.',
  },
  software: {
    id: 'header.software',
    severity: 'low',
    title: 'A header tells which software answers, and so which known holes to try.',
    clauses: ['ASVS 5.0 V13.4.6', 'OWASP Secure Headers'],
    fix: 'Take it out: app.disable("x-powered-by"), and server_tokens off in the proxy. secureHeaders() removes X-Powered-By.',
  },
  cors: {
    id: 'header.cors_reflected',
    severity: 'high',
    title: 'Any site may read answers: Access-Control-Allow-Origin repeats the origin of whoever asks.',
    clauses: ['ASVS 5.0 V3.4.2'],
    fix: 'Compare Origin with a list, and answer without the header to all others.',
  },
  charset: {
    id: 'header.charset',
    severity: 'low',
    title: 'A page says no character set, and a browser that guesses another one may find script in it.',
    clauses: ['ASVS 5.0 V4.1.1'],
    fix: 'Send Content-Type: text/html; charset=utf-8.',
  },
} as const;

/** Of OWASP's list those that name a product or a version; `Server` counts when it names a version. */
const tellers = ['x-powered-by', 'x-aspnet-version', 'x-aspnetmvc-version', 'x-generator', 'x-framework', 'powered-by'];

export const headers: Check = defineCheck({
  name: 'security headers',
  needs: 'answers',
  kinds,
  examine(all, found) {
    const answers = ownAnswers(all);
    const report = (kind: (typeof kinds)[keyof typeof kinds], is: (answer: Answer) => boolean): void => {
      const faulty = answers.filter(is);
      if (faulty.length > 0) found(kind, whichAnswers(faulty));
    };
    report(kinds.nosniff, (answer) => headerOf(answer, 'x-content-type-options')?.toLowerCase() !== 'nosniff');
    report(kinds.referrer, (answer) => !isDiscreet(headerOf(answer, 'referrer-policy')));
    report(
      kinds.opener,
      (answer) => isPage(answer) && !/^same-origin/.test(headerOf(answer, 'cross-origin-opener-policy') ?? ''),
    );
    report(kinds.permissions, (answer) => isPage(answer) && headerOf(answer, 'permissions-policy') === undefined);
    report(kinds.charset, (answer) => /^text\/html\s*$/i.test(headerOf(answer, 'content-type') ?? ''));
    const telling = new Set(answers.flatMap(tellersOf));
    if (telling.size > 0) found(kinds.software, [...telling].join(', '));
    const reflected = all.filter(
      (answer) =>
        answer.asked === 'other-origin' && headerOf(answer, 'access-control-allow-origin') === `https://${otherHost}`,
    );
    if (reflected.length > 0) found(kinds.cors, `https://${otherHost} was allowed to read the answer`);
  },
});

/** What renders a document of its own. A baseline answer has nothing that could be opened or asked. */
function isPage(answer: Answer): boolean {
  return answer.status < 400 && /^text\/html/i.test(headerOf(answer, 'content-type') ?? '');
}

/** Of several policies a browser takes the last that it knows. */
function isDiscreet(value: string | undefined): boolean {
  const last = value?.split(',').at(-1)?.trim().toLowerCase() ?? '';
  return /^(?:no-referrer|same-origin|strict-origin|strict-origin-when-cross-origin|origin|origin-when-cross-origin)$/.test(
    last,
  );
}

function tellersOf(answer: Answer): string[] {
  const named = tellers.flatMap((name) => {
    const value = headerOf(answer, name);
    return value === undefined ? [] : [`${name}: ${value}`];
  });
  const server = headerOf(answer, 'server');
  return server !== undefined && /\d/.test(server) ? [...named, `server: ${server}`] : named;
}
