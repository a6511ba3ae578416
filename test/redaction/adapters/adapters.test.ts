import { Writable } from 'node:stream';
import { logs, SeverityNumber } from '@opentelemetry/api-logs';
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import express from 'express';
import morgan from 'morgan';
import { pino } from 'pino';
import { pinoHttp } from 'pino-http';
import { pino as pino9 } from 'pino9';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/base/secret.js';
import {
  createRedactor,
  type Redactor,
  redactLogRecords,
  redactMorgan,
  redactPino,
  redactSink,
} from '../../../src/redaction/index.js';

const redactor = createRedactor();
const copy: Redactor = { ...redactor };
const foreign = expect.objectContaining({ code: 'ERR_REDACTOR_FOREIGN' });
const unsupported = expect.objectContaining({ code: 'ERR_LOGGER_UNSUPPORTED' });
const mail = 'ada@example.com';

/** What the two majors have in common; their own types do not go together. */
interface Log {
  child(bindings: object): Log;
  info(fields: object, message: string, ...args: string[]): void;
  error(error: Error): void;
}

function sink() {
  const lines: string[] = [];
  return { lines, write: (line: string) => void lines.push(line) };
}

describe('redactPino', () => {
  it('guards pino 9 as it guards pino 10', () => {
    const [nine, ten] = [sink(), sink()];
    const options = { base: { pid: 7 }, timestamp: () => ',"time":1' };
    const logs: Log[] = [redactPino(pino9(options, nine), redactor), redactPino(pino(options, ten), redactor)];
    for (const log of logs) {
      log.child({ login: mail }).info({ user: { newPassword: 'hunter2' }, token: 7 }, 'mail to %s', mail);
      log.error(new Error(`no ${mail}`));
    }
    expect(nine.lines).toHaveLength(2);
    expect(nine.lines.join('')).not.toMatch(/ada@|hunter2/);
    expect(nine.lines[0]).toBe(ten.lines[0]);
  });

  it('guards what pino-http logs of a request and its response', async () => {
    const out = sink();
    const app = express();
    app.use(pinoHttp({ logger: redactPino(pino({}, out), redactor), customProps: () => ({ who: mail }) }));
    app.get('/reset', (req, res) => {
      req.log.info({ password: 'hunter2' }, 'asked');
      res.setHeader('set-cookie', 'session=abcdef').end();
    });
    await request(app)
      .get(`/reset?token=s3cr3t&mail=${encodeURIComponent(mail)}`)
      .set('authorization', 'Bearer abc.def.ghi')
      .set('cookie', 'session=xyz');
    expect(out.lines).toHaveLength(2);
    expect(out.lines.join('')).not.toMatch(/ada@|ada%40|hunter2|s3cr3t|abc\.def|session=(xyz|abcdef)/);
  });
});

describe('redactMorgan', () => {
  it('redacts lines of every format, to the stream that was given', async () => {
    const out = sink();
    const app = express();
    const guarded = redactMorgan(morgan, redactor);
    app.use(guarded('combined', { stream: out }));
    app.use(guarded(':method :url :req[x-note]', { stream: out, immediate: true }));
    app.use(guarded((tokens, req, res) => JSON.stringify({ password: tokens['url']?.(req, res) }), { stream: out }));
    app.get('/items', (_req, res) => void res.end('ok'));
    await request(app)
      .get('/items?token=s3cr3t')
      .set('referer', `https://shop.example/?mail=${mail}`)
      .set('x-note', mail);
    expect(out.lines).toHaveLength(3);
    expect(out.lines.join('')).not.toMatch(/ada@|s3cr3t/);
    expect(out.lines.join('')).toContain('{"password":"[password]"}\n');
    expect(out.lines[0]).toBe('GET /items?token=[token] ***@example.com\n');
  });

  it('leaves tokens, formats and compile where they were, and clean lines as they are', async () => {
    const out = sink();
    const guarded = redactMorgan(morgan, redactor);
    expect(guarded.compile).toBe(morgan.compile);
    const app = express().use(guarded(':method :url :status', { stream: out }));
    app.get('/items/17', (_req, res) => void res.end());
    await request(app).get('/items/17');
    expect(out.lines).toEqual(['GET /items/17 200\n']);
  });

  it('refuses what is not morgan, and a redactor that is none of ours', () => {
    expect(() => redactMorgan(morgan('combined') as never, redactor)).toThrow(unsupported);
    expect(() => redactMorgan(morgan, copy)).toThrow(foreign);
  });
});

describe('redactSink', () => {
  it('redacts lines of JSON by their keys, records by their fields, bytes and plain text', () => {
    const got: unknown[] = [];
    const guarded = redactSink({ write: (record: unknown) => got.push(record) }, redactor);
    guarded.write(`{"name":"shop","req":{"headers":{"Authorization":["Basic x"]}},"msg":"${mail}"}\n`);
    const record = { level: 30, err: new Error(mail), secret: new Secret('x', 'user.contact.email') };
    guarded.write(record);
    guarded.write(Buffer.from(`plain ${mail}\n`));
    guarded.write('a\nforged line\n  at run (shop.js:1:2)\n\u001b[31mred\u001b[39m\u001b[8mhidden\n');
    expect(got[0]).toBe('{"name":"shop","req":{"headers":{"Authorization":"[credential]"}},"msg":"***@example.com"}\n');
    expect(got[1]).toMatchObject({ level: 30, err: { message: '***@example.com' } });
    expect(record.err.message).toBe(mail);
    expect(String(got[2])).toBe('plain ***@example.com\n');
    expect(got[3]).toBe('a\\nforged line\n  at run (shop.js:1:2)\\n\u001b[31mred\u001b[39m\\u001b[8mhidden\n');
  });

  it('stays the stream that it guards: back-pressure, callbacks, end, events', async () => {
    const got: string[] = [];
    const real = new Writable({
      highWaterMark: 4,
      decodeStrings: false,
      write: (line: string, _encoding, done) => {
        got.push(line);
        setImmediate(done);
      },
    });
    const guarded = redactSink(real, redactor);
    expect(guarded).toBeInstanceOf(Writable);
    let isCalled = false;
    const hasRoom = guarded.write(mail, () => {
      isCalled = true;
    });
    expect(hasRoom).toBe(false);
    await new Promise<void>((done) => guarded.end(`last ${mail}`, done));
    expect(isCalled).toBe(true);
    expect(got).toEqual(['***@example.com', 'last ***@example.com']);
  });

  it('refuses what cannot be written to, and a redactor that is none of ours', () => {
    expect(() => redactSink({} as never, redactor)).toThrow(unsupported);
    expect(() => redactSink(null as never, redactor)).toThrow(unsupported);
    expect(() => redactSink(sink(), copy)).toThrow(foreign);
  });
});

describe('redactLogRecords', () => {
  function provider(exporter: InMemoryLogRecordExporter) {
    return new LoggerProvider({ processors: [redactLogRecords(redactor), new SimpleLogRecordProcessor({ exporter })] });
  }

  it('redacts body, attributes, their names and the event before they are exported', async () => {
    const exporter = new InMemoryLogRecordExporter();
    const all = provider(exporter);
    const log = all.getLogger('shop');
    const attributes = { 'user.password': 'hunter2', [mail]: 1, nested: { deep: [{ email: mail }] }, count: 3 };
    log.emit({
      severityNumber: SeverityNumber.INFO,
      severityText: 'INFO',
      eventName: `to ${mail}`,
      body: { note: `card 4111 1111 1111 1111`, bytes: new Uint8Array([1, 2]) },
      attributes,
      exception: new Error(`no ${mail}`),
    });
    await all.forceFlush();
    const [record] = exporter.getFinishedLogRecords();
    expect(record?.attributes).toMatchObject({
      'user.password': '[password]',
      '***@example.com': 1,
      nested: { deep: [{ email: '***@example.com' }] },
      count: 3,
      'exception.message': 'no ***@example.com',
    });
    expect(record?.body).toEqual({ note: 'card [card 1111]', bytes: '[Uint8Array 2 bytes]' });
    expect(record?.eventName).toBe('to ***@example.com');
    expect(record?.severityText).toBe('INFO');
    expect(JSON.stringify([record?.attributes, record?.body, record?.eventName])).not.toMatch(/ada@|hunter2|4111 1/);
    expect(attributes[mail]).toBe(1);
    logs.disable();
  });

  it('refuses a redactor that is none of ours', () => {
    expect(() => redactLogRecords(copy)).toThrow(foreign);
  });
});
