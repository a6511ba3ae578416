import { createCipheriv, pbkdf2Sync, randomBytes } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type ActiveRecordOptions, activeRecordReader } from '../../src/foreign/index.js';
import { changesOf, outcomeOf, place, refusals } from './tampering.js';

/**
 * Made by the encryption classes of Rails v7.2.3.2 itself, on Ruby 3.1, with primary_key "larkspur primary key",
 * deterministic_key "larkspur deterministic key", key_derivation_salt "larkspur salt". Debian 12 has no Rails that
 * encrypts, so they are typed in and not made anew in each run.
 */
const made = {
  sha256: '{"p":"QqUaHqD/m0dZ+EmW","h":{"iv":"fx2MeZIXJynZc1ep","at":"lg+yJR/wldnF2v4FidMPcA=="}}',
  empty: '{"p":"","h":{"iv":"+2ysZaWocR4m//sf","at":"zl9PgiHfo0hAQc9UDYu3sw=="}}',
  utf8: '{"p":"0xEqcJQhMvbocFJsAYmt16uMpJyi0I/V","h":{"iv":"aSuZTeBBGXSPPhj2","at":"zA54PeQYWw0rqqBKlWIeng=="}}',
  bytes: '{"p":"pQXy","h":{"iv":"O/uSUilxpDcs1CQe","at":"htqDjcIXCjkF/b4s6llK6Q==","e":"QVNDSUktOEJJVA=="}}',
  compressed:
    '{"p":"id49F3NgqPLx6xJG15rWLWJISw9d8Ak0xfTz5DC2Jecn","h":{"iv":"FDBZ40OBny/HNEqn","at":"PFA3NhH5/TmfCj1iX3pgjg==","c":true}}',
  deterministic: '{"p":"zByPplYy1ihOCTi0Gvvt","h":{"iv":"LLlFic29uL1+d9gt","at":"i+XnaFrJ7GPoEnLyZY3GJQ=="}}',
  envelope:
    '{"p":"7ZSFGXF/q3deLGGA","h":{"iv":"hY1zaLlOcrCtDSvn","at":"cVhYNHoPIpgCFOpZffEHhA==","k":{"p":"qxWTG4DiWOcJ/Q3ryJR7/BWbwUETAFFpcgnU6FuTevQ=","h":{"iv":"cPPAyeYhHfR9WFkv","at":"X27ki1j1v3HOZ0wpRASw4A==","e":"QVNDSUktOEJJVA=="}}}}',
  sha1: '{"p":"yKIHtSpBg93rUg9t","h":{"iv":"cyqD853/BJvzJdTQ","at":"Ey3ONDICOZNd8ivDDPldWg=="}}',
  reference: '{"p":"J7gxYSSarprTNFmM","h":{"iv":"9rnVfGyl2B4hwKjK","at":"SGX8raLA+zcIsv+iFaRFRQ==","i":"MjRlZQ=="}}',
  referenceOld: '{"p":"fr4hJNICTY2UrdsO","h":{"iv":"vDCFa4JGuGnsYd/t","at":"KhPWyC27/f/uLrE68nXRmw==","i":"MWIwZA=="}}',
  envelopeReference:
    '{"p":"KhifzP6oKvvQuppC","h":{"iv":"LJA86h10Nr2/UUgs","at":"v0GfUTxAO/WSMtSv7lr6nA==","k":{"p":"OUuRc/Uptar20rNijMZDU5p46iGn0fHKsMgaY0eWews=","h":{"iv":"5OIXcfe5y7/FB3oj","at":"Rm6RtEo0sOr1qZqp1EV5Eg==","e":"QVNDSUktOEJJVA=="}},"i":"MjRlZQ=="}}',
} as const;

const keyDerivationSalt = 'larkspur salt';
const primary = 'larkspur primary key';
const both: ActiveRecordOptions = {
  primaryKeys: ['larkspur old key', primary],
  deterministicKeys: ['larkspur deterministic key'],
  keyDerivationSalt,
};
const reader = activeRecordReader(both);
const key = pbkdf2Sync(primary, keyDerivationSalt, 2 ** 16, 32, 'sha256');

/** A message under the primary key, with the headers given. */
function message(plaintext: Uint8Array, headers: object = {}): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 });
  const p = Buffer.concat([cipher.update(plaintext), cipher.final()]).toString('base64');
  const at = cipher.getAuthTag().toString('base64');
  return JSON.stringify({ p, h: { iv: nonce.toString('base64'), at, ...headers } });
}

describe('activeRecordReader', () => {
  it.each([
    ['sha256', 'Ada Lovelace'],
    ['empty', ''],
    ['utf8', 'Zoë, 3 rue de l’Été'],
    ['compressed', 'leave it at the gate. '.repeat(12)],
    ['deterministic', 'ada@example.com'],
    ['envelope', 'Ada Lovelace'],
    ['reference', 'Ada Lovelace'],
    ['referenceOld', 'Ada Lovelace'],
    ['envelopeReference', 'Ada Lovelace'],
  ] as const)('reads what Rails made: %s', (what, value) => {
    expect(reader.read(made[what], place)).toBe(value);
    expect(reader.read(Buffer.from(made[what]), place)).toBe(value);
  });

  it('gives bytes where Ruby had bytes', () => {
    expect(reader.read(made.bytes, place)).toEqual(Buffer.from([0x00, 0xff, 0xc1]));
  });

  it('reads keys derived with SHA-1, where they are said to be', async () => {
    const old = activeRecordReader({ primaryKeys: [primary], keyDerivationSalt, digests: ['sha1'] });
    expect(old.read(made.sha1, place)).toBe('Ada Lovelace');
    expect(await outcomeOf(reader, made.sha1)).toMatchObject({ code: 'ERR_FOREIGN_BROKEN' });
  });

  it('takes keys of a provider of one’s own', () => {
    expect(activeRecordReader({ keys: [key.toString('hex')] }).read(made.sha256, place)).toBe('Ada Lovelace');
  });

  it('refuses a reference to a key that it was not given', async () => {
    const other = activeRecordReader({ primaryKeys: [primary], keyDerivationSalt });
    expect(await outcomeOf(other, made.referenceOld)).toMatchObject({
      code: 'ERR_FOREIGN_KEY',
      facts: { reader: 'active-record', place: 'customers.note' },
    });
  });

  it.each(['sha256', 'empty', 'compressed', 'envelopeReference'] as const)(
    'refuses every change of %s',
    async (what) => {
      expect(await refusals(reader, changesOf(made[what]))).toContain('ERR_FOREIGN_BROKEN');
    },
  );

  it.each([
    ['a short tag', made.sha256.replace('lg+yJR/wldnF2v4FidMPcA==', 'lg+yJQ==')],
    ['another header', made.sha256.replace('"iv"', '"x":1,"iv"')],
    ['a prototype', made.sha256.replace('"iv"', '"__proto__":{},"iv"')],
    ['text where compression is a flag', made.compressed.replace('true', '"yes"')],
    ['an encoding of another kind', made.bytes.replace('QVNDSUktOEJJVA==', 'VVRGLTE2TEU=')],
    ['a data key inside a data key', made.envelope.replace('"e":"QVNDSUktOEJJVA=="', '"k":{"p":"","h":{}}')],
    ['no JSON', 'Ada Lovelace'],
    ['a JSON list', '[]'],
    ['JSON null', 'null'],
  ])('refuses %s as no format of Rails', async (_what, stored) => {
    expect(await outcomeOf(reader, stored)).toMatchObject({ code: 'ERR_FOREIGN_FORMAT' });
  });

  it('refuses what opens to no text, and a compressed value that unfolds without end', async () => {
    const code = 'ERR_FOREIGN_VALUE';
    expect(await outcomeOf(reader, message(Buffer.from([0xff, 0xfe])))).toMatchObject({ code });
    expect(await outcomeOf(reader, message(Buffer.from('plain'), { c: true }))).toMatchObject({ code });
    const bomb = deflateSync(Buffer.alloc(65 * 1024 * 1024));
    expect(await outcomeOf(reader, message(bomb, { c: true }))).toMatchObject({ code });
  });

  it('takes no data key of another size', async () => {
    const nonce = Buffer.alloc(12, 1);
    const cipher = createCipheriv('aes-128-gcm', Buffer.alloc(16, 9), nonce, { authTagLength: 16 });
    const p = Buffer.concat([cipher.update('Ada'), cipher.final()]).toString('base64');
    const k = JSON.parse(message(Buffer.alloc(16, 9))) as object;
    const h = { iv: nonce.toString('base64'), at: cipher.getAuthTag().toString('base64'), k };
    expect(await outcomeOf(reader, JSON.stringify({ p, h }))).toMatchObject({ code: 'ERR_FOREIGN_BROKEN' });
  });

  it.each([{}, { primaryKeys: ['x'] }, { keyDerivationSalt: 'x' }, { keys: ['abc'] }, { keys: [key], salt: 'x' }])(
    'refuses %j',
    (options) => {
      expect(() => activeRecordReader(options as ActiveRecordOptions)).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^ERR_OPTION_/) as string }),
      );
    },
  );
});
