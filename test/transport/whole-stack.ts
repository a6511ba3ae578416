import { createServer, type Server } from 'node:http';
import express, { type RequestHandler } from 'express';
import { pino } from 'pino';
import { systemClock } from '../../src/base/clock.js';
import type { Log } from '../../src/base/ports/log.js';
import { accessLog } from '../../src/preset/access-log.js';
import { createRedactor, redactPino } from '../../src/redaction/index.js';
import {
  cookieGuard,
  createProxies,
  crossOriginGuard,
  errors,
  notFound,
  type Proxies,
  secureHeaders,
  type TlsOnlyOptions,
  tlsOnly,
} from '../../src/transport/index.js';

export interface WholeStack {
  readonly app: express.Express;
  /** Every line that was logged. */
  readonly log: string[];
  /** What the application was asked: method and URL. */
  readonly reached: string[];
}

/** An application behind the guard as the preset puts it together, without the preset's database. */
export function wholeStack(
  options: Partial<TlsOnlyOptions> & { readonly routes?: RequestHandler | undefined } = {},
): WholeStack {
  const { routes, proxies = createProxies() as Proxies, origin = 'https://shop.example', ...rest } = options;
  const lines: string[] = [];
  const reached: string[] = [];
  const redacted = redactPino(
    pino({ base: null }, { write: (line: string) => void lines.push(line) }),
    createRedactor(),
  );
  const log = redacted as typeof redacted & Log;
  const app = express();
  app.use(
    accessLog(log, proxies, systemClock),
    secureHeaders({ proxies }),
    tlsOnly({ origin, proxies, ...rest }),
    cookieGuard({ own: ['__Host-sid'] }),
    crossOriginGuard({ origin }),
    express.urlencoded({ extended: true, limit: '8kb' }),
    express.json({ limit: '8kb' }),
    express.text({ limit: '8kb' }),
  );
  app.use((req, _res, next) => {
    reached.push(`${req.method} ${req.url}`);
    next();
  });
  if (routes !== undefined) app.use(routes);
  app.use(
    notFound(),
    errors({
      onError: ({ error, status, reference, method }) => log.warn({ err: error, status, reference, method }, 'refused'),
    }),
  );
  return { app, log: lines, reached };
}

/** A server for it whose connections the test makes itself. */
export function serverOf(app: express.Express): Server {
  return createServer(app);
}
