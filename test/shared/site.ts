import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import request from 'supertest';
import { createLogTail } from '../../examples/shared/log-tail.js';
import { createLook } from '../../examples/shared/look.js';
import { createOutbox, type SentMail } from '../../examples/shared/outbox.js';
import type { ServerOf, SiteParts } from '../../examples/shared/start.js';
import { type Clock, systemClock } from '../../src/base/clock.js';
import { issueDevelopmentCertificates } from '../../src/certificates/index.js';
import { fileRootKey, openKeyRing } from '../../src/keys/index.js';
import type { Counters } from '../../src/limits/index.js';
import type { BreachedOptions } from '../../src/passwords/index.js';
import { testDatabase } from '../services/database.js';
import { freePort } from './server.js';

export type Agent = ReturnType<typeof request.agent>;

export interface TestSite {
  readonly origin: string;
  readonly plaintextPort: number;
  /** PEM of the authority that certified it. */
  readonly ca: string;
  /** What the application was made from. */
  readonly parts: SiteParts;
  readonly tls: { readonly key: string; readonly cert: string };
  readonly database: Awaited<ReturnType<typeof testDatabase>>['database'];
  /** Every line the server logged, as written. */
  readonly log: string[];
  readonly clock: Clock & { ms: number };
  /** A folder that is gone after the test. */
  readonly folder: string;
  mails(): readonly SentMail[];
  /** A browser of its own: keeps cookies, asks for pages. */
  browser(): Agent;
  /** A program: keeps cookies, asks for JSON. */
  program(): Agent;
  /** The code of the last mail to that address. */
  codeFor(email: string): string;
  /** Registers and confirms, and gives back the signed-in agent. */
  join(person: { readonly email: string; readonly password: string }): Promise<Agent>;
  close(): Promise<void>;
}

export interface SiteOptions {
  readonly development?: boolean;
  readonly breached?: BreachedOptions;
  readonly counters?: Counters;
}

/** A server as it is, over TLS on loopback, on a database of its own; only waiting and hashing are made short. */
export async function openSite(
  server: ServerOf,
  { development = true, breached, counters }: SiteOptions = {},
): Promise<TestSite> {
  const data = mkdtempSync(join(tmpdir(), 'safekeep-site-'));
  const [port, plaintextPort] = await Promise.all([freePort(), freePort()]);
  const origin = `https://localhost:${port}`;
  const test = await testDatabase();
  const { database } = test;
  await server.createTables(database);
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
  const look = createLook(server.look, development);
  const keep = await server.openKeep({
    database,
    keys,
    origin,
    mode: development ? 'development' : 'production',
    mailer: outbox,
    log: pino({ base: null }, tail),
    errorPage: look.errorPage,
    breached,
    counters,
    floorMs: 0,
    mailsPerHour: 1000,
    loginLimits: { perAccount: 5, perSubnet: 1000 },
    clock,
  });
  const parts = {
    keep,
    database,
    look,
    origin,
    nowMs: clock.nowMs,
    development: development ? { outbox, tail } : undefined,
  };
  const app = server.createApp(parts);
  await keep.listen(app, { port, key: tls.key, cert: tls.cert });
  await keep.listenPlaintext({ port: plaintextPort });
  const ca = readFileSync(tls.ca, 'utf8');

  function agent(accept: string): Agent {
    return request.agent(origin, { ca }).set('Accept', accept) as Agent;
  }
  function codeFor(email: string): string {
    const mail = outbox.list().find(({ to }) => to === email);
    const code = /\b(?:cnf|rst|chg|und)_[\w-]+/.exec(mail?.text ?? '')?.[0];
    if (code === undefined) throw new Error('There is no mail with a code.');
    return code;
  }
  return {
    origin,
    plaintextPort,
    ca,
    parts,
    tls,
    database,
    log,
    clock,
    folder: data,
    mails: () => outbox.list(),
    browser: () => agent('text/html'),
    program: () => agent('application/json'),
    codeFor,
    async join(person) {
      const program = agent('application/json');
      await program.post('/register').send(person).expect(202);
      await program
        .post('/confirm')
        .send({ code: codeFor(person.email), password: person.password })
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
}
