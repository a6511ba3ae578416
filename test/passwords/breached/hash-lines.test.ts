import { hash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHashLines } from '../../../src/passwords/breached/hash-lines.js';

const ada = hash('sha1', 'ada');
const bob = hash('sha1', 'bob').toUpperCase();
function read(chunks: readonly (string | Uint8Array)[], minCount = 0): readonly string[] {
  const found: string[] = [];
  const lines = createHashLines(minCount, (sha1) => found.push(Buffer.from(sha1).toString('hex')));
  for (const chunk of chunks) lines.write(Buffer.from(chunk));
  lines.end();
  return found;
}
const refusal = (facts: object) => expect.objectContaining({ code: 'ERR_BREACHED_INPUT', facts });

describe('lines of hashes', () => {
  it('are read in upper and lower case, with counts and without, with any line ends', () => {
    expect(read([`${ada}\n${bob}:3\r\n\n  ${ada} \n\t\n${bob}`])).toEqual(
      [ada, bob, ada, bob].map((h) => h.toLowerCase()),
    );
    expect(read([`\ufeff${ada}:1\r\n`])).toEqual([ada]);
    expect(read([''])).toEqual([]);
  });

  it('give the same hashes wherever the stream is cut', () => {
    const text = Buffer.from(`${ada}:12\r\n${bob}\n\n${ada.toUpperCase()}:7`);
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 8 }), (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), text.length];
        const chunks = places.slice(1).map((to, index) => text.subarray(places[index], to));
        expect(read(chunks)).toEqual([ada, bob.toLowerCase(), ada]);
      }),
    );
  });

  it('are left out below the least count, and refused without one', () => {
    expect(read([`${ada}:9\n${bob}:10\n`], 10)).toEqual([bob.toLowerCase()]);
    expect(() => read([`${ada}:9\n${bob}\n`], 10)).toThrow(refusal({ line: 2, because: 'count' }));
  });

  it.each([
    [`${ada}\n${ada.slice(1)}\n`, 2, 'hash'],
    [`${ada}x`, 1, 'hash'],
    [`\n\n${ada.slice(0, 39)}g:1`, 3, 'hash'],
    [`${ada.slice(0, 32)}:5`, 1, 'hash'],
    ['password\n', 1, 'hash'],
    [`${ada}:`, 1, 'count'],
    [`${ada}:1.5`, 1, 'count'],
    [`${ada}:-1`, 1, 'count'],
    [`${ada}:${'9'.repeat(16)}`, 1, 'count'],
    [`${ada}\n\ufeff${bob}`, 2, 'hash'],
    ['x'.repeat(1_000_000), 1, 'hash'],
  ])('that are none end the reading with their number: %#', (text, line, because) => {
    expect(() => read([text])).toThrow(refusal({ line, because }));
    // Cut in the middle it is refused too, and no line is ever kept that is longer than one can be.
    expect(() => read([text.slice(0, 30), text.slice(30)])).toThrow(refusal({ line, because }));
  });
});
