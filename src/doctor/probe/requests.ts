import { randomBytes } from 'node:crypto';
import type { Answer, Asked } from '../subject.js';
import { exchange, type Target } from './exchange.js';

/** A host that nobody has (RFC 2606), as an attacker would put his own there. */
export const otherHost = 'doctor.invalid';

type HeaderList = readonly (readonly [name: string, value: string])[];

export interface Question {
  readonly asked: Asked;
  readonly path: string;
  readonly bytes: string;
}

/** What a browser would say of itself, so that pages come as pages. */
const page: HeaderList = [['Accept', 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8']];
const program: HeaderList = [['Accept', 'application/json']];

export function request(method: string, path: string, host: string, headers: HeaderList, body: string = ''): string {
  const length: HeaderList = body === '' ? [] : [['Content-Length', String(Buffer.byteLength(body))]];
  const all: HeaderList = [['Host', host], ['User-Agent', 'safekeep-doctor'], ...headers, ...length];
  const lines = all.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return `${method} ${path} HTTP/1.1\r\n${lines}Connection: close\r\n\r\n${body}`;
}

/**
 * What is asked of an application over TLS: its pages, what it does not have, what it cannot read, and what claims to
 * come from elsewhere. Nothing changes state unless `posts` names a path whose refusal is to be seen.
 * @param host as in the `Host` header
 */
export function questions(host: string, pages: readonly string[], posts: readonly string[]): readonly Question[] {
  const absent = `/safekeep-doctor-${randomBytes(6).toString('hex')}`;
  const ask = (asked: Asked, path: string, bytes: string): Question => ({ asked, path, bytes });
  const [first = '/'] = pages;
  return [
    ...pages.map((path) => ask('page', path, request('GET', path, host, page))),
    ask('missing', absent, request('GET', absent, host, page)),
    ask('missing-api', absent, request('GET', absent, host, program)),
    ask('undecodable', '/%E0%A4%A', request('GET', '/%E0%A4%A', host, page)),
    ask('broken', '/', `GET / HTTP/1.1\r\nHost: ${host}\r\nno header at all\r\n\r\n`),
    ask('oversized', '/', request('GET', '/', host, [['X-Filler', 'x'.repeat(140_000)]])),
    ask('expectation', '/', request('GET', '/', host, [['Expect', 'safekeep-doctor']])),
    ask('trace', '/', request('TRACE', '/', host, [['X-Doctor', 'echo']])),
    ask(
      'broken-json',
      absent,
      request('POST', absent, host, [...program, ['Content-Type', 'application/json']], '{"a":'),
    ),
    ask('other-origin', first, request('GET', first, host, [...program, ['Origin', `https://${otherHost}`]])),
    ask('other-host', first, request('GET', first, otherHost, page)),
    ask('forwarded-host', first, request('GET', first, host, [...page, ['X-Forwarded-Host', otherHost]])),
    ...posts.map((path) => ask('cross-site-post', path, crossSitePost(path, host))),
  ];
}

function crossSitePost(path: string, host: string): string {
  const from: HeaderList = [
    ['Origin', `https://${otherHost}`],
    ['Sec-Fetch-Site', 'cross-site'],
    ['Content-Type', 'application/x-www-form-urlencoded'],
  ];
  return request('POST', path, host, [...page, ...from], 'doctor=1');
}

/** One after the other: a server under examination is not to be put under load. */
export async function askAll(target: Target, asked: readonly Question[], limitMs: number): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (const { asked: what, path, bytes } of asked) {
    const answer = await exchange(target, bytes, limitMs);
    if (answer !== undefined) answers.push({ asked: what, path, ...answer });
  }
  return answers;
}
