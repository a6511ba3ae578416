import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/base/secret.js';
import { createRedactor, type Redactor, redactConsole } from '../../../src/redaction/index.js';

const redactor = createRedactor();
const mail = 'ada@example.com';

function guarded() {
  let text = '';
  const out = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  const bare = new Console({ stdout: out, stderr: out, colorMode: false });
  return { bare, log: redactConsole(bare, redactor), text: () => text };
}

describe('redactConsole', () => {
  it('redacts texts, formats, objects, errors and secrets', () => {
    const { bare, log, text } = guarded();
    expect(log).toBe(bare);
    log.log('mail to %s, %d of %o', mail, 3, { password: 'hunter2' });
    log.info({ email: mail, list: [{ token: 's3cr3t' }] }, new Secret('x', 'user.contact.email'));
    log.warn(new Error(`no ${mail}`, { cause: { pin: 1234 } }));
    log.error('password:', 'hunter2');
    log.debug(
      new Map([['token', 's3cr3t']]),
      Buffer.from(mail),
      Object.assign(() => 0, { token: 's3cr3t' }),
    );
    log.log(Symbol(mail), 4111111111111111n, 4111111111111111);
    log.log('100%', '%s');
    expect(text()).not.toMatch(/ada@|hunter2|s3cr3t|1234|41111/);
    const lines = text().split('\n');
    expect(lines[0]).toBe("mail to ***@example.com, 3 of { password: '[password]' }");
    expect(lines[1]).toContain("'[user.contact.email]'".replaceAll("'", ''));
    expect(text()).toContain('Error: no ***@example.com\n    at ');
    expect(text()).toContain('password: [password]');
    expect(text()).toContain('100% %s\n');
  });

  it('redacts the other methods too', () => {
    const { log, text } = guarded();
    log.dir({ email: mail, deep: { password: 'hunter2' } });
    log.dirxml({ email: mail });
    log.table([{ email: mail, n: 1 }]);
    log.table([{ email: mail, n: 1 }], ['email']);
    log.group(mail);
    log.groupEnd();
    log.assert(false, 'token: %s', 's3cr3t');
    log.assert(true, 'silent');
    log.count(mail);
    log.count(mail);
    log.time(mail);
    log.timeLog(mail, { password: 'hunter2' });
    log.timeEnd(mail);
    log.trace({ password: 'hunter2' });
    expect(text()).not.toMatch(/ada@|hunter2|s3cr3t|silent/);
    expect(text()).toContain('***@example.com: 2');
    expect(text()).toContain('Assertion failed');
    expect(text()).toMatch(/Trace: /);
  });

  it('lets nobody begin a line of his own, and leaves clean lines as they are', () => {
    const { log, text } = guarded();
    log.log('user %s', 'x\nERROR forged');
    log.log('plain 17 ok');
    log.log();
    expect(text()).toBe('user x\\nERROR forged\nplain 17 ok\n\n');
  });

  it('does not throw for what cannot be printed', () => {
    const { log, text } = guarded();
    const hostile = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error(mail);
        },
      },
    );
    log.log('a', hostile, {
      toJSON: () => {
        throw new Error(mail);
      },
    });
    expect(text()).toContain('[Unreadable]');
    expect(text()).not.toContain('ada@');
  });

  it('refuses a redactor that is none of ours', () => {
    const copy: Redactor = { ...redactor };
    expect(() => redactConsole(guarded().bare, copy)).toThrow(
      expect.objectContaining({ code: 'ERR_REDACTOR_FOREIGN' }),
    );
  });
});
