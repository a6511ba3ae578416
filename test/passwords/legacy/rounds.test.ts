import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { fromCrypt64, toCrypt64 } from '../../../src/passwords/legacy/crypt-base64.js';
import { startRounds } from '../../../src/passwords/legacy/rounds.js';
import { isTooLong, runRounds } from '../../../src/passwords/legacy/run-rounds.js';
import { shaCryptScheme } from '../../../src/passwords/legacy/sha-crypt.js';
import { root } from '../../house/tree.js';

const worker = pathToFileURL(join(root, 'dist/passwords/legacy/rounds-worker.js'));
const password = Buffer.from('we have a short salt string but not a short password');
// SHA-crypt.txt of Ulrich Drepper.
const stored = '$5$rounds=77777$short$JiO1O3ZpDAxGJeaDIuqCoEFysAe1mZNJRs3pw0KQRd/';
const job = { kind: 'sha256-crypt', password, salt: Buffer.from('short'), rounds: 77_777 } as const;
const expected = shaCryptScheme('sha256-crypt', 77_777).read(stored)?.digest;

/** Just long enough for a thread. */
const shorter = { ...job, rounds: 10_500 };
const computed = startRounds(shorter).run(Number.POSITIVE_INFINITY);

describe('a computation in rounds', () => {
  it('gives the same digest in one go and in slices', () => {
    const small = { ...job, rounds: 1000 };
    const rounds = startRounds(small);
    let digest: Buffer | undefined;
    let slices = 0;
    for (; digest === undefined; slices += 1) digest = rounds.run(7);
    expect(slices).toBe(Math.ceil(1000 / 7));
    expect(digest).toEqual(startRounds(small).run(Number.POSITIVE_INFINITY));
  });

  it('runs in a worker thread where it is long, and the event loop goes on meanwhile', async () => {
    expect(existsSync(worker)).toBe(true);
    const before = process.cpuUsage();
    const alone = performance.eventLoopUtilization();
    const digest = await runRounds(job, worker);
    const { utilization } = performance.eventLoopUtilization(alone);
    expect(digest).toEqual(expected);
    // It worked, and not here.
    expect(process.cpuUsage(before).user).toBeGreaterThan(10_000);
    expect(utilization).toBeLessThan(0.5);
  });

  it('runs here where no worker can be started', async () => {
    expect(await runRounds(shorter, new URL('nothing.js', worker))).toEqual(computed);
  });

  it('runs here in slices where threads are refused outright, and lets others have their turn', async () => {
    let turns = 0;
    let done = false;
    const others = (async () => {
      for (; !done; turns += 1) await new Promise((resolve) => setImmediate(resolve));
    })();
    expect(await runRounds(shorter, new URL('https://shop.example/worker.js'))).toEqual(computed);
    done = true;
    await others;
    expect(turns).toBeGreaterThanOrEqual(10);
  });

  it('is none where the password is so long that it would take longer than what is declared', () => {
    const long = Buffer.alloc(200, 'x');
    expect(isTooLong(long, 656_000, 656_000)).toBe(true);
    expect(isTooLong(long.subarray(0, 128), 656_000, 656_000)).toBe(false);
    expect(isTooLong(Buffer.alloc(1024), 5000, 656_000)).toBe(false);
    expect(isTooLong(Buffer.alloc(1024), 5000, 5000)).toBe(false);
  });

  it('answers null for such a password before any work', async () => {
    const scheme = shaCryptScheme('sha512-crypt', 2_000_000);
    const settings = { variant: 'sha512-crypt', costs: [2_000_000], salt: Buffer.from('salt'), digestBytes: 64 };
    const startedMs = performance.now();
    expect(await scheme.digestOf(settings, Buffer.alloc(129, 'x'))).toBeNull();
    expect(performance.now() - startedMs).toBeLessThan(50);
  });
});

describe("crypt's base64", () => {
  const order = [0, 1, 2, 3];
  it('reads what it writes, and one spelling only', () => {
    const bytes = Buffer.from('00ff10a5', 'hex');
    const text = toCrypt64(bytes, order);
    expect(text).toHaveLength(6);
    expect(fromCrypt64(text, order)).toEqual(bytes);
    expect(fromCrypt64(`${text.slice(0, 5)}z`, order)).toBeNull();
    expect(fromCrypt64('!!!!!!', order)).toBeNull();
  });
});
