import { headerOf } from '../answers.js';
import { type Check, defineCheck } from '../check.js';
import { otherHost } from '../probe/requests.js';
import type { Answer } from '../subject.js';

const kinds = {
  served: {
    id: 'plaintext.served',
    severity: 'critical',
    title: 'The application answers in plaintext: whoever sits on the way reads and changes what is said.',
    clauses: ['ASVS 5.0 V12.2.1', 'PCI DSS 4.0.1 4.2.1'],
    fix: 'Serve plaintext by createPlaintextServer alone, and mount tlsOnly() in front of the application.',
  },
  foreign: {
    id: 'plaintext.redirect_foreign',
    severity: 'high',
    title: 'Plaintext is redirected to whatever host the request names: to an attacker’s, if he wrote it.',
    clauses: ['ASVS 5.0 V4.1.3', 'CWE-601'],
    fix: 'Redirect to the configured origin only; tlsOnly({ origin }) does.',
  },
  astray: {
    id: 'plaintext.redirect_astray',
    severity: 'medium',
    title: 'Plaintext pages are redirected elsewhere than to the same page over TLS.',
    clauses: ['ASVS 5.0 V12.2.1', 'RFC 6797 7.2'],
    fix: 'Redirect to the configured origin, its port and the same path; tlsOnly({ origin }) does.',
  },
  temporary: {
    id: 'plaintext.redirect_temporary',
    severity: 'low',
    title: 'The redirect to TLS is a temporary one: browsers ask in plaintext again each time.',
    clauses: ['RFC 9110 15.4.9'],
    fix: 'Answer 308, or 301; tlsOnly() answers 308.',
  },
  program: {
    id: 'plaintext.program_redirected',
    severity: 'high',
    title:
      'What a program sends in plaintext is redirected: it follows in silence, and sends its next credential in plaintext again.',
    clauses: ['ASVS 5.0 V4.1.2', 'draft-ietf-httpapi-privacy'],
    fix: 'Refuse (403) what has a credential, a body or an API’s path; tlsOnly() does.',
  },
  oracle: {
    id: 'plaintext.credential_oracle',
    severity: 'medium',
    title: 'The refusal in plaintext depends on the credential, so that listeners learn what it is worth.',
    clauses: ['draft-ietf-httpapi-privacy'],
    fix: 'Refuse with constant bytes before anything is looked up; tlsOnly() does.',
  },
  body: {
    id: 'plaintext.body_awaited',
    severity: 'medium',
    title: 'A plaintext request is answered only when its body is there: the server asks for what must not be sent.',
    clauses: ['ASVS 5.0 V4.1.2', 'draft-ietf-httpapi-privacy'],
    fix: 'Refuse by the head alone and close; tlsOnly() in front of every parser does.',
  },
  hsts: {
    id: 'plaintext.hsts',
    severity: 'low',
    title: 'Strict-Transport-Security is sent in plaintext, where browsers must ignore it and anyone can write it.',
    clauses: ['RFC 6797 7.2'],
    fix: 'Send it over TLS only; secureHeaders() does, helmet alone does not.',
  },
  forwarded: {
    id: 'plaintext.forwarded_believed',
    severity: 'critical',
    title: 'A client that writes X-Forwarded-Proto: https into a plaintext request is taken for one over TLS.',
    clauses: ['ASVS 5.0 V4.1.3', 'ASVS 5.0 V12.2.1'],
    fix: 'Believe forwarded headers of listed proxies only: createProxies({ trusted: [...] }).',
  },
} as const;

const isRedirect = (answer: Answer | undefined): answer is Answer =>
  answer !== undefined && answer.status >= 300 && answer.status < 400 && headerOf(answer, 'location') !== undefined;

export const plaintext: Check = defineCheck({
  name: 'plaintext',
  needs: 'plaintext',
  kinds,
  examine({ origin, place: name, page, otherHost: toOther, api, credentials, post, forwarded }, found) {
    const place = { name };
    const [first, second] = credentials;
    const served = [page, api, first, post].find(
      (answer) => answer !== undefined && answer.status < 300 && answer.status !== 204,
    );
    if (served !== undefined) found(kinds.served, `${served.status} came back in plaintext`, place);
    if (isRedirect(page)) {
      const to = headerOf(page, 'location') ?? '';
      if (to !== `${origin}${page.path}`) found(kinds.astray, `${page.status} leads to ${withoutQuery(to)}`, place);
      if (page.status !== 308 && page.status !== 301) found(kinds.temporary, `it answers ${page.status}`, place);
    }
    if (isRedirect(toOther) && (headerOf(toOther, 'location') ?? '').includes(otherHost))
      found(kinds.foreign, `Host: ${otherHost} was redirected to itself`, place);
    const redirected = [first, post, api].filter(isRedirect);
    if (redirected.length > 0) {
      const what = [
        first === redirected[0] ? 'Authorization' : '',
        redirected.includes(post as Answer) ? 'a POST' : '',
        redirected.includes(api as Answer) ? 'a program' : '',
      ];
      found(kinds.program, `redirected: a request of ${what.filter((word) => word !== '').join(', ')}`, place);
    }
    if (first !== undefined && second !== undefined && !isSame(first, second))
      found(kinds.oracle, 'two wrong credentials got two different answers', place);
    if (post === undefined && page !== undefined) found(kinds.body, 'no answer came to the head of a POST', place);
    if (page !== undefined && headerOf(page, 'strict-transport-security') !== undefined)
      found(kinds.hsts, 'it came with the answer to a page', place);
    if (forwarded !== undefined && page !== undefined && forwarded.status < 300 && page.status >= 300)
      found(
        kinds.forwarded,
        `the same page answers ${page.status} without that header, and ${forwarded.status} with it`,
        place,
      );
  },
});

/** But for what every answer has of its own. */
function isSame(a: Answer, b: Answer): boolean {
  const bytes = ({ status, headers, body }: Answer): string =>
    JSON.stringify([status, headers.filter(([name]) => name !== 'date'), body]);
  return bytes(a) === bytes(b);
}

function withoutQuery(url: string): string {
  return url.split(/[?#]/, 1)[0] ?? '';
}
