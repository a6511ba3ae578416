import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSafekeepError } from '../../src/base/errors.js';
import { createEnvelopes, type Place, type Typed, type ValueType } from '../../src/envelope/index.js';
import { fixedRing } from './fixed-ring.js';

const key = (fill: number) => Buffer.alloc(32, fill);
const ring = () =>
  fixedRing([
    { id: 0xa1b2c3d4, key: key(1) },
    { id: 7, key: key(2) },
    { id: 9, key: key(3), purpose: 'index' },
  ]);
const envelopes = createEnvelopes({ application: 'shop', keys: ring() });
const place: Place = { table: 'customers', column: 'email', row: 'c-1' };
const secret = 'ada@example.com';
const sealed = envelopes.seal({ type: 'text', value: secret }, place);
const bytesOf = (text: string) => Buffer.from(text.slice(4), 'base64url');
const textOf = (bytes: Uint8Array) => `sf1.${Buffer.from(bytes).toString('base64url')}`;

/** The code an action is refused with; the whole error holds nothing of the value, the row or the sealed text. */
function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (!isSafekeepError(error)) throw error;
    const whole = `${error.stack}${JSON.stringify(error)}${JSON.stringify(error.facts)}${String(error.cause)}`;
    for (const leak of [secret, 'c-1', 'ada', sealed.slice(20)]) expect(whole).not.toContain(leak);
    return error.code;
  }
  return 'accepted';
}
const opening = (text: unknown, at: Place = place, type: ValueType = 'text', by = envelopes) =>
  refusal(() => by.open(text, at, type));

describe('a sealed value', () => {
  it('opens in its place, and only the text form is stored', () => {
    expect(envelopes.open(sealed, place, 'text')).toBe(secret);
    expect(sealed).toMatch(/^sf1\.[A-Za-z0-9_-]+$/);
    expect(sealed).not.toContain(Buffer.from(secret).toString('base64url').slice(0, 10));
  });

  it('starts with magic, suite and key id, which lie in characters 5 to 12 of the text', () => {
    const header = Buffer.from('c101a1b2c3d4', 'hex');
    expect(bytesOf(sealed).subarray(0, 6)).toEqual(header);
    expect(sealed.slice(4, 12)).toBe(header.toString('base64url'));
    expect(envelopes.keyIdOf(sealed)).toBe(0xa1b2c3d4);
    expect(envelopes.keyIdOf('plaintext')).toBeNull();
  });

  it('never comes out the same twice', () => {
    const all = Array.from({ length: 50 }, () => envelopes.seal({ type: 'text', value: secret }, place));
    expect(new Set(all).size).toBe(50);
    for (const one of all) expect(envelopes.open(one, place, 'text')).toBe(secret);
  });

  it('is refused with any single bit flipped, by the code of the part that was hit', () => {
    const bytes = bytesOf(sealed);
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const copy = Buffer.from(bytes);
      copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
      const at = bit >> 3;
      const code =
        at === 0
          ? 'ERR_NOT_SEALED'
          : at === 1
            ? 'ERR_SEAL_KEY'
            : at < 6
              ? 'ERR_KEY_UNKNOWN'
              : at < 62
                ? 'ERR_SEAL_KEY'
                : 'ERR_SEAL_BROKEN';
      expect(`${bit} ${opening(textOf(copy))}`).toBe(`${bit} ${code}`);
    }
  });

  it('is refused with any byte of its text exchanged', () => {
    for (let at = 0; at < sealed.length; at += 1) {
      const other = sealed[at] === 'A' ? 'B' : 'A';
      expect(opening(sealed.slice(0, at) + other + sealed.slice(at + 1))).toMatch(
        /^ERR_(NOT_SEALED|SEAL_KEY|KEY_UNKNOWN|SEAL_BROKEN)$/,
      );
    }
  });

  it('is refused when it is cut or made longer at either end', () => {
    const bytes = bytesOf(sealed);
    for (let length = 0; length < bytes.length; length += 1) {
      expect(opening(textOf(bytes.subarray(0, length)))).toBe(length < 80 ? 'ERR_NOT_SEALED' : 'ERR_SEAL_BROKEN');
      // What is left may begin, by chance, like a sealed value of some key or suite; it opens in no case.
      expect(opening(textOf(bytes.subarray(bytes.length - length)))).toMatch(/^ERR_(NOT_SEALED|KEY_UNKNOWN|SEAL_KEY)$/);
    }
    for (const more of [1, 2, 3, 16, 32]) {
      expect(opening(textOf(Buffer.concat([bytes, Buffer.alloc(more)])))).toBe('ERR_SEAL_BROKEN');
      expect(opening(textOf(Buffer.concat([Buffer.alloc(more), bytes])))).toBe('ERR_NOT_SEALED');
    }
    for (let length = 0; length < sealed.length; length += 1)
      expect(opening(sealed.slice(0, length))).not.toBe('accepted');
  });

  it('is refused with a tag of 4 bytes, which the platform itself would accept', () => {
    const bytes = bytesOf(envelopes.seal({ type: 'text', value: 'x'.repeat(40) }, place));
    expect(opening(textOf(bytes.subarray(0, bytes.length - 12)))).toBe('ERR_SEAL_BROKEN');
  });

  it('is refused in every other spelling of the same bytes', () => {
    const spellings = [
      `${sealed}=`,
      `${sealed}\n`,
      ` ${sealed}`,
      sealed.toUpperCase(),
      `SF1.${sealed.slice(4)}`,
      `${sealed.slice(0, 30)}\n${sealed.slice(30)}`,
      `sf1.${bytesOf(sealed).toString('base64')}`,
      `sf1.${bytesOf(sealed).toString('hex')}`,
    ];
    for (const spelling of spellings) expect(opening(spelling)).toBe('ERR_NOT_SEALED');
    // 110 bytes leave two bits over in the last character: each of its other three values is another text, same bytes.
    const short = envelopes.seal({ type: 'text', value: '' }, place, { pad: 1 });
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = alphabet.indexOf(short.at(-1) as string);
    expect(short.length % 4).toBe(3);
    for (const trailing of [1, 2, 3])
      expect(opening(short.slice(0, -1) + alphabet[last | trailing])).toBe('ERR_NOT_SEALED');
  });

  it.each([null, undefined, 7, {}, [], Buffer.from(sealed), '', 'sf1.', 'ada@example.com', 'sf1.AAAA'])(
    'is not what stands there: %j in a sealed column is refused, not returned',
    (value) => {
      expect(opening(value)).toBe('ERR_NOT_SEALED');
    },
  );

  it('does not open in another row, tenant, column, table or application, or as another type', () => {
    expect(opening(sealed, { ...place, row: 'c-2' })).toBe('ERR_SEAL_BROKEN');
    expect(opening(sealed, { ...place, row: ['c-1', 'c-1'] })).toBe('ERR_SEAL_BROKEN');
    expect(opening(sealed, { ...place, row: Buffer.from('c-1') })).toBe('ERR_SEAL_BROKEN');
    expect(opening(sealed, { ...place, tenant: 't' })).toBe('ERR_SEAL_BROKEN');
    expect(opening(sealed, { ...place, column: 'phone' })).toBe('ERR_SEAL_KEY');
    expect(opening(sealed, { ...place, table: 'orders' })).toBe('ERR_SEAL_KEY');
    expect(opening(sealed, place, 'bytes')).toBe('ERR_SEAL_BROKEN');
    const other = createEnvelopes({ application: 'isp', keys: ring() });
    expect(opening(sealed, place, 'text', other)).toBe('ERR_SEAL_KEY');
  });

  it('tells a row key in text from one in digits or bytes, and 1 from 11 or -1', () => {
    const inRow = (row: Place['row']) => envelopes.seal({ type: 'text', value: secret }, { ...place, row });
    const one = inRow(1);
    expect(envelopes.open(one, { ...place, row: 1n }, 'text')).toBe(secret);
    for (const row of ['1', 11, -1, Buffer.from('1'), [1, 1]])
      expect(opening(one, { ...place, row })).toBe('ERR_SEAL_BROKEN');
    expect(opening(inRow(['a', 'bc']), { ...place, row: ['ab', 'c'] })).toBe('ERR_SEAL_BROKEN');
  });

  it('does not open under a ring without its key, under another key of that id, or a key of another purpose', () => {
    const under = (keys: Parameters<typeof fixedRing>[0]) =>
      createEnvelopes({ application: 'shop', keys: fixedRing(keys) });
    expect(opening(sealed, place, 'text', under([{ id: 5, key: key(1) }]))).toBe('ERR_KEY_UNKNOWN');
    expect(opening(sealed, place, 'text', under([{ id: 0xa1b2c3d4, key: key(8) }]))).toBe('ERR_SEAL_KEY');
    expect(opening(sealed, place, 'text', under([{ id: 0xa1b2c3d4, key: key(1), purpose: 'index' }]))).toBe(
      'ERR_KEY_UNKNOWN',
    );
  });

  it('opens under an older key of the ring', () => {
    const older = createEnvelopes({ application: 'shop', keys: fixedRing([{ id: 7, key: key(2) }]) });
    expect(envelopes.open(older.seal({ type: 'text', value: secret }, place), place, 'text')).toBe(secret);
  });

  it('answers a client one status, whatever would not open', () => {
    for (const text of ['plaintext', textOf(Buffer.concat([bytesOf(sealed), Buffer.alloc(1)]))]) {
      try {
        envelopes.open(text, place, 'text');
        expect.unreachable();
      } catch (error) {
        expect(isSafekeepError(error) && error.status).toBe(500);
      }
    }
  });
});

describe('sealing', () => {
  const typed: fc.Arbitrary<Typed> = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 300 }).map((value): Typed => ({ type: 'text', value })),
    fc.uint8Array({ maxLength: 6000 }).map((value): Typed => ({ type: 'bytes', value: Buffer.from(value) })),
    fc.boolean().map((value): Typed => ({ type: 'boolean', value })),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value): Typed => ({ type: 'int64', value })),
    fc.bigInt({ min: -(2n ** 300n), max: 2n ** 300n }).map((value): Typed => ({ type: 'bigint', value })),
    fc.double().map((value): Typed => ({ type: 'float64', value })),
    fc.tuple(fc.bigInt(), fc.nat()).map(([whole, part]): Typed => ({ type: 'decimal', value: `${whole}.${part}` })),
    fc.date({ noInvalidDate: true }).map((value): Typed => ({ type: 'instant', value })),
    fc
      .date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true })
      .map((value): Typed => ({ type: 'date', value: value.toISOString().slice(0, 10) })),
    fc
      .jsonValue()
      .filter((value) => !/"(__proto__|constructor|prototype)":/.test(JSON.stringify(value)))
      .map((value): Typed => ({ type: 'json', value: JSON.parse(JSON.stringify(value)) })),
  );
  const row = fc.oneof(
    fc.string({ unit: 'grapheme', minLength: 1 }),
    fc.maxSafeInteger(),
    fc.bigInt(),
    fc.uint8Array({ minLength: 1 }).map((bytes) => Buffer.from(bytes)),
  );
  const anyPlace: fc.Arbitrary<Place> = fc.record(
    {
      table: fc.constantFrom('customers', 'orders', 'x'),
      column: fc.constantFrom('email', 'card', 'customers'),
      row: fc.oneof(row, fc.array(row, { minLength: 1, maxLength: 4 })),
      tenant: fc.string({ unit: 'grapheme', minLength: 1 }),
    },
    { requiredKeys: ['table', 'column', 'row'] },
  );

  it('gives every value of every type back as it was, in any place and bucket', () => {
    fc.assert(
      fc.property(typed, anyPlace, fc.constantFrom(1, 2, 31, 32, 256, 65_536), (value, at, bucketBytes) => {
        const opened = envelopes.open(envelopes.seal(value, at, { pad: bucketBytes }), at, value.type);
        if (value.type === 'json') expect(JSON.stringify(opened)).toBe(JSON.stringify(value.value));
        else expect(opened).toEqual(value.value);
      }),
      { numRuns: 400 },
    );
  });

  it('keeps places apart: a value opens in another place only when the two are the same', () => {
    const canonical = ({ table, column, row: rows, tenant }: Place) =>
      JSON.stringify([
        table,
        column,
        tenant ?? null,
        ([Array.isArray(rows) ? rows : [rows]].flat() as unknown[]).map((part) =>
          typeof part === 'string'
            ? `s${part}`
            : Buffer.isBuffer(part)
              ? `b${part.toString('hex')}`
              : `i${String(part)}`,
        ),
      ]);
    fc.assert(
      fc.property(anyPlace, anyPlace, (from, to) => {
        const accepted = opening(envelopes.seal({ type: 'boolean', value: true }, from), to, 'boolean') === 'accepted';
        expect(accepted).toBe(canonical(from) === canonical(to));
      }),
      { numRuns: 300 },
    );
  });

  it('pads to the bucket, so that lengths within a step look alike', () => {
    const size = (value: string, bucketBytes?: number) =>
      bytesOf(envelopes.seal({ type: 'text', value }, place, bucketBytes === undefined ? {} : { pad: bucketBytes }))
        .length;
    // 62 header, nonce and commitment, 16 tag; tag byte and padding byte are part of the bucket.
    expect([size(''), size('x'), size('x'.repeat(30)), size('x'.repeat(31))]).toEqual([110, 110, 110, 142]);
    expect([size('', 1), size('x', 1), size('x'.repeat(5), 256)]).toEqual([80, 81, 334]);
  });

  it.each([0, -1, 1.5, 65_537, Number.NaN, '32'])('refuses a bucket of %j', (bucketBytes) => {
    const given = bucketBytes as number;
    expect(refusal(() => envelopes.seal({ type: 'text', value: 'x' }, place, { pad: given }))).toBe(
      'ERR_OPTION_INVALID',
    );
  });

  it('refuses what it has sealed for this column already', () => {
    expect(refusal(() => envelopes.seal({ type: 'text', value: sealed }, place))).toBe('ERR_ALREADY_SEALED');
    expect(refusal(() => envelopes.seal({ type: 'text', value: sealed }, { ...place, row: 'c-9' }))).toBe(
      'ERR_ALREADY_SEALED',
    );
  });

  it('takes text that only looks sealed for what it is: a customer’s text', () => {
    const bytes = bytesOf(sealed);
    const damaged = Buffer.from(bytes).fill(0, 40, 44);
    const unknown = Buffer.from(bytes).fill(0xee, 2, 6);
    for (const text of [
      'sf1.',
      'sf1.hello',
      textOf(damaged),
      textOf(unknown),
      `${sealed}=`,
      textOf(bytes.subarray(0, 79)),
    ]) {
      expect(envelopes.open(envelopes.seal({ type: 'text', value: text }, place), place, 'text')).toBe(text);
    }
  });

  it.each<[string, Partial<Place> | null]>([
    ['an empty tenant', { ...place, tenant: '' }],
    ['a tenant that is no text', { ...place, tenant: 7 as never }],
    ['half a character in the tenant', { ...place, tenant: '\ud800' }],
    ['no row', { table: 'customers', column: 'email' }],
    ['a row that is null', { ...place, row: null as never }],
    ['an empty row', { ...place, row: '' }],
    ['an empty row in bytes', { ...place, row: Buffer.alloc(0) }],
    ['a row key without parts', { ...place, row: [] }],
    ['a row key with a part missing', { ...place, row: ['c-1', undefined as never] }],
    ['a fractional row', { ...place, row: 1.5 }],
    ['a row beyond exact numbers', { ...place, row: 2 ** 53 }],
    ['half a character in the row', { ...place, row: '\udc00' }],
    ['no table', { ...place, table: '' }],
    ['no column', { table: 'customers', row: 'c-1' }],
    ['no place at all', null],
  ])('refuses %s, in sealing and in opening', (_what, given) => {
    const at = given as Place;
    expect(refusal(() => envelopes.seal({ type: 'text', value: secret }, at))).toBe('ERR_PLACE_INVALID');
    expect(opening(sealed, at)).toBe('ERR_PLACE_INVALID');
  });

  it('takes row keys and tenants longer than any it has met', () => {
    const long: Place = { ...place, row: ['x'.repeat(5000), Buffer.alloc(3000, 1)], tenant: 'é'.repeat(3000) };
    expect(envelopes.open(envelopes.seal({ type: 'text', value: secret }, long), long, 'text')).toBe(secret);
    expect(envelopes.open(sealed, place, 'text')).toBe(secret);
  });

  it('leaves nothing of a long value in the padding of a short one', () => {
    envelopes.seal({ type: 'text', value: secret.repeat(100) }, place);
    expect(envelopes.open(envelopes.seal({ type: 'text', value: 'x' }, place), place, 'text')).toBe('x');
  });

  it('stops with the ring: sealing and opening throw once it is closed', () => {
    const keys = ring();
    const closing = createEnvelopes({ application: 'shop', keys });
    const before = closing.seal({ type: 'text', value: secret }, place);
    keys.close();
    expect(refusal(() => closing.seal({ type: 'text', value: secret }, place))).toBe('ERR_KEY_RING_CLOSED');
    expect(opening(before, place, 'text', closing)).toBe('ERR_KEY_RING_CLOSED');
  });

  it('refuses a misspelt option and a missing ring', () => {
    const misspelt = { application: 'shop', keys: ring(), rng: 1 } as never;
    expect(refusal(() => createEnvelopes(misspelt))).toBe('ERR_OPTION_UNKNOWN');
    expect(refusal(() => createEnvelopes({ application: 'shop' } as never))).toBe('ERR_OPTION_MISSING');
  });
});
