import { Writable } from 'node:stream';
import { type LoggerOptions, pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/base/secret.js';
import { createRedactor, redactPino } from '../../src/redaction/index.js';

const mail = 'ada@example.com';
const fixed: LoggerOptions = { base: { pid: 7, hostname: 'shop' }, timestamp: () => ',"time":1' };

function captured(options: LoggerOptions = {}) {
  const lines: string[] = [];
  const log = pino({ ...fixed, ...options }, { write: (line: string) => void lines.push(line) });
  return { log, lines };
}
function guarded(options: LoggerOptions = {}) {
  const { log, lines } = captured(options);
  return { log: redactPino(log, createRedactor()), lines };
}

describe('redactPino', () => {
  it('redacts object, message, arguments and errors in every line', () => {
    const { log, lines } = guarded();
    log.info({ user: { email: mail, newPassword: 'hunter2' }, card: 4111111111111111 }, 'paid by %s with %o', mail, {
      pin: 1234,
    });
    log.error(new Error(`no ${mail}`));
    log.warn({ err: Object.assign(new Error('x'), { token: 'abc' }) });
    log.info(`plain ${mail}`);
    log.info('%j', { body: Buffer.from(mail) });
    expect(JSON.parse(lines[4] ?? '')).toMatchObject({ msg: '{"body":"[Buffer 15 bytes]"}' });
    log.info({ a: new Secret(mail, 'user.contact.email') }, '%j', { b: new Secret(mail, 'user.contact.email') });
    const all = lines.join('');
    expect(all).not.toMatch(/ada@|hunter2|4111111111111111|1234|"abc"/);
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      level: 30,
      time: 1,
      pid: 7,
      hostname: 'shop',
      user: { email: '***@example.com', newPassword: '[password]' },
      card: '[card 1111]',
      msg: 'paid by ***@example.com with {"pin":"[pin]"}',
    });
    expect(JSON.parse(lines[1] ?? '')).toMatchObject({
      err: { type: 'Error', message: 'no ***@example.com' },
      msg: 'no ***@example.com',
    });
    expect(JSON.parse(lines[5] ?? '')).toMatchObject({
      a: '[user.contact.email]',
      msg: '{"b":"[user.contact.email]"}',
    });
  });

  it('redacts the bindings of the logger, of children and of their children, made before or after', () => {
    const { log: bare, lines } = captured({ base: { pid: 7, owner: mail } });
    const before = bare.child({ login: mail });
    const log = redactPino(bare, createRedactor());
    before.info('before');
    const child = log.child({ email: mail, req: { headers: { authorization: 'Basic x' } }, body: Buffer.from(mail) });
    child.child({ a: `to ${mail}`, a2: 1 }, { msgPrefix: `[${mail}] ` }).info('after');
    child.setBindings({ token: 'abc' });
    child.info('set');
    bare.info('the same logger');
    expect(lines.join('')).not.toMatch(/ada@|Basic x|"abc"|\d+,\d+,\d+/);
    expect(JSON.parse(lines[1] ?? '')).toMatchObject({
      email: '***@example.com',
      req: { headers: { authorization: '[credential]' } },
      body: '[Buffer 15 bytes]',
      a: 'to ***@example.com',
      a2: 1,
      msg: '[***@example.com] after',
    });
    expect(log).toBe(bare);
  });

  it('redacts what serializers, mixins, formatters and custom keys give', () => {
    const { log, lines } = guarded({
      serializers: { user: () => ({ email: mail, id: 3 }), msg: (text: string) => `${text} ${mail}` },
      mixin: () => ({ who: mail }),
      formatters: {
        log: (object) => ({ ...object, added: mail }),
        bindings: (bindings) => ({ ...bindings, bound: mail }),
      },
      messageKey: 'msg',
      errorKey: 'failure',
    });
    log.info({ user: 1 }, 'x');
    log.error(new Error(mail));
    expect(lines.join('')).not.toContain('ada@');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      who: '***@example.com',
      user: { id: 3 },
      added: '***@example.com',
      msg: 'x ***@example.com',
    });
    expect(JSON.parse(lines[1] ?? '')).toMatchObject({ failure: { message: '***@example.com' } });
  });

  it("works beside pino's own redact option, nested keys, hooks and child options", () => {
    const { log, lines } = guarded({
      redact: ['user.secretish'],
      nestedKey: 'payload',
      hooks: {
        logMethod(args, method) {
          method.apply(this, args);
        },
        streamWrite: (line) => line.replace('level', 'severity'),
      },
    });
    log
      .child({ b: mail }, { serializers: { email: () => mail }, redact: ['x.y'] })
      .info({ email: 1, x: { y: 2, z: mail } }, mail);
    log.info({ user: { secretish: 1, n: 2, email: mail } });
    expect(lines.join('')).not.toContain('ada@');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ severity: 30, payload: { x: { y: '[Redacted]' } } });
    expect(JSON.parse(lines[1] ?? '')).toMatchObject({ payload: { user: { secretish: '[Redacted]', n: 2 } } });
  });

  it('never throws for what makes pino throw or lose the line', () => {
    const { log, lines } = guarded({
      serializers: {
        bad: () => {
          throw new Error(mail);
        },
      },
    });
    const frozen = Object.freeze(new Error(`frozen ${mail}`));
    const throwing = {
      get x() {
        throw new Error(mail);
      },
    };
    log.info({ bad: { n: 1 } });
    log.info(throwing);
    log.info(
      new Proxy(
        {},
        {
          ownKeys: () => {
            throw new Error(mail);
          },
        },
      ),
    );
    log.error(frozen);
    log.info({ ctx: new URL('https://shop.example/?token=abc'), p: new URLSearchParams('a=1'), b: Buffer.from('x') });
    expect(lines).toHaveLength(5);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ bad: { n: 1 } });
    expect(JSON.parse(lines[1] ?? '')).toMatchObject({ x: '[Unreadable]' });
    expect(JSON.parse(lines[3] ?? '')).toMatchObject({ err: { message: 'frozen ***@example.com' } });
    expect(JSON.parse(lines[4] ?? '')).toMatchObject({
      ctx: 'https://shop.example/?token=[token]',
      b: '[Buffer 1 bytes]',
    });
  });

  const clean: readonly (readonly [unknown, ...unknown[]])[] = [
    ['hello'],
    ['%s is %d of %j', 'x', 5, { a: 1 }],
    [
      {
        a: 1,
        b: 'two "quoted" \\ \n',
        c: [1, null, undefined, { d: true }],
        e: undefined,
        f: () => 1,
        g: Number.NaN,
        h: null,
      },
      'done',
    ],
    [
      {
        at: new Date(5),
        big: 12345678901234567890n,
        nested: { at: new Date(5), n: -0, u: undefined, i: Number.POSITIVE_INFINITY },
      },
    ],
    [
      {
        id: '550e8400-e29b-41d4-a716-446655440000',
        commit: '9fceb02d0ae598e95dc970b74767f19372d61af8',
        price: '129.90',
        ms: 1700000000000,
      },
    ],
    [{ msg: 'in the object' }],
    [{ s: 'é 😀 日本語', long: 'word '.repeat(60), toJSON: () => 1 }, 'x'],
    [{ sym: Symbol('x'), n: { toJSON: () => ({ v: 1 }) } }],
    [null, 'null'],
    [undefined, 'undefined'],
    [{}],
    [7],
    [true, 'x'],
  ];
  const configurations: readonly LoggerOptions[] = [
    {},
    { base: null, timestamp: false },
    { nestedKey: 'payload' },
    { crlf: true, messageKey: 'message' },
    { formatters: { level: (label) => ({ level: label }) }, name: 'shop' },
    { mixin: () => ({ m: 1 }), serializers: { a: (value: unknown) => ({ value }) } },
    { customLevels: { audit: 35 }, msgPrefix: 'p ' },
  ];
  it.each(configurations)('writes clean lines byte for byte as pino does with %j', (options) => {
    const ours = guarded(options);
    const theirs = captured(options);
    for (const { log } of [ours, theirs]) {
      const child = log.child({ req: 'r1', n: { deep: [1, 'x'] } }).child({ req: 'r2' });
      for (const args of clean) {
        (log.info as (...args: unknown[]) => void)(...args);
        (child.warn as (...args: unknown[]) => void)(...args);
      }
    }
    expect(ours.lines).toEqual(theirs.lines);
    expect(ours.lines).toHaveLength(clean.length * 2);
  });

  it('writes an error without personal data as pino does', () => {
    const error = Object.assign(new Error('no stock', { cause: new Error('deeper') }), { code: 'E1' });
    const ours = guarded();
    const theirs = captured();
    for (const { log } of [ours, theirs]) {
      log.error(error);
      log.error({ err: error, other: 1 }, 'said');
    }
    expect(ours.lines).toEqual(theirs.lines);
  });

  it('keeps levels: what is silent stays silent', () => {
    const { log, lines } = guarded({ level: 'warn' });
    log.info(mail);
    log.level = 'debug';
    log.debug(mail);
    expect(lines).toHaveLength(1);
  });

  it('writes to streams that take metadata and to multistream', () => {
    const lines: string[] = [];
    const stream = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        lines.push(chunk.toString());
        done();
      },
    });
    redactPino(pino(fixed, pino.multistream([{ stream }])), createRedactor()).info({ email: mail }, mail);
    expect(lines.join('')).not.toContain('ada@');
    expect(lines).toHaveLength(1);
  });

  it('falls back to the stream hook when the line writer is not where it was, and still redacts', () => {
    const { log, lines } = captured({ hooks: { streamWrite: (line) => line.replace('"pid":7', '"pid":8') } });
    const { asJsonSym, writeSym } = pino.symbols;
    const own = Reflect.get(log, writeSym) as (...args: unknown[]) => void;
    const original: unknown = Reflect.get(log, asJsonSym);
    // A pino whose write() calls its own line writer and not the one on the logger.
    Reflect.set(log, writeSym, function (this: object, ...args: unknown[]) {
      const view = Object.create(this) as object;
      Reflect.set(view, asJsonSym, original);
      own.apply(view, args);
    });
    redactPino(log, createRedactor());
    log.child({ b: mail }).info({ password: 'hunter2' }, mail);
    expect(lines).toEqual([
      '{"level":30,"time":1,"pid":8,"hostname":"shop","b":"***@example.com","password":"[password]","msg":"***@example.com"}\n',
    ]);
  });

  it('falls back when a symbol is missing, and rewrites lines that are no JSON', () => {
    const lines: string[] = [];
    const hooks = Symbol.for('pino.hooks');
    const logger = {
      [hooks]: {} as { streamWrite?: (line: string) => string },
      child: () => logger,
      info(line: string) {
        lines.push(this[hooks].streamWrite?.(line) ?? line);
      },
    };
    redactPino(logger, createRedactor()).info(`to ${mail}\n`);
    expect(lines).toEqual(['to ***@example.com\n']);
  });

  it('refuses what is no pino logger, and a redactor that is not ours', () => {
    const refused = (code: string) => expect.objectContaining({ code });
    expect(() => redactPino({ child: () => 1, info: () => undefined }, createRedactor())).toThrow(
      refused('ERR_LOGGER_UNSUPPORTED'),
    );
    expect(() => redactPino(null as never, createRedactor())).toThrow(refused('ERR_LOGGER_UNSUPPORTED'));
    expect(() => redactPino(captured().log, { ...createRedactor() })).toThrow(refused('ERR_REDACTOR_FOREIGN'));
  });

  it('counts nothing by being set up', () => {
    const redactor = createRedactor();
    redactPino(captured().log, redactor);
    expect(redactor.counters()).toEqual({});
  });
});
