import { describe, expect, it } from 'vitest';
import { createNonces } from '../../src/aead/nonces.js';
import { systemRandom } from '../../src/base/clock.js';

describe('the nonce pool', () => {
  it('asks the generator once for 341 nonces and gives each of them once', () => {
    let asked = 0;
    const nonces = createNonces({
      ...systemRandom,
      bytes: (count) => {
        asked += 1;
        return systemRandom.bytes(count);
      },
    });
    const seen = new Set<string>();
    const out = Buffer.alloc(24);
    for (let i = 0; i < 342; i += 1) {
      nonces.drawInto(out, 0);
      seen.add(out.toString('hex'));
    }
    expect(seen.size).toBe(342);
    expect(asked).toBe(2);
  });

  it('wipes a nonce from the pool as it is drawn', () => {
    let pool = Buffer.alloc(0);
    const nonces = createNonces({
      ...systemRandom,
      bytes: (count) => {
        pool = Buffer.alloc(count, 0xaa);
        return pool;
      },
    });
    const out = Buffer.alloc(30);
    nonces.drawInto(out, 3);
    expect(out.subarray(3, 27)).toEqual(Buffer.alloc(24, 0xaa));
    expect(pool.subarray(0, 24)).toEqual(Buffer.alloc(24));
    expect(pool.subarray(24, 48)).toEqual(Buffer.alloc(24, 0xaa));
  });

  it('wipes what is left of the pool when it is dropped, and then fetches anew', () => {
    const pools: Buffer[] = [];
    const nonces = createNonces({
      ...systemRandom,
      bytes: (count) => {
        pools.push(Buffer.alloc(count, 0xaa));
        return pools.at(-1) as Buffer;
      },
    });
    const out = Buffer.alloc(24);
    nonces.drawInto(out, 0);
    nonces.drop();
    expect(pools[0]?.every((byte) => byte === 0)).toBe(true);
    nonces.drawInto(out, 0);
    expect(out).toEqual(Buffer.alloc(24, 0xaa));
    expect(pools.length).toBe(2);
  });

  it('refuses a generator that answers too few bytes, which would leave zeros in a nonce', () => {
    const nonces = createNonces({ ...systemRandom, bytes: () => Buffer.alloc(24) });
    expect(() => nonces.drawInto(Buffer.alloc(24), 0)).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID' }));
  });
});
