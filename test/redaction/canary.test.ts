import { Writable } from 'node:stream';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { canary, createRedactor, redactPino } from '../../src/redaction/index.js';

const mail = 'ada.canary@example.com';
const card = '4111 1111 1111 1111';
const caught = expect.objectContaining({ code: 'ERR_CANARY' });
const b64 = (text: string, encoding: BufferEncoding = 'base64') => Buffer.from(text).toString(encoding);

describe('canary', () => {
  it.each([
    ['plain', `mail to ${mail}.`],
    ['plain', mail.toUpperCase()],
    ['percent', `?to=${encodeURIComponent(mail)}`],
    ['html', 'ada.canary&#64;example.com'],
    ['escaped', '"ada.canary\\u0040example.com"'],
    ['hex', `x${Buffer.from(mail).toString('hex').toUpperCase()}`],
    ['base64', b64(mail)],
    ['base64', b64(`x${mail}y`)],
    ['base64', b64(`xy${mail}`, 'base64url')],
  ] as const)('finds a planted value that came out %s: %s', (form, output) => {
    const planted = canary(['nothing here', mail]);
    planted.see(output);
    expect(planted.found()).toEqual([{ value: 1, form }]);
    expect(() => planted.assertSilent()).toThrow(caught);
  });

  it('finds a number without its separators, and across the pieces of a stream', () => {
    const planted = canary([card, 'zoë.canary']);
    planted.see('4111111111111111');
    expect(planted.found()).toEqual([{ value: 0, form: 'digits' }]);
    const bytes = Buffer.from('zoë.canary');
    const sink = {};
    planted.see(bytes.subarray(0, 3), sink);
    planted.see('another stream between', {});
    planted.see(bytes.subarray(3), sink);
    expect(planted.found()).toHaveLength(2);
  });

  it('is silent where nothing came out, and says no value where something did', () => {
    const planted = canary([mail, card]);
    planted.see('***@example.com [card 1111] 4111 1111');
    expect(planted.found()).toEqual([]);
    expect(() => planted.assertSilent()).not.toThrow();
    planted.see(mail);
    let said: unknown;
    try {
      planted.assertSilent();
    } catch (error) {
      said = error;
    }
    expect(said).toMatchObject({ facts: { found: 1, planted: 2 } });
    expect(String((said as Error).stack) + JSON.stringify(said)).not.toContain('ada.canary');
  });

  it('watches a destination until it is told to stop: a redacted logger is silent, a bare one is not', () => {
    const out = new Writable({ write: (_chunk, _encoding, done) => done() });
    const planted = canary([mail, card]);
    const stop = planted.watch(out);
    const before = out.write;
    redactPino(pino({}, out), createRedactor()).info({ email: mail, note: card }, mail);
    expect(planted.found()).toEqual([]);
    const bare = pino({}, out);
    stop();
    bare.info({ email: mail });
    expect(planted.found()).toEqual([]);
    expect(out.write).not.toBe(before);
    planted.watch(out);
    bare.info({ email: mail });
    out.write(Buffer.from(card));
    expect(planted.found()).toEqual([
      { value: 0, form: 'plain' },
      { value: 1, form: 'plain' },
    ]);
  });

  it('sees records that are objects', () => {
    const planted = canary([mail]);
    const sink = { write: (_record: object) => undefined };
    planted.watch(sink);
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    sink.write(cycle);
    sink.write({ to: mail });
    expect(planted.found()).toHaveLength(1);
  });

  it('refuses values that come out by chance', () => {
    expect(() => canary(['ada'])).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID' }));
  });
});
