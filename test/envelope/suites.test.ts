import { describe, expect, it } from 'vitest';
import { isSafekeepError } from '../../src/base/errors.js';
import { createEnvelopes, type FieldSuite, type Place, type Typed, type ValueType } from '../../src/envelope/index.js';
import { fixedRing } from './fixed-ring.js';

const ring = () => fixedRing([{ id: 0xa1b2c3d4, key: Buffer.alloc(32, 1) }]);
const envelopes = createEnvelopes({ application: 'shop', keys: ring() });
const place: Place = { table: 'customers', column: 'email', row: 'c-1', tenant: 'north' };
const suite = 'xaes-256-gcm';
const bytesOf = (text: string) => Buffer.from(text.slice(4), 'base64url');
const textOf = (bytes: Uint8Array) => `sf1.${Buffer.from(bytes).toString('base64url')}`;
const samples: readonly Typed[] = [
  { type: 'text', value: 'ada@example.com' },
  { type: 'text', value: '' },
  { type: 'bytes', value: Buffer.alloc(8) },
  { type: 'boolean', value: true },
  { type: 'int64', value: 0n },
  { type: 'bigint', value: -5n },
  { type: 'float64', value: 0 },
  { type: 'decimal', value: '0.00' },
  { type: 'instant', value: new Date(0) },
  { type: 'date', value: '2026-11-22' },
  { type: 'json', value: ['tea', null] },
];

function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (!isSafekeepError(error)) throw error;
    return error.code;
  }
  return 'accepted';
}
const opening = (text: string, type: ValueType, at = place, by: FieldSuite = suite) =>
  refusal(() => envelopes.open(text, at, type, { suite: by }));

describe.each(samples)('a value in suite 02: $type $value', (sample) => {
  const sealed = envelopes.seal(sample, place, { suite });
  const bytes = bytesOf(sealed);

  it('opens as itself, 32 bytes shorter than in suite 01', () => {
    expect(bytes.subarray(0, 6).toString('hex')).toBe('c102a1b2c3d4');
    expect(bytes.length + 32).toBe(bytesOf(envelopes.seal(sample, place)).length);
    expect(JSON.stringify(String(envelopes.open(sealed, place, sample.type, { suite })))).toBe(
      JSON.stringify(String(sample.value)),
    );
  });

  it('is refused with any single bit flipped, cut or made longer at either end', () => {
    const accepted: string[] = [];
    const attempt = (what: string, changed: Buffer) => {
      if (opening(textOf(changed), sample.type) === 'accepted') accepted.push(what);
    };
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const copy = Buffer.from(bytes);
      copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
      attempt(`bit ${bit}`, copy);
    }
    for (let length = 0; length < bytes.length; length += 1) {
      attempt(`first ${length}`, bytes.subarray(0, length));
      attempt(`last ${length}`, bytes.subarray(bytes.length - length));
    }
    for (const more of [1, 2, 16, 32]) {
      attempt(`${more} behind`, Buffer.concat([bytes, Buffer.alloc(more)]));
      attempt(`${more} before`, Buffer.concat([Buffer.alloc(more), bytes]));
    }
    expect(accepted).toEqual([]);
  });

  it('is refused under every other header', () => {
    for (let code = 0; code < 256; code += 1) {
      const copy = Buffer.from(bytes);
      copy[1] = code;
      if (code !== 2) expect(`${code} ${opening(textOf(copy), sample.type)}`).toBe(`${code} ERR_SEAL_KEY`);
    }
  });

  it('does not open in another row, column, table or tenant, as another type, or in another suite', () => {
    for (const at of [
      { ...place, row: 'c-2' },
      { ...place, column: 'phone' },
      { ...place, table: 'orders' },
      { ...place, tenant: 'south' },
      { ...place, tenant: undefined },
    ])
      expect(opening(sealed, sample.type, at)).toBe('ERR_SEAL_BROKEN');
    for (const { type } of samples) {
      if (type !== sample.type) expect(opening(sealed, type)).toBe('ERR_SEAL_BROKEN');
    }
    expect(opening(sealed, sample.type, place, 'kc-xaes-256-gcm')).toBe('ERR_SEAL_KEY');
    expect(refusal(() => envelopes.openMap(sealed, place))).toBe('ERR_SEAL_KEY');
    const relabelled = Buffer.from(bytes);
    relabelled[1] = 1;
    expect(opening(textOf(relabelled), sample.type, place, 'kc-xaes-256-gcm')).not.toBe('accepted');
    const committed = bytesOf(envelopes.seal(sample, place));
    committed[1] = 2;
    expect(opening(textOf(committed), sample.type)).not.toBe('accepted');
    const stripped = Buffer.concat([committed.subarray(0, 30), committed.subarray(62)]);
    expect(opening(textOf(stripped), sample.type)).toBe('ERR_SEAL_BROKEN');
  });
});

describe('suite 02', () => {
  it('refuses what it sealed for this place already, and takes what was moved for a customer’s text', () => {
    const sealed = envelopes.seal({ type: 'text', value: 'x' }, place, { suite });
    const again = (at: Place) => refusal(() => envelopes.seal({ type: 'text', value: sealed }, at, { suite }));
    expect(again(place)).toBe('ERR_ALREADY_SEALED');
    expect(again({ ...place, row: 'c-2' })).toBe('accepted');
    expect(envelopes.keyIdOf(sealed)).toBe(0xa1b2c3d4);
  });

  it('is refused under a name that is none', () => {
    for (const name of ['row', '02', 'toString', 2]) {
      const given = { suite: name as FieldSuite };
      expect(refusal(() => envelopes.seal({ type: 'text', value: 'x' }, place, given))).toBe('ERR_OPTION_INVALID');
      expect(refusal(() => envelopes.openAny('sf1.x', place, given))).toBe('ERR_OPTION_INVALID');
    }
  });

  it('stops with the ring', () => {
    const keys = ring();
    const closing = createEnvelopes({ application: 'shop', keys });
    const sealed = closing.seal({ type: 'text', value: 'x' }, place, { suite });
    keys.close();
    expect(refusal(() => closing.openAny(sealed, place, { suite }))).toBe('ERR_KEY_RING_CLOSED');
    expect(refusal(() => closing.seal({ type: 'text', value: 'x' }, place, { suite }))).toBe('ERR_KEY_RING_CLOSED');
  });
});
