import { readSetCookie } from '../../http/index.js';
import { headerOf, setCookies } from '../answers.js';
import { exchange } from '../probe/exchange.js';
import { request } from '../probe/requests.js';
import type { Answer, RedirectHop, RedirectView } from '../subject.js';
import { targetOf } from './server.js';

/** As many as browsers follow, Chromium's bound. */
const mostHops = 20;

/**
 * Follows a page's redirects on its own host as a browser does, with the cookies it is given: some set one first. Other
 * hosts are not asked.
 */
export async function lookAtRedirects(from: string, limitMs: number): Promise<RedirectView> {
  const jar = new Map<string, string>();
  const hops: RedirectHop[] = [];
  const seen = new Set<string>();
  const { hostname } = new URL(from);
  for (let url = new URL('/', from); ; ) {
    const cookies = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const state = `${url.href} ${cookies}`;
    if (seen.has(state)) return { hops, ended: 'loop' };
    if (hops.length >= mostHops) return { hops, ended: 'too_many' };
    seen.add(state);
    // What a server said over TLS is not repeated to it in plaintext.
    const brought = cookies !== '' && url.protocol === 'https:' ? ([['Cookie', cookies]] as const) : [];
    const bytes = request('GET', `${url.pathname}${url.search}`, url.host, [['Accept', 'text/html'], ...brought]);
    const answer = await exchange(targetOf(url.href), bytes, limitMs);
    if (answer === undefined) return { hops, ended: 'unreachable' };
    const told: Answer = { asked: 'page', path: url.pathname, ...answer };
    hops.push({ url: `${url.origin}${url.pathname}`, status: answer.status, signs: signsOf(told) });
    for (const line of setCookies(told)) {
      const { name, value } = readSetCookie(line);
      jar.set(name, value);
    }
    const to = headerOf(told, 'location');
    if (answer.status < 300 || answer.status >= 400 || to === undefined || !URL.canParse(to, url.href))
      return { hops, ended: 'answer' };
    url = new URL(to, url);
    if (url.hostname !== hostname || !/^https?:$/.test(url.protocol)) return { hops, ended: 'answer' };
  }
}

/** Headers by which proxies are known: those that name themselves, and those whose mere presence does. */
const naming = ['server', 'via'];
const known: Readonly<Record<string, string>> = {
  'cf-ray': 'Cloudflare',
  'x-amz-cf-id': 'Amazon CloudFront',
  'x-azure-ref': 'Azure Front Door',
  'x-envoy-upstream-service-time': 'Envoy',
  'x-varnish': 'Varnish',
  'x-served-by': 'Fastly or Varnish',
  'fly-request-id': 'Fly.io',
  'x-vercel-id': 'Vercel',
};

function signsOf(answer: Answer): readonly string[] {
  const named = naming.flatMap((name) => {
    const value = headerOf(answer, name);
    return value === undefined ? [] : [`${name}: ${value}`];
  });
  const present = Object.entries(known).filter(([name]) => headerOf(answer, name) !== undefined);
  return [...named, ...present.map(([, product]) => product)];
}
