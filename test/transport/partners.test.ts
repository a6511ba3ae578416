import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import express, { type Request } from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SecurityEvent } from '../../src/base/ports/security-events.js';
import { openPartnerRegister } from '../../src/certificates/index.js';
import { clientExtensions } from '../../src/certificates/partners/extensions.js';
import { definePolicy, receivableColumns } from '../../src/policy/index.js';
import { createPartnerServer, createTlsServer, errors, partnerOf, partnerOnly } from '../../src/transport/index.js';
import { clockAt, dayMs, pairSignedBy, temporaryDirectory } from '../certificates/fixtures.js';
import { developmentPair } from './loopback.js';

const code = (wanted: string) => expect.objectContaining({ code: wanted });
const policy = definePolicy({
  application: 'isp',
  purposes: { account: 'contract', provisioning: 'contract' },
  tables: {
    subscribers: {
      row: 'id',
      columns: {
        id: 'not personal',
        name: { is: 'name', for: ['account', 'provisioning'] },
        email: { is: 'email', for: ['account', 'provisioning'] },
        card: { is: 'card_number', for: ['account'] },
      },
    },
  },
  recipients: {
    line_builders: {
      clause: 'a',
      class: 'processor',
      contract: 'line agreement',
      purposes: ['provisioning'],
      categories: ['user.name'],
    },
  },
});
interface Credentials {
  readonly key: Buffer;
  readonly cert: Buffer;
}

async function listener() {
  const directory = temporaryDirectory();
  const clock = clockAt(Date.now());
  const register = openPartnerRegister({ directory, clock });
  const issued = await register.issue('line_provider');
  const events: SecurityEvent[] = [];
  const app = express();
  const guard = partnerOnly({
    register,
    policy,
    partners: { line_provider: 'line_builders' },
    purpose: 'provisioning',
    events: { record: async (event) => void events.push(event) },
    clock,
  });
  app.get('/order', guard, (req, res) => {
    const { name, recipient, purpose } = partnerOf(req);
    res.json({ name, columns: receivableColumns(policy.table('subscribers'), recipient, purpose) });
  });
  app.get('/unguarded', (req, res) => void res.json(partnerOf(req)));
  app.use(errors());
  const pair = await developmentPair();
  const server = createPartnerServer(app, { key: pair.key, cert: pair.cert, port: 0, register, clock, graceMs: 100 });
  const { port } = await server.listen();
  onTestFinished(() => server.close());
  const credentials = { key: readFileSync(issued.key), cert: readFileSync(issued.cert) };
  return {
    directory,
    clock,
    register,
    issued,
    events,
    server,
    port,
    ca: readFileSync(pair.ca),
    credentials,
    app,
    pair,
  };
}
type Listener = Awaited<ReturnType<typeof listener>>;

/** One request over a connection of its own, or over one that is open. */
function ask(
  { port, ca }: Pick<Listener, 'port' | 'ca'>,
  credentials: Partial<Credentials>,
  { path = '/order', session, open }: { path?: string; session?: Buffer; open?: TLSSocket } = {},
): Promise<{ status: number | string; body: string; ticket: Buffer | undefined; resumed: boolean; socket: TLSSocket }> {
  return new Promise((resolve) => {
    const socket = open ?? connect({ port, host: '127.0.0.1', servername: 'shop.test', ca, session, ...credentials });
    let text = '';
    let ticket: Buffer | undefined;
    const end = (status: number | string): void =>
      resolve({ status, body: text.split('\r\n\r\n')[1] ?? '', ticket, resumed: socket.isSessionReused(), socket });
    socket.on('session', (given: Buffer) => {
      ticket = given;
    });
    socket.on('data', (part: Buffer) => {
      text += part.toString();
      const [head = '', body = ''] = text.split('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? -1);
      if (body.length === length) end(Number(text.split(' ')[1]));
    });
    socket.once('error', (error: NodeJS.ErrnoException) => end(String(error.code)));
    socket.once('close', () => end(text === '' ? 'closed' : Number(text.split(' ')[1])));
    socket.write(`GET ${path} HTTP/1.1\r\nHost: shop.test\r\n\r\n`);
    onTestFinished(() => void socket.destroy());
  });
}

describe('partners over mutual TLS', () => {
  it('are let in by their certificate, as the recipient they are, with the columns their purpose allows', async () => {
    const it = await listener();
    const { status, body } = await ask(it, it.credentials);
    expect(status).toBe(200);
    expect(JSON.parse(body)).toEqual({ name: 'line_provider', columns: ['name'] });
  });

  it('get no HTTP without a certificate, or with one of an authority nobody pinned', async () => {
    const it = await listener();
    expect(await ask(it, {})).toMatchObject({ status: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' });
    const strangers = openPartnerRegister({ directory: temporaryDirectory() });
    const { key, cert } = await strangers.issue('line_provider');
    const { status } = await ask(it, { key: readFileSync(key), cert: readFileSync(cert) });
    expect(status).not.toBe(200);
    expect(it.events).toEqual([]);
  });

  it('are refused at once when revoked: in an open connection, in a new one, and in a resumed session', async () => {
    const it = await listener();
    const before = await ask(it, it.credentials);
    const again = await ask(it, {}, { session: before.ticket as Buffer });
    expect(again).toMatchObject({ status: 200, resumed: true });
    await it.register.revoke(it.issued.serial);
    expect(await ask(it, it.credentials)).toMatchObject({ status: 403 });
    expect(await ask(it, {}, { session: again.ticket ?? (before.ticket as Buffer) })).toMatchObject({
      status: 403,
      resumed: true,
    });
    expect(await ask(it, {}, { open: before.socket })).toMatchObject({ status: 403 });
    expect(it.events).toEqual(
      Array.from({ length: 3 }, () => ({ kind: 'partner.refused', facts: { reason: 'revoked' } })),
    );
    expect((await ask(it, {}, { open: before.socket })).status).toBe('closed');
  });

  it('are refused when their certificate runs out, by our clock, in an open connection too', async () => {
    const it = await listener();
    const { socket } = await ask(it, it.credentials);
    it.clock.ms += 91 * dayMs;
    expect(await ask(it, {}, { open: socket })).toMatchObject({ status: 403 });
    expect(it.events).toMatchObject([{ facts: { reason: 'expired' } }]);
  });

  it('are refused when the register does not know the certificate, though the authority signed it', async () => {
    const it = await listener();
    const authority = new X509Certificate(readFileSync(join(it.directory, 'line_provider/ca.pem')));
    const key: KeyObject = createPrivateKey(readFileSync(join(it.directory, 'line_provider/ca-key.pem')));
    const forged = await pairSignedBy(
      { key, subject: authority.subject.replace(/^CN=/, '') },
      (forge, publicKey) => clientExtensions(forge, publicKey, authority.publicKey, 'line_provider'),
      'line_provider',
    );
    expect(await ask(it, { key: Buffer.from(forged.key), cert: Buffer.from(forged.cert) })).toMatchObject({
      status: 403,
    });
    expect(it.events).toMatchObject([{ facts: { reason: 'unregistered' } }]);
  });

  it('are refused under the name of another partner, and without a recipient', async () => {
    const it = await listener();
    const other = await it.register.issue('start_page');
    await it.server.reload();
    const credentials = { key: readFileSync(other.key), cert: readFileSync(other.cert) };
    expect(await ask(it, credentials)).toMatchObject({ status: 403 });
    const path = join(it.directory, 'register.json');
    const entries = JSON.parse(readFileSync(path, 'utf8')) as { partner: string; serial: string }[];
    const swapped = entries.map((entry) =>
      entry.serial === other.serial ? { ...entry, partner: 'line_provider' } : entry,
    );
    writeFileSync(path, JSON.stringify([...swapped, { ...entries[0], partner: 'start_page' }]));
    expect(await ask(it, credentials)).toMatchObject({ status: 403 });
    expect(it.events).toMatchObject([{ facts: { reason: 'recipient' } }, { facts: { reason: 'authority' } }]);
  });

  it('are all refused while the register cannot be read', async () => {
    const it = await listener();
    writeFileSync(join(it.directory, 'register.json'), '');
    const { status, body } = await ask(it, it.credentials);
    expect(status).toBe(500);
    expect(body).not.toContain('columns');
  });

  it('that are new are served without a restart', async () => {
    const it = await listener();
    const following = it.server.follow();
    const { key, cert } = await it.register.issue('start_page');
    await following.check();
    // The authority is accepted; the recipient is still missing.
    expect(await ask(it, { key: readFileSync(key), cert: readFileSync(cert) })).toMatchObject({ status: 403 });
  });

  it('cannot come through a listener that asks for no certificate, or by a header', async () => {
    const it = await listener();
    const tls = createTlsServer(it.app, { key: it.pair.key, cert: it.pair.cert, port: 0, graceMs: 100 });
    const { port } = await tls.listen();
    onTestFinished(() => tls.close());
    expect(await ask({ port, ca: it.ca }, it.credentials)).toMatchObject({ status: 403 });
    expect(it.events).toMatchObject([{ facts: { reason: 'no_certificate' } }]);
    expect(await ask(it, it.credentials, { path: '/unguarded' })).toMatchObject({ status: 403 });
  });

  it('are refused where the listener took their certificate without checking it', async () => {
    const it = await listener();
    const careless = createServer(
      {
        key: readFileSync(it.pair.key),
        cert: readFileSync(it.pair.cert),
        requestCert: true,
        rejectUnauthorized: false,
      },
      it.app,
    );
    await new Promise<void>((resolve) => careless.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void careless.close());
    const { port } = careless.address() as AddressInfo;
    expect(await ask({ port, ca: it.ca }, it.credentials)).toMatchObject({ status: 403 });
    expect(it.events).toMatchObject([{ facts: { reason: 'no_certificate' } }]);
  });

  it('are nobody on a route that nothing guards', () => {
    expect(() => partnerOf({} as Request)).toThrow(code('ERR_PARTNER_REFUSED'));
  });

  it('need a recipient of the policy that has the purpose', async () => {
    const { register } = await listener();
    for (const [recipient, purpose] of [
      ['nobody', 'provisioning'],
      ['line_builders', 'account'],
    ] as const) {
      expect(() => partnerOnly({ register, policy, partners: { line_provider: recipient }, purpose })).toThrow(
        code('ERR_PARTNER_POLICY'),
      );
    }
  });
});
