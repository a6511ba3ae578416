import { readFileSync } from 'node:fs';
import { request as ask } from 'node:http';
import { createServer as createTls, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import express, { type RequestHandler } from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checks } from '../../src/doctor/checks.js';
import { examine } from '../../src/doctor/examine.js';
import { lookAtPlaintext } from '../../src/doctor/look/plaintext.js';
import { lookAtRedirects } from '../../src/doctor/look/redirects.js';
import type { Subject } from '../../src/doctor/subject.js';
import { createPlaintextServer, tlsOnly } from '../../src/transport/index.js';
import { developmentPair, listening } from '../transport/loopback.js';
import { answer, nowMs, origin, page, soundCertificate } from './fixtures/parts.js';
import { soundPlaintext } from './fixtures/plaintext.js';

const limitMs = 400;
const found = (parts: Partial<Subject>) =>
  examine({ name: origin, nowMs: Date.now(), origin, ...parts }).findings.map(({ kind }) => kind.id);

/** What the packages for Express that "force TLS" do: to wherever the request says, and by whatever it claims. */
const forceTls: RequestHandler = (req, res, next) => {
  if (req.get('X-Forwarded-Proto') === 'https') return next();
  res.setHeader('Strict-Transport-Security', 'max-age=31536000');
  if (req.method === 'GET') return res.redirect(302, `https://${req.get('Host')}${req.originalUrl}`);
  res.status(200).send('403');
};

describe('the doctor in plaintext', () => {
  it('finds nothing at createPlaintextServer', async () => {
    const server = createPlaintextServer({ origin: 'https://127.0.0.1', port: 0, cookies: ['__Host-sid'] });
    const { port } = await server.listen();
    onTestFinished(() => server.close());
    const plaintext = await lookAtPlaintext(`http://127.0.0.1:${port}`, 'https://127.0.0.1', '/', limitMs);
    expect(plaintext.page?.status).toBe(308);
    expect(plaintext.post?.status).toBe(403);
    expect(found({ plaintext })).toEqual([]);
  });

  it('finds nothing where nobody listens', async () => {
    const plaintext = await lookAtPlaintext('http://127.0.0.1:1', origin, '/', limitMs);
    expect(found({ plaintext })).toEqual([]);
  });

  it('finds what a common way to force TLS leaves open', async () => {
    const app = express();
    app.use(forceTls);
    app.get('/', (_req, res) => void res.send('home'));
    const port = await listening(app);
    const plaintext = await lookAtPlaintext(`http://127.0.0.1:${port}`, 'https://127.0.0.1', '/', limitMs);
    const ids = found({ plaintext });
    for (const id of [
      'plaintext.served',
      'plaintext.redirect_foreign',
      'plaintext.redirect_astray',
      'plaintext.redirect_temporary',
      'plaintext.program_redirected',
      'plaintext.hsts',
      'plaintext.forwarded_believed',
    ])
      expect(ids, id).toContain(id);
  });

  it('finds a server that wants to see the body first, or looks the credential up', async () => {
    const app = express();
    app.use(express.raw({ type: () => true, limit: '1mb' }));
    app.use((req, res) => void res.status(403).send((req.get('Authorization') ?? '').slice(-3)));
    const port = await listening(app);
    const plaintext = await lookAtPlaintext(`http://127.0.0.1:${port}`, origin, '/', limitMs);
    expect(found({ plaintext })).toEqual(
      expect.arrayContaining(['plaintext.body_awaited', 'plaintext.credential_oracle']),
    );
  });
});

/** A proxy that ends TLS and hands on in plaintext, as most do. */
async function proxyTo(port: () => number): Promise<string> {
  const pair = await developmentPair(['localhost']);
  const server = createTls({ key: readFileSync(pair.key), cert: readFileSync(pair.cert) }, (req, res) => {
    const headers = { ...req.headers, 'x-forwarded-proto': 'https' };
    const onward = ask({ host: '127.0.0.1', port: port(), path: req.url, method: req.method, headers }, (answered) => {
      res.writeHead(answered.statusCode ?? 502, { ...answered.headers, via: '1.1 edge.larkspur' });
      answered.pipe(res);
    });
    req.pipe(onward);
  });
  return `https://localhost:${await portOf(server)}`;
}

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

describe('the doctor that follows redirects', () => {
  it('finds the loop behind a proxy that is not listed, and names the proxy', async () => {
    let port = 0;
    const site = await proxyTo(() => port);
    const app = express();
    app.use(tlsOnly({ origin: site }));
    port = await listening(app);
    const redirects = await lookAtRedirects(site, limitMs);
    expect(redirects.ended).toBe('loop');
    const [loop] = examine({ name: site, nowMs, origin: site, redirects }).findings;
    expect(loop?.kind.id).toBe('redirect.loop');
    expect(loop?.seen).toContain('the proxy says of itself: via: 1.1 edge.larkspur');
  });

  it('keeps the cookies of a page that sets one and asks again, and does not follow to other hosts', async () => {
    const pair = await developmentPair(['localhost']);
    const cookies: (string | undefined)[] = [];
    const server = createTls({ key: readFileSync(pair.key), cert: readFileSync(pair.cert) }, (req, res) => {
      cookies.push(req.headers.cookie);
      const seen = req.headers.cookie === 'seen=1';
      res.writeHead(302, { 'Set-Cookie': 'seen=1', Location: seen ? 'https://elsewhere.example/' : '/' }).end();
    });
    const redirects = await lookAtRedirects(`https://localhost:${await portOf(server)}`, limitMs);
    expect(redirects).toMatchObject({ ended: 'answer', hops: [{ status: 302 }, { status: 302 }] });
    expect(cookies).toEqual([undefined, 'seen=1']);
  });

  it('gives up where a browser does', async () => {
    const port = await listening((req, res) => {
      res.writeHead(302, { Location: `/${Number(req.url?.slice(1) ?? 0) + 1}` }).end();
    });
    const redirects = await lookAtRedirects(`http://127.0.0.1:${port}`, limitMs);
    expect(redirects.ended).toBe('too_many');
    expect(redirects.hops).toHaveLength(20);
  });
});

describe('fitness for the preload list', () => {
  const asks = (more: string) => page({ 'strict-transport-security': `${more}; preload` });
  const fit = asks('max-age=63072000; includeSubDomains');
  const away = answer('page', { status: 301, headers: { location: 'https://www.shop.example/' } });

  it.each<readonly [string, Partial<Subject>]>([
    ['max-age is below a year', asks('max-age=300; includeSubDomains')],
    ['includeSubDomains is missing', asks('max-age=63072000')],
    ['the certificate is not publicly trusted', { ...fit, certificate: { ...soundCertificate, ownAuthority: true } }],
    ['the site is not at port 443', { ...fit, origin: 'https://shop.example:8443' }],
    [
      'plaintext does not lead to TLS',
      { ...fit, plaintext: { ...soundPlaintext, page: answer('page', { status: 403 }) } },
    ],
    ['plaintext does not lead to TLS on the same host', { ...fit, plaintext: { ...soundPlaintext, page: away } }],
  ])('is missing when %s', (words, parts) => {
    const check = checks.find(({ name }) => name === 'fitness for the preload list');
    expect(check?.examine({ name: origin, nowMs, origin, ...parts })?.map(({ seen }) => seen)).toEqual([words]);
  });
});
