import { describe, expect, it } from 'vitest';
import { createBodyKey, createNonces } from '../../src/aead/index.js';
import { createColumnKeys } from '../../src/envelope/column-keys.js';
import { createEnvelopes } from '../../src/envelope/index.js';
import { suites } from '../../src/envelope/suites.js';
import type { RingKey } from '../../src/keys/index.js';
import { fixedRing } from './fixed-ring.js';

const ring = fixedRing([{ id: 1, key: Buffer.alloc(32, 1) }]);
const place = { table: 'customers', column: 'email', row: 'c-1' };

const columnKeys = () =>
  createColumnKeys(suites['kc-xaes-256-gcm'], 'shop', (derive) =>
    createBodyKey(derive('sf1/enc'), { nonces: createNonces(), committed: true }),
  );

/** A key that counts how often something is derived from it. */
function counting(): { readonly key: RingKey; count: number } {
  const counted = { key: ring.active('fields'), count: 0 };
  const derive = (info: Uint8Array) => {
    counted.count += 1;
    return ring.active('fields').derive(info);
  };
  counted.key = { ...counted.key, derive };
  return counted;
}

describe('column keys', () => {
  it('are derived once for each column and kept', () => {
    const counted = counting();
    const columns = columnKeys();
    for (const column of ['email', 'phone', 'email']) columns.of(counted.key, { ...place, column });
    expect(counted.count).toBe(2);
  });

  it('are freed when they are dropped: one that somebody still holds seals nothing', () => {
    const columns = columnKeys();
    const { key } = columns.of(ring.active('fields'), place);
    columns.drop();
    expect(() => key.sealInto(Buffer.alloc(200), 0, Buffer.alloc(3), Buffer.alloc(0))).toThrow();
  });

  it('do not grow without end: past 4096 they begin anew', () => {
    const counted = counting();
    const columns = columnKeys();
    for (let at = 0; at < 4097; at += 1) columns.of(counted.key, { ...place, column: `c${at}` });
    columns.of(counted.key, { ...place, column: 'c4096' });
    expect(counted.count).toBe(4097);
    columns.of(counted.key, { ...place, column: 'c0' });
    expect(counted.count).toBe(4098);
  });

  it('are dropped by the envelopes when the ring is closed', () => {
    const counted = counting();
    const drops: (() => void)[] = [];
    const keys = { ...ring, active: () => counted.key, onClose: (drop: () => void) => void drops.push(drop) };
    const envelopes = createEnvelopes({ application: 'shop', keys });
    envelopes.seal({ type: 'text', value: 'x' }, place);
    for (const drop of drops) drop();
    envelopes.seal({ type: 'text', value: 'x' }, place);
    expect(counted.count).toBe(2);
  });

  it('go with the pool of nonces when the ring is closed', () => {
    const keys = fixedRing([{ id: 1, key: Buffer.alloc(32, 1) }]);
    const pools: Buffer[] = [];
    const bytes = (count: number) => {
      pools.push(Buffer.alloc(count, 0xaa));
      return pools.at(-1) as Buffer;
    };
    const envelopes = createEnvelopes({ application: 'shop', keys, random: { bytes, below: () => 0 } });
    envelopes.seal({ type: 'text', value: 'x' }, place);
    expect(pools[0]?.some((byte) => byte !== 0)).toBe(true);
    keys.close();
    expect(pools[0]?.every((byte) => byte === 0)).toBe(true);
  });
});
