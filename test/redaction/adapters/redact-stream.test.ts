import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import {
  type BlockFinding,
  createRedactor,
  type Redactor,
  type RedactStreamOptions,
  redactStream,
} from '../../../src/redaction/index.js';

const redactor = createRedactor();

async function through(chunks: readonly Uint8Array[], options: RedactStreamOptions = {}): Promise<string> {
  const stream = redactStream(redactor, options);
  const out: Buffer[] = [];
  stream.on('data', (part: Buffer) => out.push(part));
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  await once(stream, 'end');
  return Buffer.concat(out).toString('utf8');
}
const whole = (text: string, options?: RedactStreamOptions) => through([Buffer.from(text)], options);

/** Cut in two at every byte: through characters of two, three and four bytes, and through every kind of datum. */
async function atEverySplit(text: string, options?: RedactStreamOptions): Promise<Set<string>> {
  const bytes = Buffer.from(text);
  const seen = new Set<string>();
  for (let at = 0; at <= bytes.length; at += 1) {
    seen.add(await through([bytes.subarray(0, at), bytes.subarray(at)], options));
  }
  return seen;
}

const key = [
  '-----BEGIN RSA PRIVATE KEY-----',
  'Proc-Type: 4,ENCRYPTED',
  '',
  'MIIEpAIBAAKCAQEAuFakeFakeFakeFakeFakeFakeFakeFakeFakeFakeFakeFake',
  'c2hvcnQ=',
  '-----END RSA PRIVATE KEY-----',
];

describe('redactStream', () => {
  it('gives one and the same output wherever the bytes are cut', async () => {
    const text =
      'é 😀 paid 4111 1111 1111 1111 by 🦊 ada@example.com\r\nüñ ssn 078-05-1120\tip 203.0.113.77 ☃\nlast phone +1 415 555 0132';
    const seen = await atEverySplit(text);
    expect([...seen]).toEqual([
      'é 😀 paid [card 1111] by 🦊 ***@example.com\r\nüñ ssn [ssn]\tip 203.0.113.0/24 ☃\nlast phone [phone 32]',
    ]);
  });

  it('does so byte by byte, for JSON, and for lines that are cut', async () => {
    const json = '{"πassword":"é","password":"hünter2","n":12345678901234567890}\nplain ada@example.com\n';
    expect([...(await atEverySplit(json, { json: true }))]).toEqual([
      '{"πassword":"é","password":"[password]","n":12345678901234567890}\nplain ***@example.com\n',
    ]);
    const bytes = [...Buffer.from(json)].map((byte) => Buffer.of(byte));
    expect(await through(bytes, { json: true })).toBe(await whole(json, { json: true }));
    const long = `${'é'.repeat(510)} 4111 1111 1111 1111 ${'x'.repeat(3000)}\nnext\n`;
    expect([...(await atEverySplit(long, { maxLineBytes: 1024 }))]).toEqual([
      `${'é'.repeat(510)} [card 1111][Truncated]\nnext\n`,
    ]);
  });

  it('gives clean bytes back as they were, tabs and line ends of both kinds among them', async () => {
    const clean = 'GET /items/17 200 12.5ms\r\na\tb\tc\n\n\r\n  at run (shop.js:1:2)\nno end';
    expect(await whole(clean)).toBe(clean);
    expect(await whole('')).toBe('');
  });

  it('writes out what a terminal would act on, and what is no UTF-8', async () => {
    expect(await whole('a\u001b[2Jb\u2028c\rd\n')).toBe('a\\u001b[2Jb\\u2028c\\rd\n');
    expect(await through([Buffer.from([0x61, 0x9b, 0x62, 0x0a])])).toBe('a\ufffdb\n');
  });

  it('prints one label for the lines of a private key, and goes on behind it', async () => {
    const text = `start\nkey: ${key.join('\n')}\nafter ada@example.com\n`;
    const out = await whole(text);
    expect(out).toBe('start\nkey: [private_key]\nafter ***@example.com\n');
    expect(await atEverySplit(text)).toEqual(new Set([out]));
    const prefixed = key.map((line) => `Nov 22 10:00:00 shop app: ${line}`).join('\n');
    expect(await whole(prefixed)).not.toContain('MIIEpAIB');
  });

  it('reports a private key as the search of a text does', async () => {
    const found: unknown[] = [];
    const stream = redactStream(redactor, { onFinding: (finding) => void found.push(finding) });
    stream.resume().end(`${key.join('\n')}\n`);
    await finished(stream);
    expect(found).toEqual([{ line: 1, type: 'private_key', rule: 'value/private-key' }]);
    expect(redactor.find(key.join('\n'))).toMatchObject([{ type: 'private_key', rule: 'value/private-key' }]);
  });

  it('is not silenced by the first line of a key that never comes', async () => {
    const out = await whole(`${key[0]}\nGET /a 200 and more\nGET /b 200\n`);
    expect(out).toBe('[private_key]\nGET /a 200 and more\nGET /b 200\n');
  });

  it('looks at members of one name that JSON.parse would drop', async () => {
    const out = await whole('{"mail":"ada@example.com", "mail":"clean"}\n{ "a" : [1,2] }\n', { json: true });
    expect(out).toBe('{"mail":"clean"}\n{ "a" : [1,2] }\n');
  });

  it('keeps digits of long numbers, but not those of cards or behind a secret key', async () => {
    const line = '{"id":98765432109876543210,"pin":98765432109876543210,"card":4111111111111111,"x":"ada@example.com"}';
    const out = await whole(line, { json: true });
    expect(out).toContain('"id":98765432109876543210,');
    expect(out).toContain('"card":"[card 1111]"');
    expect(out).toContain('"pin":"[pin]"');
    // Nineteen digits, which JavaScript would round before anybody asks whether they are a card.
    const long = await whole('{"number":6212345678900000003,"n":6212345678900000004}\n', { json: true });
    expect(long).toBe('{"number":"[card 0003]","n":6212345678900000004}\n');
    // The mark that keeps them is not to be had from outside.
    expect(await whole('{"a":"\ue0f112345678901234567","id":98765432109876543210}\n', { json: true })).toContain(
      '"\ue0f112345678901234567"',
    );
  });

  it('says of each replacement line, type and rule, and never the value', async () => {
    const findings: BlockFinding[] = [];
    await whole('clean\nto ada@example.com\n{"user":{"newPassword":["hunter2"]},"note":"call +1 415 555 0132"}\n', {
      json: true,
      onFinding: (finding) => findings.push(finding),
    });
    expect(findings).toEqual([
      { line: 2, type: 'email', rule: 'value/email', start: 3, end: 18 },
      { line: 3, type: 'password', rule: 'key/password', path: 'user.newPassword' },
      { line: 3, type: 'phone', rule: 'value/phone', path: 'note', start: 5, end: 20 },
    ]);
    expect(JSON.stringify(findings)).not.toMatch(/ada@|hunter2|555/);
  });

  it('holds back the writer while nobody reads', () => {
    const stream = redactStream(redactor);
    const line = Buffer.from(`${'x'.repeat(20_000)}\n`);
    let writes = 0;
    while (stream.write(line) && writes < 1000) writes += 1;
    expect(writes).toBeLessThan(20);
  });

  it('keeps no more of a line without an end than it may print', async () => {
    const stream = redactStream(redactor, { maxLineBytes: 1024 });
    const out: Buffer[] = [];
    stream.on('data', (part: Buffer) => out.push(part));
    const chunk = Buffer.alloc(65_536, 'x');
    for (let at = 0; at < 64; at += 1) stream.write(chunk);
    stream.end('\nnext\n');
    await once(stream, 'end');
    expect(Buffer.concat(out).toString()).toBe(`${'x'.repeat(1024)}[Truncated]\nnext\n`);
  });

  it('refuses a redactor that is none of ours, and options that do not fit', () => {
    const copy: Redactor = { ...redactor };
    expect(() => redactStream(copy)).toThrow(expect.objectContaining({ code: 'ERR_REDACTOR_FOREIGN' }));
    expect(() => redactStream(redactor, { maxLineBytes: 10 })).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_INVALID' }),
    );
  });
});
