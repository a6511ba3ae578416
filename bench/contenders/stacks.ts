import { createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import express, { type Express, type RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import session from 'express-session';
import helmet from 'helmet';
import { pino } from 'pino';
import { pinoHttp } from 'pino-http';
import { definePolicy, embeddedPostgres, safekeep } from 'safekeep';
import { issueDevelopmentCertificates } from 'safekeep/certificates';
import { newRing } from './ring.js';

/** Sent to whoever started this process. */
export interface Ready {
  readonly port: number;
  readonly ca: string;
}
export interface Spent {
  readonly microseconds: number;
}

const routes = (app: Express): Express =>
  app.get('/offers/:id', (req, res) => void res.json({ offer: req.params.id, price: 1200 }));
const sink = () => createWriteStream('/dev/null');

const policy = definePolicy({
  application: 'shop',
  purposes: { account: 'contract' },
  tables: {
    customers: {
      row: 'id',
      columns: { email: { is: 'email', for: ['account'], index: 'email' }, password: 'password_hash' },
    },
  },
});

/** The preset as it is: guard, sessions, errors, its own server. */
function ours(accessLog: boolean) {
  return async ({ key, cert, directory, port }: Place): Promise<void> => {
    const database = await embeddedPostgres({ directory: join(directory, 'database') });
    await database.query('create table customers (id uuid primary key, email text, email_index text, password text)');
    const keep = await safekeep({
      policy,
      origin: `https://localhost:${port}`,
      mode: 'production',
      keys: await newRing(),
      database,
      accounts: 'customers',
      log: pino({ base: null }, sink()),
      accessLog: accessLog ? {} : false,
    });
    const app = express().disable('x-powered-by').disable('etag');
    app.use(keep.guard, keep.sessions.middleware);
    routes(app).use(keep.notFound, keep.errors);
    await keep.listen(app, { port, key, cert });
    process.once('disconnect', () => void keep.close().then(() => database.close()));
  };
}

/** What people put together for the same: each package as its own documentation shows it. */
function assembled(accessLog: boolean) {
  return async (place: Place): Promise<void> => {
    const app = express().disable('x-powered-by').disable('etag');
    if (accessLog) {
      const redact = ['req.headers.authorization', 'req.headers.cookie', 'res.headers["set-cookie"]'];
      app.use(pinoHttp({ logger: pino({ base: null, redact }, sink()) }));
    }
    const tlsAndOwnPages: RequestHandler = (req, res, next) => {
      const site = req.headers['sec-fetch-site'];
      const foreign = site !== undefined && site !== 'same-origin' && site !== 'none';
      if (!req.secure || (foreign && req.method !== 'GET' && req.method !== 'HEAD')) return void res.sendStatus(403);
      next();
    };
    app.use(
      tlsAndOwnPages,
      helmet(),
      rateLimit({ windowMs: 60_000, limit: 1_000_000, standardHeaders: 'draft-8', legacyHeaders: false }),
      session({ secret: 'sixteen letters!', resave: false, saveUninitialized: false, cookie: { secure: true } }),
    );
    plain(routes(app), place);
  };
}

interface Place {
  readonly key: string;
  readonly cert: string;
  readonly directory: string;
  readonly port: number;
}

function plain(app: RequestListener, { key, cert, port }: Place): void {
  createServer({ key: readFileSync(key), cert: readFileSync(cert) }, app).listen(port, '127.0.0.1');
}

const contenders: Readonly<Record<string, (place: Place) => Promise<void>>> = {
  'bare Express': async (place) => plain(routes(express().disable('x-powered-by').disable('etag')), place),
  'safekeep, no access log': ours(false),
  'safekeep, redacted access log': ours(true),
  'packages assembled, no access log': assembled(false),
  'packages assembled, redacted access log': assembled(true),
};
export const contenderNames: readonly string[] = Object.keys(contenders);

async function serve(name: string): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'safekeep-bench-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  const { key, cert, ca } = await issueDevelopmentCertificates({ directory, hosts: ['localhost'] });
  const port = await freePort();
  await contenders[name]?.({ key, cert, directory, port });
  let before = process.cpuUsage();
  process.on('message', () => {
    const { user, system } = process.cpuUsage(before);
    before = process.cpuUsage();
    process.send?.({ microseconds: user + system } satisfies Spent);
  });
  process.once('disconnect', () => setTimeout(() => process.exit(), 3000));
  process.send?.({ port, ca: readFileSync(ca, 'utf8') } satisfies Ready);
}

async function freePort(): Promise<number> {
  const { createServer: probe } = await import('node:net');
  return new Promise((resolve) => {
    const server = probe().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

const [, started, name] = process.argv;
if (started !== undefined && name !== undefined && import.meta.url === pathToFileURL(started).href) await serve(name);
