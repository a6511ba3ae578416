import { X509Certificate } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type AcmeCertificatesOptions, createAcmeCertificates } from '../../src/certificates/index.js';
import { createPlaintextServer, createTlsServer } from '../../src/transport/index.js';
import { overTcp, request } from '../transport/loopback.js';
import { clockAt, dayMs, temporaryDirectory } from './fixtures.js';
import { hasPebble, startPebble } from './pebble.js';

const hosts = ['shop.test', 'www.shop.test'];
const origin = 'https://shop.test';
const quarterYear = 90 * 86_400;
/** Pebble's certificates begin with the second they are issued in, which for a clock that stands is still to come. */
const minuteAhead = (): number => Date.now() + 60_000;

async function set(options: Partial<AcmeCertificatesOptions> & { readonly listen?: boolean } = {}) {
  const { listen = true, ...rest } = options;
  const pebble = await startPebble(quarterYear);
  const directory = temporaryDirectory();
  const clock = clockAt(minuteAhead());
  const { directoryUrl, httpPort } = pebble;
  const acme = createAcmeCertificates({ directory, hosts, directoryUrl, acceptTerms: true, clock, ...rest });
  const plain = createPlaintextServer({ origin, port: httpPort, ...(listen ? { challenges: acme.challenges } : {}) });
  await plain.listen();
  onTestFinished(() => plain.close());
  return { acme, pebble, directory, clock, plain };
}

function shown(port: number, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', servername: 'shop.test', ca });
    socket.once('secureConnect', () => {
      resolve(socket.getPeerX509Certificate()?.serialNumber ?? '');
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

describe.skipIf(!hasPebble)('certificates from an ACME authority', () => {
  it('are issued over the plaintext listener, which answers the pending tokens and nothing else', async () => {
    const { acme, directory, plain, pebble } = await set({ email: 'operator@shop.example' });
    const asked: string[] = [];
    let path = '';
    plain.server.on('request', (req, res) => {
      path = String(req.url);
      res.once('finish', () => asked.push(`${req.method} ${res.statusCode} ${req.url?.replace(/[^/]+$/, '')}`));
    });
    const { expiresAtMs, issued } = await acme.ensure();
    expect(issued).toBe(true);
    expect(asked.length).toBeGreaterThanOrEqual(hosts.length);
    expect(new Set(asked)).toEqual(new Set(['GET 200 /.well-known/acme-challenge/']));
    const certificate = new X509Certificate(readFileSync(acme.pem));
    for (const host of hosts) expect(certificate.checkHost(host)).toBe(host);
    expect(certificate.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
    expect(Math.round((expiresAtMs - Date.now()) / dayMs)).toBe(90);
    for (const name of readdirSync(directory)) expect(statSync(join(directory, name)).mode & 0o777, name).toBe(0o600);
    expect(await acme.ensure()).toEqual({ expiresAtMs, issued: false });
    const over = await overTcp(pebble.httpPort, request(`GET ${path}`));
    expect(over.status).toBe(308);
  });

  it('are renewed at a third of their life while clients shake hands without a pause', async () => {
    const { acme, clock, pebble } = await set();
    await acme.ensure();
    const tls = createTlsServer((_req, res) => void res.end('hello'), {
      key: acme.pem,
      cert: acme.pem,
      origin,
      port: 0,
      clock,
      graceMs: 0,
    });
    const { port } = await tls.listen();
    onTestFinished(() => tls.close());
    const served = tls.follow({ sighup: false });
    const ca = await pebble.root();
    const renewed: number[] = [];
    const failures: unknown[] = [];
    const following = acme.follow({
      onRenewed: ({ expiresAtMs }) => renewed.push(expiresAtMs),
      onFailed: (error) => failures.push(error),
    });
    onTestFinished(() => following.stop());
    const seen = new Set<string>();
    let over = false;
    const client = async (): Promise<void> => {
      while (!over)
        await shown(port, ca).then(
          (serial) => seen.add(serial),
          (error) => failures.push(error),
        );
    };
    const clients = [client(), client()];
    await following.check();
    expect(renewed).toHaveLength(0);
    for (let round = 1; round <= 2; round += 1) {
      clock.ms += 60 * dayMs + 1000;
      await following.check();
      clock.ms = minuteAhead();
      await served.check();
      expect(renewed).toHaveLength(round);
    }
    await shown(port, ca).then((serial) => seen.add(serial));
    over = true;
    await Promise.all(clients);
    expect(failures).toEqual([]);
    expect(seen.size).toBeGreaterThanOrEqual(2);
    expect(await shown(port, ca)).toBe(new X509Certificate(readFileSync(acme.pem)).serialNumber);
  });

  it('stay as they are when the authority refuses the order, finds no token or is down, and that is told', async () => {
    const { acme, pebble, directory, clock } = await set();
    await acme.ensure();
    const before = readFileSync(acme.pem);
    const order = (more: Partial<AcmeCertificatesOptions>) =>
      createAcmeCertificates({
        directory,
        hosts,
        directoryUrl: pebble.directoryUrl,
        acceptTerms: true,
        clock,
        ...more,
      });
    const failing = (step: string, more = {}) =>
      expect.objectContaining({ code: 'ERR_ACME_ORDER', facts: expect.objectContaining({ step, ...more }) });
    await expect(order({ hosts: ['blocked.test'] }).renew()).rejects.toEqual(failing('order'));
    // Its challenges are in no listener: what is asked for is redirected to a port where nobody is.
    await expect(order({}).renew()).rejects.toEqual(
      failing('challenge', {
        host: expect.stringContaining('shop.test'),
        problem: expect.stringContaining('urn:ietf:params:acme:error:'),
      }),
    );
    // By our clock what comes has run out already: it is not put where servers look.
    clock.ms += 200 * dayMs;
    await expect(acme.renew()).rejects.toMatchObject({ code: 'ERR_CERTIFICATE_DATES' });
    clock.ms -= 200 * dayMs;
    await pebble.stop();
    const told: unknown[] = [];
    clock.ms += 70 * dayMs;
    const following = acme.follow({ onFailed: (error) => told.push(error) });
    await following.check();
    following.stop();
    expect(told).toEqual([failing('account')]);
    expect(readFileSync(acme.pem).equals(before)).toBe(true);
    expect(await acme.ensure()).toMatchObject({ issued: false });
  });

  it('are not ordered under an account key that others can read, or that is none', async () => {
    const { acme, directory } = await set();
    const path = join(directory, 'account-key.pem');
    writeFileSync(path, 'hunter2', { mode: 0o600 });
    const refused = (reason: string) =>
      expect.objectContaining({ code: 'ERR_CERTIFICATE_FILES', facts: expect.objectContaining({ reason }) });
    await expect(acme.renew()).rejects.toEqual(refused('not-PEM'));
    chmodSync(path, 0o644);
    await expect(acme.renew()).rejects.toEqual(refused('readable-by-others'));
    expect(readFileSync(path, 'utf8')).toBe('hunter2');
  });
});

describe('createAcmeCertificates', () => {
  const directoryUrl = 'https://localhost:1/dir';
  const code = (wanted: string) => expect.objectContaining({ code: wanted });

  it('refuses a set-up without accepted terms, with a wildcard, an address or plain http', () => {
    const directory = 'acme';
    const good = { directory, hosts, directoryUrl, acceptTerms: true } as const;
    for (const bad of [
      { acceptTerms: false as never },
      { hosts: ['*.shop.test'] },
      { hosts: ['127.0.0.1'] },
      { hosts: [] },
      { directoryUrl: 'http://localhost/dir' },
    ])
      expect(() => createAcmeCertificates({ ...good, ...bad })).toThrow(code('ERR_OPTION_INVALID'));
    const { acceptTerms, ...without } = good;
    expect(acceptTerms).toBe(true);
    expect(() => createAcmeCertificates(without as never)).toThrow(code('ERR_OPTION_MISSING'));
  });

  it('gives up an authority that never answers, and asks it once for all who wait', async () => {
    let connections = 0;
    const silent = createServer();
    silent.on('connection', () => {
      connections += 1;
    });
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void silent.close());
    const { port } = silent.address() as { port: number };
    const directory = temporaryDirectory();
    const acme = createAcmeCertificates({
      directory,
      hosts,
      directoryUrl: `https://127.0.0.1:${port}/dir`,
      acceptTerms: true,
      timeoutMs: 1000,
    });
    const both = [acme.renew(), acme.renew()];
    for (const each of both)
      await expect(each).rejects.toMatchObject({ code: 'ERR_ACME_ORDER', facts: { step: 'time' } });
    expect(connections).toBe(1);
    expect(readdirSync(directory)).toEqual(['account-key.pem']);
  });
});
