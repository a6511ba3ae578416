import { type IncomingMessage, ServerResponse } from 'node:http';
import express, { type RequestHandler } from 'express';
import morgan from 'morgan';
import { pino } from 'pino';
import { pinoHttp } from 'pino-http';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { createProxies } from '../../../src/http/index.js';
import {
  createRedactor,
  type EdgeOptions,
  edgeFields,
  morganEdge,
  pinoHttpEdge,
  redactMorgan,
  redactPino,
} from '../../../src/redaction/index.js';

const redactor = createRedactor();
const listed: EdgeOptions = { headers: ['User-Agent', 'constructor'], query: ['page', 'tag'], cookies: ['theme'] };
const path = '/orders/4711?page=2&tag=a&tag=ada%40example.com&token=rst_abcdef&note=hunter2';

function sink() {
  const lines: string[] = [];
  return { lines, write: (line: string) => void lines.push(line) };
}

/** What one request with much in it prints through a middleware. */
async function linesOf(middleware: RequestHandler, out: { readonly lines: string[] }, fails = false) {
  const app = express();
  app.use(middleware);
  app.get('/orders/:id', (_req, res) => {
    res.setHeader('set-cookie', 'session=abcdef');
    if (fails) throw new Error('no ada@example.com');
    res.json({});
  });
  app.use(((_error, _req, res, _next) => void res.status(500).end()) satisfies express.ErrorRequestHandler);
  await request(app)
    .get(path)
    .set({ 'user-agent': 'curl/8', authorization: 'Bearer abc.def', 'x-secret-thing': 'hunter2' })
    .set('cookie', 'theme=dark; __Host-session=hunter2; other=hunter2');
  await expect.poll(() => out.lines.length, { interval: 1 }).toBeGreaterThan(0);
  await new Promise((resolve) => setImmediate(resolve));
  return out.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

const hidden = /hunter2|4711|rst_|abc\.def|ada@|abcdef|x-secret/;
const shown = {
  method: 'GET',
  route: '/orders/:id',
  headers: { 'user-agent': 'curl/8' },
  query: { page: '2', tag: ['a', '***@example.com'] },
  cookieValues: { theme: 'dark' },
};

describe('the edge', () => {
  it('prints one object for each response of pino-http, of listed names alone', async () => {
    const out = sink();
    const logger = redactPino(pino({ base: null, timestamp: false }, out), redactor);
    const lines = await linesOf(pinoHttp({ logger, ...pinoHttpEdge(listed) }), out);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ ...shown, status: 200, ms: expect.any(Number) as number });
    expect(lines[0]?.['headers']).toEqual(shown.headers);
    expect(lines[0]).not.toHaveProperty('req');
    expect(out.lines.join('')).not.toMatch(hidden);
  });

  it('prints a failed one once as well, with its error', async () => {
    const out = sink();
    const logger = redactPino(pino({ base: null, timestamp: false }, out), redactor);
    const lines = await linesOf(pinoHttp({ logger, ...pinoHttpEdge(listed) }), out, true);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ ...shown, status: 500, err: { type: 'Error' } });
    expect(out.lines.join('')).not.toMatch(hidden);
  });

  it('prints requests in lines of the application by method and status', async () => {
    const out = sink();
    const logger = redactPino(pino({ base: null, timestamp: false }, out), redactor);
    const handler = pinoHttp({ logger, ...pinoHttpEdge() });
    const app: RequestHandler = (req, res, next) => {
      handler(req, res);
      req.log.info({ req, res }, 'asked');
      next();
    };
    const [line] = await linesOf(app, out);
    expect(line).toMatchObject({ req: { method: 'GET' }, res: { status: 200 } });
    expect(out.lines.join('')).not.toMatch(hidden);
  });

  it('prints one object for each response of morgan', async () => {
    const out = sink();
    const lines = await linesOf(redactMorgan(morgan, redactor)(morganEdge(listed), { stream: out }), out);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ ...shown, status: 200, ms: expect.any(Number) as number });
    expect(out.lines.join('')).not.toMatch(hidden);
  });

  it('prints nothing of headers, query and cookies unless they are listed', async () => {
    const out = sink();
    const [line] = await linesOf(redactMorgan(morgan, redactor)(morganEdge(), { stream: out }), out);
    expect(Object.keys(line ?? {}).sort()).toEqual(['method', 'ms', 'route', 'status']);
  });

  it('takes the address of the client from the proxies it is given, and its redactor cuts it', () => {
    const req = { method: 'GET', url: '/', headers: {}, socket: { remoteAddress: '203.0.113.9' } };
    const res = new ServerResponse(req as unknown as IncomingMessage);
    const fields = edgeFields({ proxies: createProxies() })(req as unknown as IncomingMessage, res);
    expect(redactor.value(fields)).toEqual({
      method: 'GET',
      route: '(no route)',
      status: 200,
      client: '203.0.113.0/24',
    });
  });

  it.each<[string, EdgeOptions]>([
    ['a header', { headers: ['Authorization'] }],
    ['a header of another kind', { headers: ['X-Api-Key'] }],
    ['all cookies', { headers: ['cookie'] }],
    ['a parameter', { query: ['token'] }],
    ['a parameter that is one only there', { query: ['code'] }],
    ['a session', { cookies: ['__Host-session'] }],
    ['a session by another name', { cookies: ['connect.sid'] }],
    ['no list', { query: 'page' as unknown as readonly string[] }],
  ])('refuses a list with the name of a credential: %s', (_what, options) => {
    expect(() => edgeFields(options)).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID' }));
  });

  it('takes no more of one parameter than a line needs', () => {
    const req = { method: 'GET', url: `/?${'tag=x&'.repeat(500)}`, headers: {} } as unknown as IncomingMessage;
    const { query } = edgeFields({ query: ['tag'] })(req, new ServerResponse(req));
    expect(query?.['tag']).toHaveLength(20);
  });
});
