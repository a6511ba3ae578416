import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Application } from 'express';
import { pino } from 'pino';
import { issueDevelopmentCertificates } from 'safekeep/certificates';
import { type Database, embeddedPostgres, postgres } from 'safekeep/database';
import { fileRootKey, openKeyRing } from 'safekeep/keys';
import { greeting } from './greeting.js';
import type { KeepOptions, SiteKeep } from './keep.js';
import { createLogTail } from './log-tail.js';
import { createLook, type Look, type LookOf } from './look.js';
import { createOutbox } from './outbox.js';
import type { Settings } from './settings.js';
import type { DevelopmentParts } from './site.js';
import { createSmtpMailer } from './smtp.js';

/** What an application is made from. */
export interface SiteParts {
  readonly keep: SiteKeep;
  readonly database: Database;
  readonly look: Look;
  readonly origin: string;
  /** The time, for what expires; default the system's. */
  readonly nowMs?: (() => number) | undefined;
  readonly development?: DevelopmentParts | undefined;
}

/** One of the two servers: what of its start is its own. */
export interface ServerOf {
  readonly look: LookOf;
  createTables(database: Database): Promise<void>;
  openKeep(options: KeepOptions): Promise<SiteKeep>;
  createApp(parts: SiteParts): Application;
  /** What else listens; its lines join the greeting, and it is stopped first. */
  also?(
    parts: SiteParts,
    tls: { readonly key: string; readonly cert: string },
  ): Promise<{ readonly lines: readonly string[]; stop(): Promise<void> }>;
}

export interface RunningSite {
  readonly greeting: string;
  /** Finishes the requests in progress, then lets go of ports, database and keys, in that order. */
  stop(): Promise<void>;
}

/** Everything in order: database, keys, tables, toolkit, application, ports. What fails undoes what came before it. */
export async function startSite(settings: Settings, server: ServerOf): Promise<RunningSite> {
  const undo: (() => Promise<void> | void)[] = [];
  async function stop(): Promise<void> {
    for (const step of undo.splice(0).reverse()) await step();
  }
  try {
    return { greeting: await open(), stop };
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }

  async function open(): Promise<string> {
    const { development, dataFolder, host, origin, port, httpPort } = settings;
    const mode = development ? 'development' : 'production';

    const root = fileRootKey(settings.rootKey, { create: settings.createKeys });
    const keys = await openKeyRing({ root, path: join(dataFolder, 'keys.json'), create: settings.createKeys });
    undo.push(() => keys.close());
    const database =
      settings.databaseUrl === undefined
        ? await embeddedPostgres({ directory: join(dataFolder, 'postgres') })
        : postgres(settings.databaseUrl);
    undo.push(() => database.close());
    await server.createTables(database);

    const tls = await certificateOf(settings);
    const look = createLook(server.look, development);
    const smtp = mailerOf(settings, server.look.name);
    const outbox = createOutbox(smtp);
    const tail = createLogTail((line) => process.stdout.write(line));
    const keep = await server.openKeep({
      database,
      keys,
      origin,
      mode,
      proxies: { trusted: settings.proxies },
      mailer: development ? outbox : smtp,
      // The tail is only read in development; in production lines go straight out.
      log: development ? pino({ base: null }, tail) : pino({ base: null }),
      otherHosts: development ? [`127.0.0.1:${port}`, `[::1]:${port}`, `localhost:${port}`] : [],
      errorPage: look.errorPage,
    });
    undo.push(() => keep.close());
    const parts = { keep, database, look, origin, development: development ? { outbox, tail } : undefined };
    const app = server.createApp(parts);
    const more = await server.also?.(parts, tls);
    if (more !== undefined) undo.push(() => more.stop());
    await keep.listen(app, { port, host, key: tls.key, cert: tls.cert });
    await keep.listenPlaintext({ port: httpPort, host });
    return greeting(server.look.name, settings, tls.authority, more?.lines);
  }
}

/** The certificate that was given, or one for this machine from an authority of its own. */
async function certificateOf({ tls, dataFolder, origin }: Settings) {
  if (tls !== undefined) return { ...tls, authority: undefined };
  const hosts = [...new Set([new URL(origin).hostname, 'localhost', '127.0.0.1', '::1'])];
  const issued = await issueDevelopmentCertificates({ directory: join(dataFolder, 'certificates'), hosts });
  return { cert: issued.cert, key: issued.key, authority: { ca: issued.ca, caIssued: issued.caIssued } };
}

function mailerOf({ smtpUrl, smtpCa, origin }: Settings, name: string) {
  if (smtpUrl === undefined) return undefined;
  return createSmtpMailer(smtpUrl, {
    name,
    origin,
    ca: smtpCa === undefined ? undefined : readFileSync(smtpCa, 'utf8'),
  });
}
