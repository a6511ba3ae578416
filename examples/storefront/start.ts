import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { issueDevelopmentCertificates } from 'safekeep/certificates';
import { embeddedPostgres, postgres } from 'safekeep/database';
import { fileRootKey, openKeyRing } from 'safekeep/keys';
import { createStorefront } from './app.js';
import { greeting } from './greeting.js';
import { openKeep } from './keep.js';
import { createLogTail } from './log-tail.js';
import { createLook } from './look.js';
import { createOutbox } from './outbox.js';
import type { Settings } from './settings.js';
import { createSmtpMailer } from './smtp.js';
import { createTables } from './tables.js';

export interface RunningStorefront {
  readonly greeting: string;
  /** Finishes the requests in progress, then lets go of ports, database and keys, in that order. */
  stop(): Promise<void>;
}

/** Everything in order: database, keys, tables, toolkit, application, ports. What fails undoes what came before it. */
export async function start(settings: Settings, folder: string): Promise<RunningStorefront> {
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
    await createTables(database);

    const tls = await certificateOf(settings);
    const look = createLook(folder, development);
    const smtp = mailerOf(settings);
    const outbox = createOutbox(smtp);
    const tail = createLogTail((line) => process.stdout.write(line));
    const keep = await openKeep({
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
    const app = createStorefront({
      keep,
      database,
      look,
      origin,
      development: development ? { outbox, tail } : undefined,
    });
    await keep.listen(app, { port, host, key: tls.key, cert: tls.cert });
    await keep.listenPlaintext({ port: httpPort, host });
    return greeting(settings, tls.authority);
  }
}

/** The certificate that was given, or one for this machine from an authority of its own. */
async function certificateOf({ tls, dataFolder, origin }: Settings) {
  if (tls !== undefined) return { ...tls, authority: undefined };
  const hosts = [...new Set([new URL(origin).hostname, 'localhost', '127.0.0.1', '::1'])];
  const issued = await issueDevelopmentCertificates({ directory: join(dataFolder, 'certificates'), hosts });
  return { cert: issued.cert, key: issued.key, authority: { ca: issued.ca, caIssued: issued.caIssued } };
}

function mailerOf({ smtpUrl, smtpCa, origin }: Settings) {
  if (smtpUrl === undefined) return undefined;
  return createSmtpMailer(smtpUrl, origin, smtpCa === undefined ? undefined : readFileSync(smtpCa, 'utf8'));
}
