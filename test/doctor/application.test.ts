import { Writable } from 'node:stream';
import express from 'express';
import morgan from 'morgan';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { lookAtApplication } from '../../src/doctor/look/application.js';
import { lookAtLogs } from '../../src/doctor/look/logs.js';
import { lookAtPasswords } from '../../src/doctor/look/passwords.js';
import { createPasswords } from '../../src/passwords/index.js';
import { createRedactor, redactPino } from '../../src/redaction/index.js';
import { errors, secureHeaders, tlsOnly } from '../../src/transport/index.js';

const origin = 'https://shop.example';
const limitMs = 5000;

/** A logger on a sink of its own. */
function logger() {
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  return { lines, log: pino({ base: null }, sink) };
}

describe('the doctor at a stack of middlewares', () => {
  it('reads names, paths and error handlers in their order', () => {
    const app = express();
    app.use(tlsOnly({ origin }), secureHeaders());
    app.get('/login', (_req, res) => void res.end());
    app.use('/assets', express.static('.'));
    app.use(errors());
    expect(lookAtApplication(app)).toMatchObject({
      trustProxy: false,
      layers: [
        { name: 'tlsOnlyMiddleware', handlesErrors: false, path: undefined },
        { name: 'secureHeadersMiddleware', handlesErrors: false, path: undefined },
        { path: '/login' },
        { path: '/assets' },
        { name: 'errorsMiddleware', handlesErrors: true, path: undefined },
      ],
    });
  });
});

describe('the doctor at a log', () => {
  it('sees what a bare pino prints, and keeps it from its sink', async () => {
    const { log, lines } = logger();
    const view = await lookAtLogs({ log }, limitMs);
    expect(view?.leaked).toEqual(
      expect.arrayContaining([
        'an e-mail address',
        'a card number',
        'a password',
        'a bearer token',
        'a session’s cookie',
      ]),
    );
    expect(view?.lines).toBe(3);
    expect(lines).toEqual([]);
    log.info('later');
    expect(lines).toHaveLength(1);
  });

  it('sees nothing come out of a redacted one', async () => {
    const { log } = logger();
    expect(await lookAtLogs({ log: redactPino(log, createRedactor()) }, limitMs)).toEqual({ lines: 3, leaked: [] });
  });

  it('sees that nothing was written at all', async () => {
    expect(await lookAtLogs({ log: pino({ level: 'silent' }) }, limitMs)).toEqual({ lines: 0, leaked: [] });
  });

  it('sees what an access log makes of a request, on the standard output too', async () => {
    const app = express();
    app.use(morgan('combined', { stream: { write: (line) => void process.stdout.write(line) } }));
    const view = await lookAtLogs({ app, origin }, limitMs);
    expect(view?.leaked).toEqual(['an e-mail address', 'a bearer token']);
  });

  it('has nothing to say of an application that logs nothing', async () => {
    const app = express().use((_req, res) => void res.end());
    expect(await lookAtLogs({ app, origin }, limitMs)).toBeUndefined();
  });

  it('gives the standard output back', async () => {
    const before = process.stdout.write;
    await lookAtLogs({ log: logger().log }, limitMs);
    expect(process.stdout.write).toBe(before);
  });
});

describe('the doctor at a hasher of passwords', () => {
  it('reads what ours costs, and that its engine was tried', async () => {
    const view = await lookAtPasswords(createPasswords({ cost: { memoryKiB: 7168, passes: 5 } }));
    expect(view).toMatchObject({
      scheme: 'argon2id',
      memoryKiB: 7168,
      passes: 5,
      engine: { name: 'argon2', isolated: true },
    });
  });

  it.each([
    [
      '$argon2id$v=19$m=4096,t=3,p=1$c2l4dGVlbiBsZXR0ZXJz$c2l4dGVlbiBsZXR0ZXJzIGFuZCBtb3JlIG9mIHRoZW0',
      { scheme: 'argon2id', memoryKiB: 4096, passes: 3 },
    ],
    ['$2b$10$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZabcde', { scheme: 'bcrypt' }],
    ['5f4dcc3b5aa765d61d8327deb882cf99', { scheme: 'an unsalted digest of 128 bits' }],
    ['hunter2', { scheme: 'unknown' }],
  ])('reads what another one makes: %s', async (text, expected) => {
    expect(await lookAtPasswords({ hash: () => text })).toMatchObject(expected);
  });

  it('takes the word of a hash that is sealed, and sees an engine that fails', async () => {
    const broken = {
      hash: () => `sf1.${'A'.repeat(60)}`,
      cost: { memoryKiB: 19456, passes: 2 },
      selfTest: () => Promise.reject(new Error('no such module')),
    };
    expect(await lookAtPasswords(broken)).toEqual({
      scheme: 'argon2id',
      memoryKiB: 19456,
      passes: 2,
      engine: { problem: 'it throws' },
    });
  });
});
