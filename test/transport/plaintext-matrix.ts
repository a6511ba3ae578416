import type { Server } from 'node:http';
import { createPlaintextServer, createProxies, type ProxiesOptions } from '../../src/transport/index.js';
import type { Answer } from './loopback.js';
import { request } from './loopback.js';
import { serverOf, wholeStack } from './whole-stack.js';

export const origin = 'https://shop.example';
export const canary = 'hunter2-canary';

export const paths = { page: '/account?tab=1', api: '/api/account', health: '/healthz' } as const;
export const methods = ['GET', 'HEAD', 'POST', 'PUT', 'OPTIONS'] as const;
/** Valid and invalid of a kind must be told apart by nobody. */
export const credentials = {
  none: {},
  'a valid Authorization': { Authorization: 'Bearer valid-token-of-ada' },
  'an invalid Authorization': { Authorization: 'Bearer nothing-of-anybody' },
  'a valid session': { Cookie: 'theme=dark; __Host-sid=valid-session-of-ada' },
  'an invalid session': { Cookie: 'theme=dark; __Host-sid=nothing-of-anybody' },
  'a stray cookie': { Cookie: '_ga=GA1.2.3; sid=1' },
} as const;
export const hosts = { own: 'shop.example', hostile: 'evil.example', 'an odd port': 'shop.example:8080' } as const;
export const forwarded = {
  nothing: {},
  'X https': { 'X-Forwarded-Proto': 'https', 'X-Forwarded-For': '192.0.2.9' },
  'X http': { 'X-Forwarded-Proto': 'http', 'X-Forwarded-For': '192.0.2.9' },
  'X both': { 'X-Forwarded-Proto': 'https, http' },
  'Forwarded https': { Forwarded: 'for=192.0.2.9;proto=https' },
  'Forwarded http': { Forwarded: 'for=192.0.2.9;proto=http' },
  'both families, X says https': { 'X-Forwarded-Proto': 'https', Forwarded: 'proto=http' },
} as const;

export interface Cell {
  readonly kind: string;
  readonly path: keyof typeof paths;
  readonly method: (typeof methods)[number];
  readonly credential: keyof typeof credentials;
  readonly host: keyof typeof hosts;
  readonly forwarded: keyof typeof forwarded;
}

const trusted = ['127.0.0.1'];
const settings: Readonly<Record<string, ProxiesOptions>> = {
  'no proxies': {},
  'a listed proxy that writes X-Forwarded': { trusted },
  'a listed proxy that writes Forwarded': { trusted, header: 'forwarded' },
  'a proxy that is not this one': { trusted: ['10.0.4.0/24'] },
};

export interface Served {
  readonly server: Server;
  readonly log: readonly string[];
  readonly reached: readonly string[];
}

/** Every way of taking plaintext in, by its name. */
export function servers(): ReadonlyMap<string, Served> {
  const rules = { origin, apiPaths: ['/api/'], cookies: ['__Host-sid'], health: [paths.health] };
  const all = new Map<string, Served>([
    ['the second listener', { server: createPlaintextServer({ ...rules, port: 0 }).server, log: [], reached: [] }],
  ]);
  for (const [name, proxies] of Object.entries(settings)) {
    const { app, ...seen } = wholeStack({
      ...rules,
      proxies: createProxies(proxies),
      routes: (_req, res) => void res.send('from the application'),
    });
    all.set(name, { server: serverOf(app), ...seen });
  }
  return all;
}

export function* cells(): Generator<Cell> {
  for (const kind of ['the second listener', ...Object.keys(settings)])
    for (const path of Object.keys(paths) as Cell['path'][])
      for (const method of methods)
        for (const credential of Object.keys(credentials) as Cell['credential'][])
          for (const host of Object.keys(hosts) as Cell['host'][])
            for (const header of Object.keys(forwarded) as Cell['forwarded'][])
              yield { kind, path, method, credential, host, forwarded: header };
}

export const nameOf = (cell: Cell): string => Object.values(cell).join(' | ');

export function bytesOf(cell: Cell): string {
  const hasBody = cell.method === 'POST' || cell.method === 'PUT';
  const body = hasBody ? `password=${canary}` : '';
  return request(
    `${cell.method} ${paths[cell.path]}`,
    {
      Host: hosts[cell.host],
      ...credentials[cell.credential],
      ...forwarded[cell.forwarded],
      ...(hasBody ? { 'Content-Type': 'text/plain', 'Content-Length': String(body.length) } : {}),
    },
    body,
  );
}

/** What the promise says, written without a look at the code: the status, and where to. */
export function promised(cell: Cell): { readonly status: number; readonly location: string | undefined } {
  const says = (status: number, location?: string) => ({ status, location });
  const reads = cell.method === 'GET' || cell.method === 'HEAD';
  const secure =
    (cell.kind === 'a listed proxy that writes X-Forwarded' &&
      (cell.forwarded === 'X https' || cell.forwarded === 'both families, X says https')) ||
    (cell.kind === 'a listed proxy that writes Forwarded' && cell.forwarded === 'Forwarded https');
  if (secure) {
    if (cell.path === 'health' && reads) return says(204);
    return says(cell.host === 'own' ? 200 : 421);
  }
  const exposed = cell.credential !== 'none' && cell.credential !== 'a stray cookie';
  if (!reads || exposed) return says(403);
  if (cell.path === 'health') return says(204);
  return cell.path === 'page' ? says(308, origin + paths.page) : says(403);
}

/** What every answer carries, also a refusal; over TLS some more. OWASP Secure Headers, 2026-07-19. */
export const everywhere: readonly string[] = [
  'content-security-policy',
  'cross-origin-embedder-policy',
  'cross-origin-resource-policy',
  'permissions-policy',
  'referrer-policy',
  'x-content-type-options',
  'x-dns-prefetch-control',
  'x-frame-options',
  'x-permitted-cross-domain-policies',
];
export const overTlsOnly: readonly string[] = ['strict-transport-security', 'cross-origin-opener-policy'];

/** The names of headers that an answer should carry and does not, or should not and does. */
export function headerFaults(answer: Answer, secure: boolean): readonly string[] {
  const { headers, status } = answer;
  const faults = everywhere.filter((name) => !headers.has(name));
  for (const name of overTlsOnly) if (headers.has(name) !== secure) faults.push(`${name} ${headers.get(name)}`);
  for (const name of ['x-powered-by', 'server', 'set-cookie']) if (headers.has(name)) faults.push(name);
  if (status >= 400 && !headers.get('cache-control')?.includes('no-store')) faults.push('cache-control');
  return faults;
}
