import type { IncomingMessage, Server } from 'node:http';
import { duplexPair } from 'node:stream';
import express from 'express';
import { expect } from 'vitest';
import { createTlsServer, cspReports } from '../../src/transport/index.js';
import { answersIn } from './answers.js';
import { developmentPair } from './loopback.js';
import { canary, malformed } from './malformed.js';
import { headerFaults } from './plaintext-matrix.js';
import { wholeStack } from './whole-stack.js';

/** What no client should ever read: our words for ourselves, a stack, a file, what it sent. */
const internals =
  /node_modules|node:|\.[cm]?[jt]s:\d|\bat \w+ \(|ERR_|HPE_|[a-z]Error\b|ECONN|undefined|\[object|evil\.test/i;

function application() {
  const routes = express.Router();
  routes.post('/csp-reports', ...cspReports({ onReport: () => {} }));
  routes.get('/people/:id', (req, res) => {
    res.cookie('seen', 'yes', { secure: true, httpOnly: true, sameSite: 'lax' });
    res.json({ ok: req.params['id'] !== undefined });
  });
  routes.use('/form', (req, res) => {
    // What careless code does with a body: what the guards let through must not turn into a prototype.
    const copy: Record<string, unknown> = { ...(req.body as object | undefined), ...req.query };
    res.cookie('form', String(Object.keys(copy).length));
    res.status(200).send('taken');
  });
  routes.get(['/', '/smuggled'], (_req, res) => void res.send('<!doctype html><title>shop</title>'));
  return wholeStack({ origin: 'https://shop.test', routes });
}

/** What a server is at: requests that are not answered yet. */
function workOf(server: Server): ReadonlySet<IncomingMessage> {
  const open = new Set<IncomingMessage>();
  server.prependListener('request', (req, res) => {
    open.add(req);
    res.once('close', () => open.delete(req));
  });
  return open;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * The bytes a server sends back until it ends the connection. The client ends its side when nothing more comes and
 * what is still open waits for more of the request: to a client that is gone node:http owes no answer.
 */
async function sent(server: Server, open: ReadonlySet<IncomingMessage>, bytes: string): Promise<string> {
  const [near, far] = duplexPair();
  Object.assign(far, { remoteAddress: '203.0.113.7', encrypted: true });
  server.emit('secureConnection', far);
  let text = '';
  let over = false;
  let quiet = 0;
  near.setEncoding('latin1');
  near.on('data', (part: string) => {
    text += part;
    quiet = 0;
  });
  const ended = (): void => {
    over = true;
  };
  near.once('end', ended).once('error', ended);
  far.once('close', ended);
  near.write(bytes, 'latin1');
  for (; !over && quiet < 12; quiet += 1) {
    await turn();
    if ([...open].some((req) => req.complete)) quiet = 0;
  }
  near.end();
  // Long enough for what lingers on purpose, and then it is no server's manner to keep a client.
  for (let turns = 0; !over; turns += 1) {
    if (turns > 200_000)
      throw new Error(
        `${[...open].map((r) => `${r.method} ${r.url} ${r.complete}`)} never ended: ${JSON.stringify([bytes.slice(0, 400), text])}`,
      );
    await turn();
  }
  near.destroy();
  return text;
}

export interface Asked {
  readonly count: number;
  readonly statuses: ReadonlyMap<number, number>;
}

/** Sends that many malformed requests to a TLS server behind the whole guard, and looks at every answer. */
export async function askMalformed(seed: number, count: number): Promise<Asked> {
  const pair = await developmentPair();
  const { app, reached, log } = application();
  const { server, close } = createTlsServer(app, { key: pair.key, cert: pair.cert, port: 0, graceMs: 0 });
  const open = workOf(server);
  const trouble: unknown[] = [];
  const onTrouble = (what: unknown): void => void trouble.push(what);
  process.on('unhandledRejection', onTrouble).on('uncaughtException', onTrouble);
  const statuses = new Map<number, number>();
  let asked = 0;
  try {
    for (const one of malformed(seed, count)) {
      asked += 1;
      const before = reached.length;
      const text = await sent(server, open, one.bytes);
      const said = `${one.kind} ${asked}: ${JSON.stringify(one.bytes.slice(0, 300))}`;
      judge(text, said, statuses);
      if (one.ambiguous === true) expect(reached.slice(before), said).not.toContain('GET /smuggled');
    }
    expect(trouble).toEqual([]);
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(log.filter((line) => line.includes(canary))).toEqual([]);
    expect(answersIn(await sent(server, open, 'GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n')).answers[0]?.status).toBe(
      200,
    );
  } finally {
    process.off('unhandledRejection', onTrouble).off('uncaughtException', onTrouble);
    await close();
  }
  return { count: asked, statuses };
}

function judge(text: string, said: string, statuses: Map<number, number>): void {
  const { answers, rest } = answersIn(text);
  expect(rest, said).toBe('');
  expect(answers.length, said).toBeGreaterThan(0);
  for (const answer of answers) {
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    expect(answer.status, said).toBeLessThan(500);
    expect(headerFaults({ ...answer, headers: withoutCookies(answer.headers) }, true), said).toEqual([]);
    expect(answer.bytes, said).not.toMatch(internals);
    expect(answer.bytes, said).not.toContain(canary);
  }
}

function withoutCookies(headers: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...headers].filter(([name]) => name !== 'set-cookie'));
}
