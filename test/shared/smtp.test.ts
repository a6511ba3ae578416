import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createSmtpMailer } from '../../examples/shared/smtp.js';
import { issueDevelopmentCertificates } from '../../src/certificates/index.js';

const folder = mkdtempSync(join(tmpdir(), 'safekeep-smtp-'));
let tls: { readonly key: string; readonly cert: string; readonly ca: string };
beforeAll(async () => {
  const issued = await issueDevelopmentCertificates({ directory: folder, hosts: ['localhost'] });
  tls = {
    key: readFileSync(issued.key, 'utf8'),
    cert: readFileSync(issued.cert, 'utf8'),
    ca: readFileSync(issued.ca, 'utf8'),
  };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const servers: SMTPServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise<void>((done) => server.close(done))));
});

async function mailServer(options: SMTPServerOptions = {}) {
  const received: { readonly to: readonly string[]; readonly secure: boolean; readonly text: string }[] = [];
  const spoken: string[] = [];
  const server = new SMTPServer({
    key: tls.key,
    cert: tls.cert,
    authOptional: true,
    onAuth(auth, _session, done) {
      spoken.push(auth.username ?? '');
      done(null, { user: auth.username ?? '' });
    },
    onRcptTo(address, _session, done) {
      spoken.push(address.address);
      done();
    },
    onData(stream, session, done) {
      let text = '';
      stream.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      stream.once('end', () => {
        received.push({ to: session.envelope.rcptTo.map(({ address }) => address), secure: session.secure, text });
        done();
      });
    },
    ...options,
  });
  server.on('error', () => undefined);
  servers.push(server);
  const port = await new Promise<number>((resolve) => {
    const listening = server.listen(0, '127.0.0.1', () => {
      const address = listening.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  return { received, spoken, url: (user = '') => `smtp://${user}localhost:${port}` };
}

const shop = { name: 'Larkspur Lane', origin: 'https://shop.example' };
const mail = { to: 'ada@example.com', subject: 'A code', text: 'rst_example' };

describe('mail by SMTP', () => {
  it('goes over STARTTLS to the one stored address, from the shop', async () => {
    const server = await mailServer();
    await createSmtpMailer(server.url(), { ...shop, ca: tls.ca }).send(mail);
    expect(server.received).toEqual([expect.objectContaining({ to: ['ada@example.com'], secure: true })]);
    expect(server.received[0]?.text).toContain('From: Larkspur Lane <post@shop.example>');
  });

  it('carries text and HTML side by side, and text alone where there is no HTML', async () => {
    const server = await mailServer();
    const mailer = createSmtpMailer(server.url(), { ...shop, ca: tls.ca });
    await mailer.send({ ...mail, html: '<p>as a page</p>' });
    await mailer.send(mail);
    expect(server.received[0]?.text).toMatch(
      /multipart\/alternative.*text\/plain.*rst_example.*text\/html.*as a page/s,
    );
    expect(server.received[1]?.text).not.toContain('multipart');
  });

  it('stays unsent where a server offers no TLS, and says neither name nor password to it', async () => {
    const server = await mailServer({ hideSTARTTLS: true, disabledCommands: ['STARTTLS'] });
    const mailer = createSmtpMailer(server.url('post:secret@'), { ...shop, ca: tls.ca });
    await expect(mailer.send(mail)).rejects.toThrow();
    expect([server.received, server.spoken]).toEqual([[], []]);
  });

  it('stays unsent where the certificate is not one we trust', async () => {
    const server = await mailServer();
    await expect(createSmtpMailer(server.url('post:secret@'), shop).send(mail)).rejects.toThrow();
    expect([server.received, server.spoken]).toEqual([[], []]);
  });

  it('never turns one address into two', async () => {
    const server = await mailServer();
    const mailer = createSmtpMailer(server.url(), { ...shop, ca: tls.ca });
    for (const to of ['ada@example.com, eve@example.com', 'ada@example.com <eve@example.com>']) {
      await mailer.send({ ...mail, to }).catch(() => undefined);
    }
    expect(server.spoken).not.toContain('eve@example.com');
  });
});
