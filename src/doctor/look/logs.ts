import { randomBytes } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { symbolsOf } from '../../redaction/pino-line.js';
import { exchange } from '../probe/exchange.js';
import { request } from '../probe/requests.js';
import type { LogView } from '../subject.js';
import { overLoopback } from './application.js';

/** As much of a logger as is asked of it. */
export interface LogsLines {
  info(...args: unknown[]): void;
}

/** What is planted, and what a line must not hold afterwards. Random, so that it stands nowhere else. */
function canaries() {
  const random = (bytes: number): string => randomBytes(bytes).toString('base64url').replace(/[-_]/g, 'x');
  return {
    email: `canary.${random(6).toLowerCase()}@example.com`,
    // A test number of the card schemes.
    card: '4111111111111111',
    password: `Canary-${random(12)}`,
    token: `canary${random(24)}7`,
    session: `canary${random(18)}8`,
  };
}

/**
 * Plants values and looks at what comes out: through the logger, and by a request that brings them, as customers do.
 * The sink is pino's own stream, and what the process writes to its standard output and error meanwhile. None of it
 * goes further: a log in use keeps no trace of the examination.
 * @returns undefined where nothing was written and there is no logger to blame
 */
export async function lookAtLogs(
  parts: {
    readonly log?: LogsLines | undefined;
    readonly app?: RequestListener | undefined;
    readonly origin?: string | undefined;
  },
  limitMs: number,
): Promise<LogView | undefined> {
  const { log, app, origin } = parts;
  const planted = canaries();
  const lines: string[] = [];
  const restore = listen(log, (line) => lines.push(line));
  try {
    if (log !== undefined) plantInLog(log, planted);
    if (app !== undefined && origin !== undefined) await plantInRequests(app, origin, planted, limitMs);
    // Access logs are written when the answer has left.
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    restore();
  }
  if (lines.length === 0 && log === undefined) return undefined;
  const all = lines.join('\n');
  const names: Readonly<Record<keyof typeof planted, string>> = {
    email: 'an e-mail address',
    card: 'a card number',
    password: 'a password',
    token: 'a bearer token',
    session: 'a session’s cookie',
  };
  const leaked = (Object.keys(planted) as (keyof typeof planted)[]).filter((name) => {
    const value = planted[name];
    return all.includes(value) || all.includes(encodeURIComponent(value));
  });
  return { lines: lines.length, leaked: leaked.map((name) => names[name]) };
}

type Planted = ReturnType<typeof canaries>;

function plantInLog(log: LogsLines, { email, card, password, token, session }: Planted): void {
  const req = { headers: { authorization: `Bearer ${token}`, cookie: `sid=${session}` } };
  log.info(
    { customer: { email, contact: [email] }, password, nested: { deep: { newPassword: password } }, req },
    'safekeep doctor',
  );
  log.info(`safekeep doctor: ${email} paid with ${card}, password=${password}`);
  log.info({ err: new Error(`no such customer: ${email}`) }, 'safekeep doctor');
}

async function plantInRequests(app: RequestListener, origin: string, planted: Planted, limitMs: number): Promise<void> {
  const { host } = new URL(origin);
  const query = `email=${encodeURIComponent(planted.email)}&token=${planted.token}`;
  const headers = [
    ['Authorization', `Bearer ${planted.token}`],
    ['Cookie', `sid=${planted.session}; __Host-session=${planted.session}`],
    ['Content-Type', 'application/json'],
  ] as const;
  const body = JSON.stringify({ email: planted.email, password: planted.password, card_number: planted.card });
  await overLoopback(app, async (target) => {
    const path = `/safekeep-doctor?${query}`;
    await exchange(target, request('GET', path, host, headers), limitMs);
    await exchange(target, request('POST', path, host, headers, body), limitMs);
  });
}

/** Stands in for the sinks, until it is told to give them back. */
function listen(log: LogsLines | undefined, hear: (line: string) => void): () => void {
  const symbols = log === undefined ? undefined : symbolsOf(log);
  const stream: unknown = log === undefined || symbols === undefined ? undefined : Reflect.get(log, symbols.stream);
  const undo = [process.stdout, process.stderr, stream].filter(isSink).map((sink) => {
    const write: unknown = sink.write;
    Reflect.set(sink, 'write', function heard(...args: readonly unknown[]): unknown {
      hear(String(args[0]));
      const done = args.at(-1);
      if (typeof done === 'function') setImmediate(done as () => void);
      return true;
    });
    return () => Reflect.set(sink, 'write', write);
  });
  return () => {
    for (const each of undo) each();
  };
}

function isSink(value: unknown): value is object & { readonly write: unknown } {
  return typeof (value as { readonly write?: unknown } | null | undefined)?.write === 'function';
}
