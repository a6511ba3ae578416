import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import request from 'supertest';
import { createStorefront } from '../../examples/storefront/app.js';
import { openKeep } from '../../examples/storefront/keep.js';
import { createLogTail } from '../../examples/storefront/log-tail.js';
import { createLook } from '../../examples/storefront/look.js';
import { createOutbox, type SentMail } from '../../examples/storefront/outbox.js';
import { createTables } from '../../examples/storefront/tables.js';
import { type Clock, systemClock } from '../../src/base/clock.js';
import { issueDevelopmentCertificates } from '../../src/certificates/index.js';
import { fileRootKey, openKeyRing } from '../../src/keys/index.js';
import type { BreachedOptions } from '../../src/passwords/index.js';
import { testDatabase } from '../services/database.js';

const folder = fileURLToPath(new URL('../../examples/storefront', import.meta.url));

export type Agent = ReturnType<typeof request.agent>;

/** A person to register; every test brings its own address. */
export const ada = {
  name: 'Ada Example',
  address: '12 Example Way\nSpringfield, IL 62704',
  phone: '+1 202 555 0142',
  card_number: '4111 1111 1111 1111',
  card_expiry: '09/29',
  password: 'seven quiet herons by the weir',
};

export interface TestShop {
  readonly origin: string;
  readonly plaintextPort: number;
  /** PEM of the authority that certified it. */
  readonly ca: string;
  readonly database: Awaited<ReturnType<typeof testDatabase>>['database'];
  /** Every line the server logged, as written. */
  readonly log: string[];
  readonly clock: Clock & { ms: number };
  mails(): readonly SentMail[];
  /** A browser of its own: keeps cookies, asks for pages. */
  browser(): Agent;
  /** A program: keeps cookies, asks for JSON. */
  program(): Agent;
  /** The code of the last mail to that address. */
  codeFor(email: string): string;
  /** Registers, confirms, and gives back the signed-in agent. */
  member(email: string, more?: Partial<typeof ada>): Promise<Agent>;
  close(): Promise<void>;
}

/** The storefront as it is, over TLS on loopback, on a database of its own; only waiting and hashing are made short. */
export async function openShop({
  development = true,
  breached,
}: {
  readonly development?: boolean;
  readonly breached?: BreachedOptions;
} = {}): Promise<TestShop> {
  const data = mkdtempSync(join(tmpdir(), 'safekeep-shop-'));
  const [port, plaintextPort] = await Promise.all([freePort(), freePort()]);
  const origin = `https://localhost:${port}`;
  const test = await testDatabase();
  await createTables(test.database);
  const root = fileRootKey(join(data, 'root.key'), { create: true });
  const keys = await openKeyRing({ root, path: join(data, 'keys.json'), create: true });
  const tls = await issueDevelopmentCertificates({ directory: join(data, 'tls'), hosts: ['localhost'] });
  const log: string[] = [];
  const tail = createLogTail((line) => log.push(line));
  const outbox = createOutbox();
  const clock = {
    ms: Date.now(),
    nowMs: () => clock.ms,
    // The time that passes is the system's; only what it says can be moved on by a test.
    wait: (ms: number) => systemClock.wait(ms),
  };
  const look = createLook(folder, development);
  const keep = await openKeep({
    database: test.database,
    keys,
    origin,
    mode: development ? 'development' : 'production',
    mailer: outbox,
    log: pino({ base: null }, tail),
    errorPage: look.errorPage,
    breached,
    floorMs: 0,
    mailsPerHour: 1000,
    loginLimits: { perAccount: 5, perSubnet: 1000 },
    clock,
  });
  const app = createStorefront({
    keep,
    database: test.database,
    look,
    origin,
    development: development ? { outbox, tail } : undefined,
  });
  await keep.listen(app, { port, key: tls.key, cert: tls.cert });
  await keep.listenPlaintext({ port: plaintextPort });
  const ca = readFileSync(tls.ca, 'utf8');

  function agent(accept: string): Agent {
    return request.agent(origin, { ca }).set('Accept', accept) as Agent;
  }
  function codeFor(email: string): string {
    const mail = outbox.list().find(({ to }) => to === email);
    const code = /\b(?:cnf|rst)_[\w-]+/.exec(mail?.text ?? '')?.[0];
    if (code === undefined) throw new Error('There is no mail with a code.');
    return code;
  }
  const shop: TestShop = {
    origin,
    plaintextPort,
    ca,
    database: test.database,
    log,
    clock,
    mails: () => outbox.list(),
    browser: () => agent('text/html'),
    program: () => agent('application/json'),
    codeFor,
    async member(email, more = {}) {
      const person = { ...ada, ...more };
      const program = agent('application/json');
      await program
        .post('/register')
        .send({ ...person, email })
        .expect(202);
      await program
        .post('/confirm')
        .send({ code: codeFor(email), password: person.password })
        .expect(201);
      return program;
    },
    async close() {
      await keep.close();
      keys.close();
      await test.drop();
      rmSync(data, { recursive: true, force: true });
    },
  };
  return shop;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}
