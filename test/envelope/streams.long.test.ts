import { createHash } from 'node:crypto';
import { Readable, Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import { createEnvelopes } from '../../src/envelope/index.js';
import { fixedRing } from './fixed-ring.js';

const mebibyte = 2 ** 20;

describe('a sealed stream, at length', () => {
  it('holds the memory of the process flat over a gibibyte', async () => {
    const envelopes = createEnvelopes({ application: 'shop', keys: fixedRing([{ id: 1, key: Buffer.alloc(32, 1) }]) });
    const place = { table: 'documents', column: 'scan', row: 'd-1' };
    const piece = Buffer.alloc(65_536, 'Larkspur Lane ');
    const [before, after] = [createHash('sha256'), createHash('sha256')];
    const resident: number[] = [];
    let passed = 0;
    const gauge = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        if (Math.floor(passed / (64 * mebibyte)) !== Math.floor((passed + chunk.length) / (64 * mebibyte)))
          resident.push(process.memoryUsage().rss);
        passed += chunk.length;
        done(null, chunk);
      },
    });
    const source = function* () {
      for (let sent = 0; sent < 1024 * mebibyte; sent += piece.length) {
        before.update(piece);
        yield piece;
      }
    };
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        after.update(chunk);
        done();
      },
    });
    const stages = [envelopes.sealStream(place), gauge, envelopes.openStream(place)] as const;
    await pipeline(Readable.from(source(), { objectMode: false }), ...stages, sink);
    expect(after.digest('hex')).toBe(before.digest('hex'));
    // After the first 128 MiB, by when the allocator has what it needs, another 896 MiB add next to nothing.
    const [settled = 0, ...later] = resident.slice(1);
    expect(later.length).toBeGreaterThan(12);
    expect(Math.max(...later) - settled).toBeLessThan(96 * mebibyte);
  });
});
