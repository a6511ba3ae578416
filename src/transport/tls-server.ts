import { randomBytes } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import { readTlsPair, type TlsPair, type TlsPairSource } from '../certificates/index.js';
import { tlsHeaders } from './baseline-headers.js';
import { answerClientErrors, answerStatus } from './client-error.js';
import { demux } from './demux.js';
import { drainer } from './drain.js';
import { type Following, type FollowOptions, followCertificate } from './follow-certificate.js';
import { isTooLate } from './linger.js';
import { type Listening, listenOn } from './listen.js';
import { createPlaintextServer } from './plaintext-server.js';
import { selfHandshake } from './self-handshake.js';
import { tlsProfile } from './tls-profile.js';
import { readFollowOptions, readTlsServerOptions, type TlsServerOptions } from './tls-server-options.js';

export interface TlsServer {
  readonly server: Server;
  /** @throws SafekeepError ERR_TLS_HANDSHAKE, ERR_PORT_IN_USE, ERR_PORT_REFUSED, ERR_LISTEN */
  listen(): Promise<Listening>;
  /**
   * Serves a renewed certificate to new connections; those that are open live on. Reads the same paths again, or
   * another source. It must be a pair, within its dates, for its host, with a chain that holds, and a handshake in
   * memory must succeed; else it is refused and the present one stays.
   * @throws SafekeepError ERR_CERTIFICATE_UNREADABLE, ERR_CERTIFICATE_PAIR, ERR_CERTIFICATE_DATES, ERR_CERTIFICATE_NAME,
   *   ERR_CERTIFICATE_CHAIN, ERR_TLS_HANDSHAKE
   */
  reload(source?: TlsPairSource): Promise<{ readonly expiresAtMs: number }>;
  /**
   * Reloads when the files change and on SIGHUP, and tells when the certificate nears its end. `close` ends it.
   * @throws SafekeepError ERR_OPTION_*
   */
  follow(options?: FollowOptions): Following;
  /** Makes every session ticket worthless at once, e.g. when a partner's certificate is revoked. */
  rotateTickets(): void;
  /** Stops taking connections, lets requests in progress finish, then resolves. */
  close(): Promise<void>;
}

/**
 * An HTTPS server for an Express application, to Mozilla's guideline 6.0 (intermediate): TLS 1.2 and 1.3, forward
 * secrecy, post-quantum key agreement where Node has it, HTTP/1.1 only (Express 5 dies on HTTP/2). Broken requests get
 * the security headers too, slow ones an end. The pair is checked before it is served, at start and at every reload.
 *
 * It does NOT answer plaintext without the option for it (`createPlaintextServer` does, on a port of its own), renew certificates, share ticket
 * keys between processes, or limit how many connections one client opens. ASVS 5.0 V12.1.1, V12.1.2.
 * @throws SafekeepError ERR_OPTION_*, ERR_CERTIFICATE_*
 * @example
 * const tls = createTlsServer(app, { key: 'tls.key', cert: 'tls.crt', port: 8443 });
 * await tls.listen();
 * tls.follow({ onRefused: (error) => log.error({ err: error }, 'the certificate was not renewed') });
 */
export function createTlsServer(app: RequestListener, options: TlsServerOptions): TlsServer {
  return tlsServer(app, options);
}

/** @param authorities where given, every client must show a certificate from one of them. PEM; asked at each reload */
export function tlsServer(
  app: RequestListener,
  options: TlsServerOptions,
  authorities?: () => readonly string[],
): TlsServer {
  const o = readTlsServerOptions(options);
  const hostname = o.origin === undefined ? undefined : new URL(o.origin).hostname;
  const clients = (): SecureContextOptions => (authorities === undefined ? {} : { ca: [...authorities()] });
  const profile = tlsProfile();
  const overTls = tlsHeaders(o.hsts);
  let own = readTlsPair(o, o.clock, hostname);
  let others = readOthers();
  const server = createServer({
    ...profile,
    ...clients(),
    requestCert: authorities !== undefined,
    rejectUnauthorized: true,
    key: own.key,
    cert: own.cert,
    // Without a context of its own a name gets the server's, and the client judges.
    SNICallback: (name, done) => done(null, others.get(name.toLowerCase())?.context),
    ALPNProtocols: ['http/1.1'],
    handshakeTimeout: o.headersTimeoutMs,
    headersTimeout: o.headersTimeoutMs,
    requestTimeout: Math.max(o.requestTimeoutMs, o.headersTimeoutMs),
    // Node looks for overdue requests only this often; its default of 30 s would make the limits above vague.
    connectionsCheckingInterval: 1000,
    keepAliveTimeout: 5000,
    maxHeaderSize: o.maxHeaderBytes,
    // Ours below carries the headers; Node's own 400 carries none.
    requireHostHeader: false,
  });
  const plaintext = o.plaintext === undefined ? undefined : createPlaintextServer(o.plaintext);
  if (plaintext !== undefined) demux(server, plaintext.server, o.headersTimeoutMs);
  const close = drainer(server, o.graceMs);
  let closed: Promise<void> | undefined;
  answerClientErrors(server, overTls);
  server.on('request', (req: IncomingMessage, res: ServerResponse) => {
    if (isTooLate(req)) return;
    if (req.headers.host === undefined && req.httpVersion === '1.1') return answerStatus(req, res, 400, overTls);
    app(req, res);
  });

  function readOthers(): Map<string, { readonly pair: TlsPair; readonly context: SecureContext }> {
    return new Map(
      Object.entries(o.hosts).map(([name, from]) => {
        const pair = readTlsPair(from, o.clock, name);
        const context = createSecureContext({ ...profile, key: pair.key, cert: pair.cert });
        return [name.toLowerCase(), { pair, context }];
      }),
    );
  }
  const checked = (pair: TlsPair, name: string | undefined): Promise<void> =>
    selfHandshake({ ...profile, key: pair.key, cert: pair.cert }, name ?? 'localhost', pair.fingerprint);

  async function swap(from: TlsPairSource): Promise<{ readonly expiresAtMs: number }> {
    const pair = readTlsPair(from, o.clock, hostname);
    const further = readOthers();
    await checked(pair, hostname);
    for (const [name, other] of further) await checked(other.pair, name);
    server.setSecureContext({ ...profile, ...clients(), key: pair.key, cert: pair.cert });
    own = pair;
    others = further;
    return { expiresAtMs: pair.expiresAtMs };
  }
  // One after the other: the files as the last caller found them are what is served in the end.
  let swapping: Promise<unknown> = Promise.resolve();
  const reload = (from: TlsPairSource = o): Promise<{ readonly expiresAtMs: number }> => {
    const done = swapping.then(() => swap(from));
    swapping = done.catch(() => {});
    return done;
  };
  const rotateTickets = (): void => void server.setTicketKeys(randomBytes(48));
  const tickets = setInterval(rotateTickets, o.ticketHours * 3_600_000).unref();
  const following = new Set<Following>();

  return Object.freeze({
    server,
    async listen() {
      await checked(own, hostname);
      for (const [name, other] of others) await checked(other.pair, name);
      return await listenOn(server, o.port, o.host);
    },
    reload,
    follow(options: FollowOptions = {}) {
      const how = readFollowOptions(options);
      const each = followCertificate({
        sources: [o, ...Object.values(o.hosts)],
        also: () => (authorities?.() ?? []).join(''),
        options: how,
        clock: o.clock,
        served: () => soonest(own, others),
        reload,
      });
      following.add(each);
      return each;
    },
    rotateTickets,
    close() {
      clearInterval(tickets);
      for (const each of following) each.stop();
      closed ??= Promise.all([close(), plaintext?.close()]).then(() => undefined);
      return closed;
    },
  });
}

/** Of several certificates the one that ends first. */
function soonest(own: TlsPair, others: ReadonlyMap<string, { readonly pair: TlsPair }>): TlsPair {
  return [...others.values()].reduce((first, { pair }) => (pair.expiresAtMs < first.expiresAtMs ? pair : first), own);
}
