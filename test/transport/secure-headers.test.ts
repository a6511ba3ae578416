import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import express from 'express';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import {
  clearSiteData,
  createProxies,
  cspNonce,
  errors,
  noStore,
  notFound,
  type SecureHeadersOptions,
  secureHeaders,
} from '../../src/transport/index.js';

const data = join(import.meta.dirname, '../../../shared/data');
const proxies = createProxies({ trusted: ['127.0.0.1', '::1'] });

function application(options: SecureHeadersOptions = {}) {
  const app = express();
  app.use(secureHeaders({ proxies, ...options }));
  app.get('/', (_req, res) => void res.send('ok'));
  app.get('/account', noStore, (_req, res) => void res.send('ok'));
  app.post('/logout', noStore, clearSiteData, (_req, res) => void res.send('ok'));
  app.get('/nonce', (_req, res) => void res.send([cspNonce(res), cspNonce(res)]));
  app.get('/fail', () => {
    throw new Error('hunter2');
  });
  app.use(notFound(), errors());
  return app;
}

const get = (path: string, options?: SecureHeadersOptions) =>
  request(application(options)).get(path).set('X-Forwarded-Proto', 'https');
const policyOf = (res: { headers: Record<string, string> }) =>
  new Map(
    String(res.headers['content-security-policy'])
      .split(';')
      .map((part) => [part.split(' ')[0], part.split(' ').slice(1).join(' ')]),
  );

/** OWASP Secure Headers Project, headers_add.json of 2026-07-19; the policy is compared by directive below. */
const owasp = {
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'Strict-Transport-Security': 'max-age=63072000; includeSubDomains',
  'X-Content-Type-Options': 'nosniff',
  'X-DNS-Prefetch-Control': 'off',
  'X-Frame-Options': 'deny',
  'X-Permitted-Cross-Domain-Policies': 'none',
};

describe('secureHeaders', () => {
  it('sends what OWASP Secure Headers lists, on pages, on 404 and on 500', async () => {
    for (const [path, status] of [
      ['/', 200],
      ['/none', 404],
      ['/fail', 500],
      ['/%E0%A4%A', 404],
    ] as const) {
      const res = await get(path);
      expect(res.status, path).toBe(status);
      for (const [name, value] of Object.entries(owasp))
        expect(res.headers[name.toLowerCase()]?.toLowerCase(), `${path} ${name}`).toBe(value.toLowerCase());
      expect([...policyOf(res).keys()]).toEqual(
        expect.arrayContaining([
          'default-src',
          'form-action',
          'base-uri',
          'object-src',
          'frame-ancestors',
          'upgrade-insecure-requests',
        ]),
      );
      expect(res.headers['permissions-policy']).toContain('camera=()');
      expect(res.headers['x-powered-by']).toBeUndefined();
    }
  });

  it.skipIf(!existsSync(join(data, 'owasp-headers-add.json')))(
    'agrees with the published lists, to add and to remove',
    async () => {
      const add = JSON.parse(readFileSync(join(data, 'owasp-headers-add.json'), 'utf8')) as {
        headers: { name: string; value: string }[];
      };
      const remove = JSON.parse(readFileSync(join(data, 'owasp-headers-remove.json'), 'utf8')) as { headers: string[] };
      const res = await request(application()).post('/logout').set('X-Forwarded-Proto', 'https');
      for (const { name, value } of add.headers) {
        const ours = res.headers[name.toLowerCase()] ?? '';
        if (name === 'Permissions-Policy') {
          for (const feature of value.split(', ').map((part) => part.split('=')[0]))
            expect(ours).toContain(`${feature}=()`);
        } else if (name === 'Clear-Site-Data') {
          // Without "cookies": they would take the device cookies, and those of other ports on the host.
          expect(ours).toBe('"cache", "storage"');
        } else if (name !== 'Content-Security-Policy') expect(ours.toLowerCase(), name).toBe(value.toLowerCase());
      }
      for (const path of ['/', '/none', '/fail']) {
        const sent = Object.keys((await get(path)).headers);
        for (const name of remove.headers) expect(sent, name).not.toContain(name.toLowerCase());
      }
    },
  );

  it('allows nothing beyond the page’s own files, in fixed words', async () => {
    expect((await get('/')).headers['content-security-policy']).toBe(
      "default-src 'none';script-src 'self';style-src 'self';img-src 'self';font-src 'self';connect-src 'self';manifest-src 'self';" +
        "media-src 'none';worker-src 'none';frame-src 'none';form-action 'self';base-uri 'none';frame-ancestors 'none';object-src 'none';upgrade-insecure-requests",
    );
  });

  it('sends HSTS, COOP and upgrade-insecure-requests over TLS only', async () => {
    const res = await request(application()).get('/');
    expect(res.headers['strict-transport-security']).toBeUndefined();
    expect(res.headers['cross-origin-opener-policy']).toBeUndefined();
    expect([...policyOf(res).keys()]).not.toContain('upgrade-insecure-requests');
    expect(policyOf(res).get('default-src')).toBe("'none'");
  });

  it('believes no proxy by itself', async () => {
    const app = express();
    app.use(secureHeaders(), (_req, res) => void res.send('ok'));
    const res = await request(app).get('/').set('X-Forwarded-Proto', 'https');
    expect(res.headers['strict-transport-security']).toBeUndefined();
  });

  it.each([
    ['end', 'max-age=0'],
    ['trial', 'max-age=300; includeSubDomains'],
    ['year', 'max-age=31536000; includeSubDomains'],
    ['preload', 'max-age=63072000; includeSubDomains; preload'],
  ] as const)('sends HSTS in the stage %s', async (hsts, value) => {
    expect((await get('/', { hsts })).headers['strict-transport-security']).toBe(value);
    expect((await request(application({ hsts })).get('/')).headers['strict-transport-security']).toBeUndefined();
  });

  it('tells browsers where to report, by both names', async () => {
    const res = await get('/', { reportTo: '/csp-reports' });
    expect(policyOf(res).get('report-uri')).toBe('/csp-reports');
    expect(policyOf(res).get('report-to')).toBe('safekeep');
    expect(res.headers['reporting-endpoints']).toBe('safekeep="/csp-reports"');
    for (const reportTo of ['//evil.example', 'https://evil.example', '/a"b', '/a, x="b'])
      expect(() => secureHeaders({ reportTo })).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID' }));
  });

  it('reports the policy without enforcing it while a site moves, but for what breaks no page', async () => {
    const options = { policy: 'report-only', reportTo: '/csp-reports' } as const;
    const res = await get('/', options);
    expect(res.headers['content-security-policy-report-only']).toContain("default-src 'none'");
    expect(res.headers['content-security-policy']).toBe("base-uri 'none';object-src 'none';frame-ancestors 'none'");
    const nonces = (await get('/nonce', options)).headers['content-security-policy-report-only'];
    expect(nonces).toMatch(/script-src 'nonce-[^']+' 'self'/);
    expect(() => secureHeaders({ policy: 'report-only' })).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_INVALID' }),
    );
  });

  it('takes further sources and features, and refuses those that would undo the policy', async () => {
    const res = await get('/', {
      sources: { 'img-src': ['data:', 'https://images.shop.example'], 'frame-src': ['https://pay.example/card'] },
      allowedFeatures: ['payment'],
      embedder: 'credentialless',
    });
    expect(policyOf(res).get('img-src')).toBe("'self' data: https://images.shop.example");
    expect(policyOf(res).get('frame-src')).toBe('https://pay.example/card');
    expect(res.headers['permissions-policy']).toContain('payment=(self)');
    expect(res.headers['cross-origin-embedder-policy']).toBe('credentialless');
    for (const source of [
      "'unsafe-inline'",
      "'unsafe-eval'",
      '*',
      'https:',
      'http://shop.example',
      'https://*.example',
      'data:',
      "'nonce-abc'",
      'https://a.example; script-src *',
      "'strict-dynamic'",
      '',
    ])
      expect(() => secureHeaders({ sources: { 'script-src': [source] } }), source).toThrow(
        expect.objectContaining({ code: 'ERR_CSP_SOURCE' }),
      );
    for (const bad of [
      { sources: { 'base-uri': ["'self'"] } },
      { sources: { 'img-src': 'data:' } },
      { allowedFeatures: ['telepathy'] },
    ])
      expect(() => secureHeaders(bad as unknown as SecureHeadersOptions)).toThrow(
        expect.objectContaining({ code: 'ERR_OPTION_INVALID' }),
      );
  });

  it('keeps the account’s page out of every cache', async () => {
    expect((await get('/account')).headers['cache-control']).toBe('no-store, max-age=0');
    expect((await get('/')).headers['cache-control']).toBeUndefined();
  });
});

describe('cspNonce', () => {
  it('puts a new nonce of 128 bits into the policy of an answer that asks for one, and of no other', async () => {
    const app = application();
    const ask = () => request(app).get('/nonce').set('X-Forwarded-Proto', 'https');
    const [first, second] = [await ask(), await ask()];
    const [nonce, again] = first.body as string[];
    expect(Buffer.from(nonce ?? '', 'base64')).toHaveLength(16);
    expect(again).toBe(nonce);
    expect(second.body[0]).not.toBe(nonce);
    expect(policyOf(first).get('script-src')).toBe(`'nonce-${nonce}' 'self'`);
    expect(policyOf(await get('/')).get('script-src')).toBe("'self'");
  });

  it('refuses once the headers are sent, and without secureHeaders', async () => {
    const late: unknown[] = [];
    const afterwards = express();
    afterwards.use(secureHeaders(), (_req, res) => {
      res.write('ok');
      try {
        cspNonce(res);
      } catch (error) {
        late.push(error);
      }
      res.end();
    });
    await request(afterwards).get('/');
    expect(late).toMatchObject([{ code: 'ERR_CSP_NONCE' }]);
    const app = express();
    app.get('/', (_req, res) => {
      expect(() => cspNonce(res)).toThrow(expect.objectContaining({ code: 'ERR_CSP_NONCE' }));
      res.send('ok');
    });
    expect((await request(app).get('/')).status).toBe(200);
  });
});
