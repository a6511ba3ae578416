import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { type Clock, systemClock } from '../base/clock.js';
import { say } from '../base/names.js';
import {
  integerRule,
  objectRule,
  optional,
  originRule,
  readOptions,
  required,
  textRule,
  withDefault,
} from '../base/options.js';
import { readTlsPair, type TlsPairSource } from '../certificates/index.js';
import { hstsHeader } from './baseline-headers.js';
import { answerClientErrors, answerStatus } from './client-error.js';
import { drainer } from './drain.js';
import { isTooLate } from './linger.js';
import { type Listening, listenOn } from './listen.js';
import { tlsProfile } from './tls-profile.js';

export interface TlsServerOptions extends TlsPairSource {
  /** Default 443; 0 takes any free one. */
  readonly port?: number | undefined;
  /** The address to listen on. Default 127.0.0.1: being reached from elsewhere is a decision. */
  readonly host?: string | undefined;
  /** When given, the certificate must be for its host, at start and at every reload. */
  readonly origin?: string | undefined;
  /** Longest time for a client to send its headers, in ms. 1,000 to 120,000; default 10,000. */
  readonly headersTimeoutMs?: number | undefined;
  /** Longest time for a client to send a whole request, in ms. 1,000 to 3,600,000; default 60,000. */
  readonly requestTimeoutMs?: number | undefined;
  /** Longest header section, in bytes. 2,048 to 131,072; default 16,384. */
  readonly maxHeaderBytes?: number | undefined;
  /** `max-age` of HSTS in answers to requests too broken for the application, in seconds; as in `secureHeaders`. */
  readonly hstsMaxAgeSeconds?: number | undefined;
  /** How long `close` lets requests in progress finish, in ms. 0 to 600,000; default 10,000. */
  readonly graceMs?: number | undefined;
  readonly clock?: Clock | undefined;
}

export interface TlsServer {
  readonly server: Server;
  /** @throws SafekeepError ERR_PORT_IN_USE, ERR_PORT_REFUSED, ERR_LISTEN */
  listen(): Promise<Listening>;
  /**
   * Serves a renewed certificate to new connections; those that are open live on. Reads the same paths again, or
   * another source. A pair that cannot be served is refused and the present one stays.
   * @throws SafekeepError ERR_CERTIFICATE_UNREADABLE, ERR_CERTIFICATE_PAIR, ERR_CERTIFICATE_DATES, ERR_CERTIFICATE_NAME
   */
  reload(source?: TlsPairSource): { readonly expiresAtMs: number };
  /** Stops taking connections, lets requests in progress finish, then resolves. */
  close(): Promise<void>;
}

const source = {
  check: (value: unknown) =>
    (typeof value === 'string' && value.length > 0) || Buffer.isBuffer(value) ? undefined : say`a path, or PEM`,
  type: '' as string | Buffer,
};
const shape = {
  key: required(source),
  cert: required(source),
  port: withDefault(integerRule({ min: 0, max: 65_535 }), 443),
  host: withDefault(textRule({ maxLength: 253 }), '127.0.0.1'),
  origin: optional(originRule()),
  headersTimeoutMs: withDefault(integerRule({ min: 1000, max: 120_000 }), 10_000),
  requestTimeoutMs: withDefault(integerRule({ min: 1000, max: 3_600_000 }), 60_000),
  maxHeaderBytes: withDefault(integerRule({ min: 2048, max: 131_072 }), 16_384),
  hstsMaxAgeSeconds: withDefault(integerRule({ min: 0, max: hstsHeader.defaultSeconds }), hstsHeader.defaultSeconds),
  graceMs: withDefault(integerRule({ min: 0, max: 600_000 }), 10_000),
  clock: withDefault(objectRule<Clock>('nowMs'), systemClock),
};

/**
 * An HTTPS server for an Express application, to Mozilla's guideline 6.0 (intermediate): TLS 1.2 and 1.3, forward
 * secrecy, post-quantum key agreement where Node has it, HTTP/1.1 only (Express 5 dies on HTTP/2). Broken requests get
 * the security headers too, slow ones an end. The pair is checked before it is served, at start and at every reload.
 *
 * It does NOT redirect plaintext (`createPlaintextServer` does, on a port of its own), renew certificates, or limit
 * how many connections one client opens. ASVS 5.0 V12.1.1, V12.1.2.
 * @throws SafekeepError ERR_OPTION_*, ERR_CERTIFICATE_*
 * @example
 * const tls = createTlsServer(app, { key: 'tls.key', cert: 'tls.crt', port: 8443 });
 * await tls.listen();
 * process.on('SIGHUP', () => tls.reload());
 */
export function createTlsServer(app: RequestListener, options: TlsServerOptions): TlsServer {
  const o = readOptions('createTlsServer', shape, options);
  const hostname = o.origin === undefined ? undefined : new URL(o.origin).hostname;
  const profile = tlsProfile();
  const hsts = [[hstsHeader.name, `max-age=${o.hstsMaxAgeSeconds}; includeSubDomains`]] as const;
  const { key, cert } = readTlsPair(o, o.clock, hostname);
  const server = createServer({
    ...profile,
    key,
    cert,
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
  const close = drainer(server, o.graceMs);
  answerClientErrors(server, hsts);
  server.on('request', (req: IncomingMessage, res: ServerResponse) => {
    if (isTooLate(req)) return;
    if (req.headers.host === undefined && req.httpVersion === '1.1') return answerStatus(req, res, 400, hsts);
    app(req, res);
  });
  return Object.freeze({
    server,
    listen: () => listenOn(server, o.port, o.host),
    reload(from: TlsPairSource = o) {
      const pair = readTlsPair(from, o.clock, hostname);
      server.setSecureContext({ ...profile, key: pair.key, cert: pair.cert });
      return { expiresAtMs: pair.expiresAtMs };
    },
    close,
  });
}
