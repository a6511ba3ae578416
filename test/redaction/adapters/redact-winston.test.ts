import { describe, expect, it } from 'vitest';
import winston from 'winston';
import Transport from 'winston-transport';
import { Secret } from '../../../src/base/secret.js';
import { createRedactor, type Redactor, redactWinston } from '../../../src/redaction/index.js';

const redactor = createRedactor();
const mail = 'ada@example.com';
const { combine, json, printf, splat, errors, colorize, simple, timestamp } = winston.format;

class Memory extends Transport {
  readonly lines: string[] = [];
  readonly infos: unknown[] = [];
  override log(info: Record<symbol, unknown>, next: () => void): void {
    this.lines.push(String(info[Symbol.for('message')]));
    this.infos.push(info);
    next();
  }
}

function logger(format: winston.Logform.Format, own?: winston.Logform.Format) {
  const out = new Memory(own === undefined ? {} : { format: own });
  const bare = winston.createLogger({ format, transports: [out], defaultMeta: { owner: mail } });
  return { bare, out, log: redactWinston(bare, redactor) };
}

describe('redactWinston', () => {
  it('redacts message, meta, default meta, arguments and errors', () => {
    const { bare, log, out } = logger(combine(errors({ stack: true }), splat(), json()));
    log.info('mail to %s and %j', mail, { password: 'hunter2' }, { token: 's3cr3t' });
    log.info(`card 4111 1111 1111 1111`, {
      user: { newPassword: 'hunter2', n: 3 },
      s: new Secret('x', 'user.contact.email'),
    });
    log.error(new Error(`no ${mail}`));
    log.error({ message: new Error(`wrapped ${mail}`) } as never);
    log.log({ level: 'warn', message: 'object', authorization: 'Basic x' });
    log.error('with', new Error(`meta ${mail}`));
    expect(log).toBe(bare);
    expect(out.lines).toHaveLength(6);
    expect(JSON.stringify([out.lines, out.infos])).not.toMatch(/ada@|hunter2|s3cr3t|4111 1|Basic x/);
    expect(JSON.parse(out.lines[1] ?? '')).toMatchObject({
      level: 'info',
      message: 'card [card 1111]',
      owner: '***@example.com',
      user: { newPassword: '[password]', n: 3 },
      s: '[user.contact.email]',
    });
    expect(JSON.parse(out.lines[2] ?? '')).toMatchObject({ level: 'error', message: 'no ***@example.com' });
    expect(JSON.parse(out.lines[3] ?? '')).toMatchObject({ message: 'wrapped ***@example.com' });
  });

  it('does not change what it was given', () => {
    const { log } = logger(json());
    const meta = { user: { email: mail } };
    log.info('x', meta);
    expect(meta).toEqual({ user: { email: mail } });
  });

  it('redacts what formats add, those of the logger and those of a transport', () => {
    const adds = winston.format((info) => ({ ...info, added: mail }));
    const line = printf((info) => `${info.level} ${info.message} ${String(info['added'])} to ${mail}`);
    const { log, out } = logger(combine(adds(), json()), combine(adds(), line));
    log.info('a\nforged: line');
    expect(out.lines).toEqual(['info a\\nforged: line ***@example.com to ***@example.com']);
    expect(JSON.stringify(out.infos)).not.toContain('ada@');
  });

  it('covers children made before and after, and transports and formats that are set later', () => {
    const { bare, out } = logger(json());
    const before = bare.child({ who: mail });
    redactWinston(bare, redactor);
    before.info('before');
    bare.child({ who: mail }).info('after');
    const late = new Memory({ format: printf(() => `late ${mail}`) });
    bare.add(late);
    bare.info('x');
    const fresh = new Memory({ format: printf(() => `fresh ${mail}`) });
    bare.configure({ transports: [fresh], format: printf(() => `new ${mail}`) });
    bare.info(mail);
    bare.format = printf((info) => `set ${info.message} ${mail}`);
    bare.info(mail);
    const all = [...out.lines, ...late.lines, ...fresh.lines];
    expect(all).toHaveLength(6);
    expect(JSON.stringify([all, out.infos, late.infos, fresh.infos])).not.toContain('ada@');
  });

  it('shows formats redacted values only, arguments among them, and guards a format that is set later', () => {
    const seen: unknown[] = [];
    const spy = winston.format((info) => {
      seen.push(JSON.stringify([info, info[Symbol.for('splat') as never]]));
      return info;
    });
    const { bare, log, out } = logger(combine(spy(), json()));
    log.info('x %s', mail, { password: 'hunter2' });
    bare.format = printf(() => `set ${mail}`);
    log.info('y');
    expect(seen).toHaveLength(1);
    expect(String(seen[0])).not.toMatch(/ada@|hunter2/);
    expect(out.lines[1]).toBe('set ***@example.com');
  });

  it('keeps levels, colours and what a format drops', () => {
    const drops = winston.format((info) => (info['noise'] === true ? false : info));
    const { log, out } = logger(combine(drops(), colorize(), timestamp({ format: () => 'now' }), simple()));
    log.info('dropped', { noise: true });
    log.debug('below the level');
    log.warn('kept');
    expect(out.lines).toEqual(['\u001b[33mwarn\u001b[39m: kept {"owner":"***@example.com","timestamp":"now"}']);
  });

  it('refuses what is no winston logger, and a redactor that is none of ours', () => {
    for (const other of [{}, null, console, { add: () => 0, format: {}, transports: [] }]) {
      expect(() => redactWinston(other as never, redactor)).toThrow(
        expect.objectContaining({ code: 'ERR_LOGGER_UNSUPPORTED' }),
      );
    }
    const copy: Redactor = { ...redactor };
    expect(() => redactWinston(winston.createLogger(), copy)).toThrow(
      expect.objectContaining({ code: 'ERR_REDACTOR_FOREIGN' }),
    );
  });
});
