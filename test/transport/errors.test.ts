import express, { type RequestHandler } from 'express';
import request from 'supertest';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { SafekeepError } from '../../src/base/errors.js';
import { type ErrorsOptions, errors, type FailureReport, notFound } from '../../src/transport/index.js';
import { listening, overTcp, request as raw } from './loopback.js';

const canary = 'hunter2-ada@example.com';
const route = (handler: RequestHandler, options: ErrorsOptions = {}) => {
  const app = express();
  app.use(express.json({ limit: 100 }), express.urlencoded({ extended: false, parameterLimit: 3 }));
  app.all('/fail', handler);
  app.get('/file', (_req, res) => res.sendFile('/no/such/file'));
  app.get('/people/:id', (_req, res) => void res.send('ok'));
  app.use(notFound(), errors(options));
  return app;
};
const failing = (error: unknown, options?: ErrorsOptions) =>
  route(() => {
    throw error;
  }, options);
const send = (type: string, body: string | Buffer, headers: Record<string, string> = {}) =>
  request(failing(new Error())).post('/fail').set('Content-Type', type).set(headers).send(body);

describe('errors', () => {
  it('says nothing of an error that is not ours, whatever it claims', async () => {
    const claims = [
      new Error(canary),
      Object.assign(new Error(canary), { status: 502, expose: true, headers: { 'X-Leak': canary } }),
      Object.assign(new Error(canary), { status: 404, expose: true }),
      Object.assign(new Error(canary), { status: '404' }),
      Object.assign(new Error(canary), { status: 200 }),
      Object.assign(new Error(canary), { type: 'entity.too.large', body: canary }),
      new URIError(canary),
      canary,
      { message: canary },
      null,
      0,
    ];
    const statuses = [];
    for (const error of claims) {
      const json = await request(failing(error)).get('/fail').set('Accept', 'application/json');
      const html = await request(failing(error)).get('/fail').set('Accept', 'text/html');
      for (const res of [json, html]) expect(JSON.stringify([res.headers, res.text])).not.toContain('hunter2');
      expect(html.status).toBe(json.status);
      statuses.push(json.status);
    }
    // Express takes a thrown null or 0 for no error: its next route answers, which is ours.
    expect(statuses).toEqual([500, 500, 404, 500, 500, 413, 400, 500, 500, 404, 404]);
  });

  it('answers problem details to a program and a page to a person', async () => {
    const error = new SafekeepError('ERR_CROSS_ORIGIN');
    const json = await request(failing(error)).get('/fail').set('Accept', 'application/json');
    expect(json.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(json.body).toEqual({
      type: 'about:blank',
      title: 'Forbidden',
      status: 403,
      detail: 'A page of another origin sent this request.',
      reference: expect.stringMatching(/^[2-9A-Z]{4}-[2-9A-Z]{4}$/),
    });
    const html = await request(failing(error)).get('/fail').set('Accept', 'text/html,*/*;q=0.8');
    expect(html.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(html.text).toContain('<h1>A page of another origin sent this request.</h1>');
    expect(html.text).toMatch(/Reference: [2-9A-Z]{4}-[2-9A-Z]{4}/);
    expect(html.headers['cache-control']).toBe('no-store');
  });

  it('tells a program that the server is short of capacity by the type of problem', async () => {
    const error = new SafekeepError('ERR_PASSWORD_BUSY', { retryAfterSeconds: 3 });
    const json = await request(failing(error)).get('/fail').set('Accept', 'application/json');
    expect(json.headers['retry-after']).toBe('3');
    expect(json.body).toEqual({
      type: 'https://iana.org/assignments/http-problem-types#temporary-reduced-capacity',
      title: 'Request cannot be satisfied due to temporary server capacity constraints',
      status: 503,
      detail: 'The server is busy. Please try again shortly.',
      reference: expect.any(String),
    });
  });

  it('gives one sentence for every fault of ours, and hides its code and facts', async () => {
    const res = await request(failing(new SafekeepError('ERR_PROXY_TRUST', { place: 70707 })))
      .get('/fail')
      .set('Accept', 'application/json');
    expect([res.status, res.body.detail]).toEqual([500, 'Something went wrong on our side.']);
    expect(res.text).not.toMatch(/ERR_|proxy|70707/);
  });

  it('tells how long to wait when the error knows', async () => {
    const busy = (retryAfterSeconds: number) =>
      request(failing(new SafekeepError('ERR_PASSWORD_BUSY', { retryAfterSeconds }))).get('/fail');
    const res = await busy(1.2);
    expect([res.status, res.headers['retry-after']]).toEqual([503, '2']);
    for (const odd of [0, -1, Number.NaN, 1e9]) expect((await busy(odd)).headers['retry-after']).toBeUndefined();
  });

  it('answers 404 for what no route answers', async () => {
    const res = await request(failing(new Error())).get(`/${canary}?q=${canary}`).set('Accept', 'text/html');
    expect(res.status).toBe(404);
    expect(res.text).not.toContain('hunter2');
  });

  it('gives the mistakes of a body or a path fixed sentences', async () => {
    const answers = [
      await send('application/json', `{"password":"${canary}`),
      await send('application/json', JSON.stringify({ password: canary.repeat(20) })),
      await send('application/json; charset=klingon', `{"a":"${canary}"}`),
      await send('application/json', `{"a":"${canary}"}`, { 'Content-Encoding': canary }),
      await send('application/x-www-form-urlencoded', `a=1&b=2&c=3&d=${canary}`),
      await request(failing(new Error())).get(`/people/%E0%A4%A${canary}`),
      await request(failing(new Error())).get('/file'),
    ];
    expect(answers.map((res) => res.status)).toEqual([400, 413, 415, 415, 413, 400, 404]);
    for (const res of answers) expect(JSON.stringify([res.headers, res.text])).not.toContain('hunter2');
  });

  it('reports every failure with the reference that the client was given', async () => {
    const reports: FailureReport[] = [];
    const error = new Error(canary);
    const app = failing(error, { onError: (report) => void reports.push(report) });
    const res = await request(app).post('/fail').set('Accept', 'application/json');
    await request(app).get('/none');
    expect(reports).toMatchObject([
      { error, status: 500, method: 'POST', reference: res.body.reference },
      { error: { code: 'ERR_NOT_FOUND' }, status: 404, method: 'GET' },
    ]);
    expect(reports[0]?.reference).not.toBe(reports[1]?.reference);
  });

  it('reports a body or a path that could not be read by its kind, since the parser’s own error quotes it', async () => {
    const reports: FailureReport[] = [];
    const app = failing(new Error(), { onError: (report) => void reports.push(report) });
    const post = (type: string, body: string) => request(app).post('/fail').set('Content-Type', type).send(body);
    await post('application/json', `{"password":"${canary}`);
    await post('application/json', `"${canary}"`);
    await post(`application/json; charset=${canary}`, '{}');
    await request(app).get(`/people/%E0%A4%A${canary}`);
    expect(reports.map(({ status, error }) => [status, (error as SafekeepError).code])).toEqual(
      [400, 400, 415, 400].map((status) => [status, 'ERR_REQUEST_UNREADABLE']),
    );
    const reasons = reports.map(({ error }) => (error as SafekeepError).facts['reason']);
    expect(reasons).toEqual(['entity.parse.failed', 'entity.parse.failed', 'charset.unsupported', 'uri']);
    const told = reports.map(({ error }) => [String(error), (error as Error).stack, JSON.stringify(error)]);
    expect(JSON.stringify(told)).not.toMatch(/hunter2/i);
  });

  it('answers all the same when the log is down or the page cannot be drawn', async () => {
    const broken = () => {
      throw new Error(canary);
    };
    const res = await request(failing(new Error(), { onError: broken, render: broken }))
      .get('/fail')
      .set('Accept', 'text/html');
    expect(res.status).toBe(500);
    expect(res.text).toContain('Something went wrong on our side.');
    expect(res.text).not.toContain('hunter2');
  });

  it('sends the page of a shop in its own look', async () => {
    const render: ErrorsOptions['render'] = async (page) =>
      `<p>${page.status} ${page.title} ${page.reference.length}</p>`;
    const res = await request(failing(new SafekeepError('ERR_NOT_FOUND'), { render }))
      .get('/fail')
      .set('Accept', 'text/html');
    expect(res.text).toBe('<p>404 There is nothing at this address. 9</p>');
  });

  it('drops what the failed handler had said of its body, and keeps the policy', async () => {
    const app = route((_req, res) => {
      res.set({
        'Content-Type': 'application/pdf',
        'Content-Encoding': 'gzip',
        'Content-Disposition': `attachment; filename=${canary}`,
        ETag: '"1"',
        Location: `/${canary}`,
        'Content-Security-Policy': "default-src 'self'",
      });
      throw new Error(canary);
    });
    const res = await request(app).get('/fail').set('Accept', 'text/html');
    expect(res.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(Object.keys(res.headers)).not.toEqual(expect.arrayContaining(['etag']));
    expect(JSON.stringify(res.headers)).not.toContain('hunter2');
    expect(res.headers['content-encoding']).toBeUndefined();
    expect(res.headers['content-security-policy']).toBe("default-src 'self'");
  });

  it('allows nothing when it failed before any header was set', async () => {
    const res = await request(failing(new Error())).get('/fail');
    expect(res.headers['content-security-policy']).toMatch(/^default-src 'none'/);
    expect(res.headers['x-powered-by']).toBeUndefined();
  });

  it('cuts off an answer that had begun, so that it does not look whole, and leaves Express nothing to log', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {});
    onTestFinished(() => logged.mockRestore());
    const app = route((_req, res) => {
      res.write('half');
      throw new Error(canary);
    });
    app.set('env', 'production');
    const answer = await overTcp(await listening(app), raw('GET /fail'));
    expect(answer.body).not.toContain('0\r\n\r\n');
    expect(answer.bytes).not.toContain('hunter2');
    expect(logged).not.toHaveBeenCalled();
  });

  it('ends the connection when the body of the failed request is still to come', async () => {
    const port = await listening(failing(new Error()));
    const head = `POST /fail HTTP/1.1\r\nHost: shop.example\r\nContent-Type: text/plain\r\nContent-Length: 1000000\r\n\r\n`;
    for (let round = 0; round < 5; round += 1) {
      const answer = await overTcp(port, [head, ' '.repeat(1_000_000)]);
      expect([answer.status, answer.headers.get('connection')]).toEqual([500, 'close']);
    }
  });
});
