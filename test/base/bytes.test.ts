import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equalBytes, fromBase64Url, pae, u32, utf8, writeText } from '../../src/base/bytes.js';

/** Reads an encoding back; the encoding is injective exactly when every list comes back as it went in. */
function unpae(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  let at = 4;
  for (let left = bytes.readUInt32BE(0); left > 0; left -= 1) {
    const end = at + 4 + bytes.readUInt32BE(at);
    parts.push(bytes.subarray(at + 4, end));
    at = end;
  }
  expect(at).toBe(bytes.length);
  return parts;
}

describe('pae', () => {
  it('writes the count, then length and bytes of each part, big-endian', () => {
    expect(pae([]).toString('hex')).toBe('00000000');
    expect(pae([utf8('ab'), utf8('')]).toString('hex')).toBe('00000002' + '00000002' + '6162' + '00000000');
  });

  it('can be read back for every list of parts', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 }), (parts) => {
        expect(unpae(pae(parts)).map((part) => part.toString('hex'))).toEqual(
          parts.map((part) => Buffer.from(part).toString('hex')),
        );
      }),
    );
  });

  it('tells two different lists apart, also when their concatenations are equal', () => {
    const cut = fc
      .tuple(
        fc.uint8Array({ minLength: 1, maxLength: 30 }),
        fc.array(fc.nat(30), { maxLength: 4 }),
        fc.array(fc.nat(30), { maxLength: 4 }),
      )
      .map(([bytes, a, b]) => [a, b].map((cuts) => cutAt(bytes, cuts)) as [Uint8Array[], Uint8Array[]]);
    fc.assert(
      fc.property(cut, ([one, other]) => {
        const same = one.length === other.length && one.every((part, index) => part.length === other[index]?.length);
        expect(pae(one).equals(pae(other))).toBe(same);
      }),
    );
  });
});

function cutAt(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [0, ...cuts.map((place) => Math.min(place, bytes.length)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

describe('u32', () => {
  it('writes four bytes, big-endian, and refuses what does not fit', () => {
    expect(u32(0x01020304).toString('hex')).toBe('01020304');
    expect(u32(2 ** 32 - 1).toString('hex')).toBe('ffffffff');
    expect(() => u32(2 ** 32)).toThrow(RangeError);
    expect(() => u32(-1)).toThrow(RangeError);
  });
});

describe('equalBytes', () => {
  it('compares contents, and lengths first', () => {
    expect(equalBytes(utf8('same'), new Uint8Array(utf8('same')))).toBe(true);
    expect(equalBytes(utf8('same'), utf8('samE'))).toBe(false);
    expect(equalBytes(utf8('same'), utf8('same '))).toBe(false);
    expect(equalBytes(utf8(''), utf8(''))).toBe(true);
  });
});

describe('fromBase64Url', () => {
  it('reads what a canonical encoder wrote', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(fromBase64Url(Buffer.from(bytes).toString('base64url'))?.equals(bytes)).toBe(true);
      }),
    );
  });

  it.each([
    ['padding', 'YQ=='],
    ['the other alphabet', '+/+/'],
    ['a blank', 'YW Jj'],
    ['a line break at the end', 'YWJj\n'],
    ['stray bits in the last character', 'YR'],
    ['an impossible length', 'YWJjZ'],
  ])('answers null for %s, so that one value has one spelling', (_, text) => {
    expect(fromBase64Url(text)).toBeNull();
  });
});

describe('text written by hand', () => {
  it('is what the platform writes, short or long, ASCII or not', () => {
    for (const text of [
      '',
      '17',
      'ada@example.com',
      'é',
      'abc é',
      '\u{1f511}',
      'x'.repeat(40),
      'x'.repeat(41),
      'é'.repeat(41),
    ]) {
      const [ours, theirs] = [Buffer.alloc(130, 1), Buffer.alloc(130, 1)];
      expect(writeText(text, ours, 2)).toBe(theirs.write(text, 2, 'utf8'));
      expect(ours.equals(theirs)).toBe(true);
    }
  });
});
