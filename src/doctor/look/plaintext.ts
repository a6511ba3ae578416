import { exchange } from '../probe/exchange.js';
import { otherHost, request } from '../probe/requests.js';
import type { Answer, Asked, PlaintextView } from '../subject.js';
import { targetOf } from './server.js';

const asPage = ['Accept', 'text/html'] as const;
const asProgram = ['Accept', 'application/json'] as const;
/** Two credentials that nobody has: whoever answers them differently has looked. */
const credentials = ['Bearer safekeep-doctor-one', 'Bearer safekeep-doctor-other-and-longer'] as const;

/**
 * Asks a server in plaintext, as nobody should: pages, programs, credentials, a foreign host, a body that never comes.
 * @param at where plaintext arrives: `http://shop.example`
 * @param origin where it should lead to
 */
export async function lookAtPlaintext(
  at: string,
  origin: string,
  path: string,
  limitMs: number,
): Promise<PlaintextView> {
  const target = targetOf(at);
  const { host } = new URL(at);
  async function ask(asked: Asked, bytes: string, to: string = path): Promise<Answer | undefined> {
    const answer = await exchange(target, bytes, limitMs);
    return answer === undefined ? undefined : { asked, path: to, ...answer };
  }
  const withCredential = (value: string): string => request('GET', path, host, [asPage, ['Authorization', value]]);
  const page = await ask('page', request('GET', path, host, [asPage]));
  return {
    origin,
    place: at,
    page,
    otherHost: await ask('other-host', request('GET', path, otherHost, [asPage])),
    api: await ask('missing-api', request('GET', path, host, [asProgram])),
    credentials: [await ask('page', withCredential(credentials[0])), await ask('page', withCredential(credentials[1]))],
    post: await ask('page', request('POST', path, host, [asPage, ['Content-Length', '100000']])),
    forwarded: await ask('page', request('GET', path, host, [asPage, ['X-Forwarded-Proto', 'https']])),
  };
}
