import { createCipheriv, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type LaravelOptions, laravelReader } from '../../src/foreign/index.js';
import { hasLaravel, laravel } from './debian.js';
import { changesOf, outcomeOf, place, refusals } from './tampering.js';

const key = `base64:${Buffer.alloc(32, 5).toString('base64')}`;
const text = 'Zoë, 3 rue de l’Été';

/** What the encrypter stores, written by its format: for the refusals, which no encrypter would make. */
function payload(
  change: (fields: Record<string, unknown>) => object = (fields) => fields,
  plain: Buffer | string = 'Ada',
) {
  const iv = Buffer.alloc(16, 1);
  const cipher = createCipheriv('aes-256-cbc', Buffer.alloc(32, 5), iv);
  const value = Buffer.concat([cipher.update(plain), cipher.final()]).toString('base64');
  const signed = iv.toString('base64') + value;
  const mac = createHmac('sha256', Buffer.alloc(32, 5)).update(signed).digest('hex');
  return Buffer.from(JSON.stringify(change({ iv: iv.toString('base64'), value, mac, tag: '' }))).toString('base64');
}

describe.skipIf(!hasLaravel)('laravelReader, on what Laravel encrypted', () => {
  const made = hasLaravel
    ? laravel<Record<string, string>>(`
        $text = ${JSON.stringify(text)}; $key = str_repeat("\\x05", 32); $short = str_repeat("\\x06", 16);
        $cbc = new Encrypter($key, 'aes-256-cbc'); $gcm = new Encrypter($key, 'aes-256-gcm');
        return [
          'cbc' => $cbc->encryptString($text), 'gcm' => $gcm->encryptString($text),
          'cbc128' => (new Encrypter($short, 'aes-128-cbc'))->encryptString($text),
          'gcm128' => (new Encrypter($short, 'aes-128-gcm'))->encryptString($text),
          'empty' => $cbc->encryptString(''), 'emptyGcm' => $gcm->encryptString(''),
          'bytes' => $cbc->encryptString("\\x00\\xff"), 'word' => $cbc->encrypt($text),
          'whole' => $cbc->encrypt(-12), 'broken' => $cbc->encrypt(1.5), 'big' => $cbc->encrypt(1.0E+25),
          'yes' => $cbc->encrypt(true), 'none' => $cbc->encrypt(null), 'list' => $cbc->encrypt(['a']),
          'object' => $gcm->encrypt(new DateTime('2020-01-01')),
        ];`)
    : {};
  const short = Buffer.alloc(16, 6).toString('latin1');
  const read = (what: string, more: Partial<LaravelOptions> = {}) =>
    laravelReader({ key, ...more }).read(made[what] as string, place);

  it('reads every cipher', () => {
    expect(read('cbc')).toBe(text);
    expect(read('gcm', { cipher: 'aes-256-gcm' })).toBe(text);
    expect(read('cbc128', { key: short, cipher: 'aes-128-cbc' })).toBe(text);
    expect(read('gcm128', { key: short, cipher: 'aes-128-gcm' })).toBe(text);
    expect(read('empty')).toBe('');
    expect(read('emptyGcm', { cipher: 'aes-256-gcm' })).toBe('');
    expect(read('bytes', { as: 'bytes' })).toEqual(Buffer.from([0x00, 0xff]));
  });

  it.each([
    ['word', text],
    ['whole', '-12'],
    ['broken', '1.5'],
    ['big', '1.0E+25'],
    ['yes', 'true'],
    ['none', null],
  ])('reads a serialized value: %s', (what, value) => {
    expect(read(what, { serialized: true })).toBe(value);
  });

  it('builds no array and no object', async () => {
    const reader = laravelReader({ key, serialized: true });
    expect(await outcomeOf(reader, made['list'] as string)).toMatchObject({ code: 'ERR_FOREIGN_VALUE' });
    const gcm = laravelReader({ key, serialized: true, cipher: 'aes-256-gcm' });
    expect(await outcomeOf(gcm, made['object'] as string)).toMatchObject({ code: 'ERR_FOREIGN_VALUE' });
  });

  it('reads under previous keys', () => {
    const next = `base64:${Buffer.alloc(32, 7).toString('base64')}`;
    expect(read('cbc', { key: next, previousKeys: [key] })).toBe(text);
    expect(read('gcm', { key: next, previousKeys: [key], cipher: 'aes-256-gcm' })).toBe(text);
    expect(() => read('cbc', { key: next })).toThrow(expect.objectContaining({ code: 'ERR_FOREIGN_BROKEN' }));
  });

  it.each(['cbc', 'gcm'] as const)('refuses every change of %s', async (mode) => {
    const reader = laravelReader({ key, cipher: `aes-256-${mode}` });
    const json = Buffer.from(made[mode] as string, 'base64').toString();
    // Inside the outer base64 too, where a change of one character is a change of one character.
    const inside = changesOf(json).map((changed) => Buffer.from(changed).toString('base64'));
    const changes = [...changesOf(made[mode] as string), ...inside];
    expect(await refusals(reader, changes)).toContain('ERR_FOREIGN_BROKEN');
  });

  it('refuses a value of the other mode', async () => {
    const code = 'ERR_FOREIGN_FORMAT';
    expect(await outcomeOf(laravelReader({ key }), made['gcm'] as string)).toMatchObject({ code });
    const gcm = laravelReader({ key, cipher: 'aes-256-gcm' });
    expect(await outcomeOf(gcm, made['cbc'] as string)).toMatchObject({ code });
  });
});

describe('laravelReader', () => {
  const reader = laravelReader({ key });

  it('reads what was written before there was a tag', () => {
    expect(reader.read(payload(), place)).toBe('Ada');
    expect(
      reader.read(
        payload(({ iv, value, mac }) => ({ iv, value, mac })),
        place,
      ),
    ).toBe('Ada');
  });

  it.each([
    ['no MAC', payload(({ iv, value }) => ({ iv, value, mac: '' })), 'FORMAT'],
    ['a MAC that is a number', payload((fields) => ({ ...fields, mac: 0 })), 'FORMAT'],
    ['a MAC that is true', payload((fields) => ({ ...fields, mac: true })), 'FORMAT'],
    ['another MAC', payload((fields) => ({ ...fields, mac: '0'.repeat(64) })), 'BROKEN'],
    ['a tag where there is none', payload((fields) => ({ ...fields, tag: 'AAAA' })), 'FORMAT'],
    ['a member more', payload((fields) => ({ ...fields, cipher: 'none' })), 'FORMAT'],
    ['an IV of another length', payload((fields) => ({ ...fields, iv: 'AAAA' })), 'FORMAT'],
    ['plaintext', 'Ada Lovelace', 'FORMAT'],
    ['what opens to no text', payload(undefined, Buffer.from([0xff])), 'VALUE'],
  ])('refuses %s', async (_what, stored, problem) => {
    expect(await outcomeOf(reader, stored)).toMatchObject({ code: `ERR_FOREIGN_${problem}` });
  });

  it.each([
    'a:0:{}',
    's:2:"Ada";',
    's:4:"Ada";',
    's:3:"Ada"',
    's:3:"Ada";i:1;',
    'i:1',
    'O:8:"stdClass":0:{}',
    'b:2;',
    '',
  ])('takes the serialized value %j for none', async (plain) => {
    const serialized = laravelReader({ key, serialized: true });
    const stored = payload(undefined, plain);
    expect(await outcomeOf(serialized, stored)).toMatchObject({ code: 'ERR_FOREIGN_VALUE' });
  });

  it.each([
    {},
    { key: 'short' },
    { key: 'base64:AAAA' },
    { key, cipher: 'aes-128-cbc' },
    { key, previousKeys: ['short'] },
    { key, serialised: true },
  ])('refuses %j', (options) => {
    expect(() => laravelReader(options as LaravelOptions)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^ERR_OPTION_/) as string }),
    );
  });
});
