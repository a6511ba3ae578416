import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type ServerOptions } from 'node:https';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import express from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemRandom } from '../../src/base/clock.js';
import { signCertificate } from '../../src/certificates/sign-certificate.js';
import { examine } from '../../src/doctor/examine.js';
import { askApplication, lookAtApplication } from '../../src/doctor/look/application.js';
import { clockOfServer, lookAtServer } from '../../src/doctor/look/server.js';
import { lookAtCertificate } from '../../src/doctor/probe/handshakes.js';
import type { Subject } from '../../src/doctor/subject.js';
import {
  cookieGuard,
  createTlsServer,
  crossOriginGuard,
  errors,
  notFound,
  secureHeaders,
  tlsOnly,
} from '../../src/transport/index.js';
import { dayMs, loadForge, temporaryDirectory } from '../certificates/fixtures.js';
import { developmentPair } from '../transport/loopback.js';
import { nowMs } from './fixtures/parts.js';

const limitMs = 5000;
const idsOf = (subject: Subject) => new Set(examine(subject).findings.map(({ kind }) => kind.id));
const pages = { pages: ['/'], posts: ['/order'] };

/** A certificate with what can be wrong about one: RSA of 1024 bits, no name, two years, nobody's. */
async function sickPair() {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const issuer = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const cert = signCertificate(await loadForge(), systemRandom, {
    subject: 'nobody',
    issuer: 'nobody else',
    notBeforeMs: Date.now() - 700 * dayMs,
    notAfterMs: Date.now() + dayMs,
    publicKey,
    signingKey: issuer.privateKey,
    extensions: [],
  });
  return { cert, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

async function listening(server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function sickApplication() {
  const app = express();
  app.set('trust proxy', true).set('env', 'test');
  app.use(express.json());
  app.get('/', (req, res) => {
    res.setHeader('Set-Cookie', ['sid=ada%40example.com; SameSite=Odd', '__Host-a=1; Path=/x']);
    res.setHeader('Access-Control-Allow-Origin', req.get('Origin') ?? '*');
    res.send(`<a href="https://${req.hostname}/">home</a>`);
  });
  app.post('/order', (_req, res) => void res.status(201).end());
  return app;
}

function soundApplication(origin: string) {
  const app = express();
  app.use(
    tlsOnly({ origin }),
    secureHeaders(),
    cookieGuard({ mode: 'development', own: ['__Host-sid'] }),
    crossOriginGuard({ origin }),
    express.json(),
  );
  app.get('/', (_req, res) => {
    res
      .cookie('__Host-sid', 'x', { secure: true, httpOnly: true, sameSite: 'lax' })
      .type('html')
      .send('<h1>Larkspur Lane</h1>');
  });
  app.post('/order', (_req, res) => void res.status(201).end());
  app.use(notFound(), errors());
  return app;
}

describe('the doctor at a running server', () => {
  it('finds in one with everything wrong what is wrong, by hands that were really shaken', async () => {
    const settings: ServerOptions = { minVersion: 'TLSv1', maxVersion: 'TLSv1.2', ciphers: 'ALL:@SECLEVEL=0' };
    const port = await listening(
      createServer({ ...(await sickPair()), ...settings, ALPNProtocols: ['h2', 'http/1.1'] }, sickApplication()),
    );
    const origin = `https://127.0.0.1:${port}`;
    const parts = await lookAtServer({ origin, authorities: [], ...pages, limitMs });
    expect(parts.tls).toMatchObject({ versions: ['TLSv1', 'TLSv1.1', 'TLSv1.2'], http2: true });
    expect(parts.tls?.strays).toEqual(expect.arrayContaining(['AES128-SHA', 'ECDHE-RSA-AES128-SHA']));
    const found = idsOf({ name: origin, nowMs: Date.now(), origin, ...parts });
    for (const id of [
      'tls.version_old',
      'tls.version_13_missing',
      'tls.http2_offered',
      'tls.suite_no_forward_secrecy',
      'tls.suite_outside_guideline',
      'certificate.untrusted',
      'certificate.name_mismatch',
      'certificate.expiring',
      'certificate.lifetime_long',
      'certificate.key_weak',
      'hsts.missing',
      'csp.missing',
      'header.nosniff',
      'header.referrer',
      'header.opener',
      'header.permissions',
      'header.software',
      'header.cors_reflected',
      'cookie.not_secure',
      'cookie.script_readable',
      'cookie.same_site',
      'cookie.no_prefix',
      'cookie.prefix_broken',
      'cookie.personal',
      'host.reflected',
      'cross_site.post_accepted',
      'error.internals',
      'error.cacheable',
    ])
      expect(found, id).toContain(id);
  });

  it('finds nothing in one that is built from our parts, once its authority is named, and says that it is not public without', async () => {
    const pair = await developmentPair(['localhost', '127.0.0.1']);
    const app = express();
    const server = createTlsServer(app, { key: pair.key, cert: pair.cert, port: 0 });
    const { port } = await server.listen();
    onTestFinished(() => server.close());
    const origin = `https://localhost:${port}`;
    app.use(soundApplication(origin));
    const look = { origin, ...pages, limitMs };
    const parts = await lookAtServer({ ...look, authorities: [readFileSync(pair.ca, 'utf8')] });
    const statuses = new Set(parts.answers?.map(({ status }) => status));
    expect([...statuses].sort()).toEqual([200, 400, 403, 404, 417, 421, 431]);
    const subject: Subject = { name: origin, nowMs: Date.now(), origin, ...parts };
    expect(examine(subject).findings).toEqual([]);
    const { certificate } = await lookAtServer({ ...look, authorities: [] });
    expect(idsOf({ name: origin, nowMs: Date.now(), certificate })).toEqual(new Set(['certificate.untrusted']));
  });

  it('says that nobody is there, and waits no longer than it was told', async () => {
    const silent = createTcpServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void silent.close());
    const { port } = silent.address() as AddressInfo;
    const origin = `https://127.0.0.1:${port}`;
    await expect(lookAtServer({ origin, authorities: [], ...pages, limitMs: 100 })).rejects.toMatchObject({
      code: 'ERR_DOCTOR_UNREACHABLE',
    });
  });
});

describe('the doctor at an application that runs nowhere', () => {
  it('asks it over TLS under the name of its origin', async () => {
    const origin = 'https://shop.example';
    const sound = soundApplication(origin);
    const answers = await askApplication(sound, origin, pages, limitMs);
    expect(answers.map(({ status }) => status)).toContain(200);
    const subject: Subject = {
      name: 'app.js',
      nowMs: Date.now(),
      origin,
      answers,
      application: lookAtApplication(sound),
    };
    expect(examine(subject).findings).toEqual([]);
  });

  it('finds what is wrong with one, in its settings and in its answers', async () => {
    const origin = 'https://shop.example';
    const sick = sickApplication();
    const answers = await askApplication(sick, origin, pages, limitMs);
    const found = idsOf({ name: 'app.js', nowMs: Date.now(), origin, answers, application: lookAtApplication(sick) });
    for (const id of ['proxy.trust_all', 'csp.missing', 'cross_site.post_accepted', 'host.reflected'])
      expect(found, id).toContain(id);
  });
});

describe('the clock of a server', () => {
  const clockAt = async (headers: Readonly<Record<string, string>>) => {
    const pair = await developmentPair(['localhost']);
    const server = createServer({ key: readFileSync(pair.key), cert: readFileSync(pair.cert) }, (_req, res) => {
      res.sendDate = false;
      res.writeHead(200, headers).end();
    });
    return await clockOfServer(`https://localhost:${await listening(server)}`, limitMs, () => nowMs);
  };
  const date = new Date(nowMs - 300_000).toUTCString();

  it('is what its answers say, and what a cache adds to it', async () => {
    expect(await clockAt({ Date: date })).toMatchObject({ of: 'server', nowMs: nowMs - 300_000 });
    expect(await clockAt({ Date: date, Age: '290' })).toMatchObject({ nowMs: nowMs - 10_000 });
    expect(await clockAt({})).toBeUndefined();
  });
});

describe('the certificate that is looked at', () => {
  it('is known by a signature over SHA-1, wherever in the file it stands', async () => {
    const folder = temporaryDirectory();
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const common = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-subj',
      '/CN=shop',
      '-days',
      '30',
    ];
    for (const [digest, expected] of [
      ['-sha1', true],
      ['-sha256', false],
    ] as const) {
      execFileSync('openssl', [...common, digest, '-keyout', key, '-out', cert], { stdio: 'ignore' });
      const settings = { key: readFileSync(key), cert: readFileSync(cert), ciphers: 'ALL:@SECLEVEL=0' };
      const port = await listening(createServer(settings));
      const target = { address: '127.0.0.1', host: '127.0.0.1', port, tls: true };
      expect(await lookAtCertificate(target, [], limitMs)).toMatchObject({
        signedWithSha1: expected,
        selfSigned: true,
        keyType: 'ec',
      });
    }
  });
});
