import { lookup } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createPasswords } from '../../src/passwords/index.js';
import { fakeEngine } from './fake-engine.js';
import { manualClock, settled } from './manual-clock.js';

const good = 'salt marsh at low tide';
const account = '17';

describe('500 sign-ins at once', () => {
  it('run two at a time, wait 128 at most, and the rest is refused without any time passing', async () => {
    const engine = fakeEngine(true);
    const passwords = createPasswords({ engine, clock: manualClock(), gate: { running: 2 }, memoryCeilingKiB: 19456 });
    const hashed = passwords.hash(good, { account });
    await settled();
    engine.finishOne();
    const stored = await hashed;
    const answers: string[] = [];
    const storm = Array.from({ length: 500 }, (_, index) => {
      const typed = index % 3 === 0 ? good : `guess ${index}`;
      const from = { account, client: { subnet: `203.0.113.${index % 50}/32` } };
      return passwords.verify(index % 7 === 0 ? null : stored, typed, from).then(
        (verified) => {
          const isRight = index % 3 === 0 && index % 7 !== 0;
          answers.push((verified !== null) === isRight ? 'decided rightly' : 'decided wrongly');
        },
        (error: { code: string }) => answers.push(error.code),
      );
    });
    await settled();
    expect(passwords.load()).toEqual({ running: 2, waiting: 128 });
    expect(answers).toEqual(Array(370).fill('ERR_PASSWORD_BUSY'));
    for (let ended = 0; ended < 130; ended += 1) {
      expect(engine.running()).toBeLessThanOrEqual(2);
      engine.finishOne();
      await settled();
    }
    await Promise.all(storm);
    expect(answers.slice(370)).toEqual(Array(130).fill('decided rightly'));
    // Memory: never more at once than the bound that the server is told.
    expect(engine.most() * 19456).toBe(passwords.memoryBoundKiB);
    expect(engine.requests.length).toBe(1 + 130);
  });

  it.each(['argon2', '@node-rs/argon2'] as const)(
    'leave the file system and DNS threads to work with (%s)',
    async (engine) => {
      const passwords = createPasswords({ engine, gate: { running: 2, queue: 16, deadlineMs: 60_000 } });
      const stored = await passwords.hash(good, { account });
      const order: string[] = [];
      const storm = Array.from({ length: 500 }, () =>
        passwords.verify(stored, good, { account }).then(
          (verified) => order.push(verified === null ? 'wrong' : 'right'),
          () => order.push('refused'),
        ),
      );
      const reads = [
        readFile(fileURLToPath(import.meta.url)).then(() => order.push('read')),
        lookup('localhost').then(() => order.push('looked up')),
      ];
      await Promise.all([...storm, ...reads]);
      expect(order.filter((what) => what === 'right').length).toBe(18);
      expect(order.filter((what) => what === 'refused').length).toBe(482);
      // Two threads are busy and two are free: both are served among the first hashes. Without a gate the pool's queue
      // would hold them behind five hundred.
      const lastHash = order.lastIndexOf('right');
      const before = order.slice(0, lastHash).filter((what) => what === 'right').length;
      for (const what of ['read', 'looked up']) {
        const hashesBefore = order.slice(0, order.indexOf(what)).filter((done) => done === 'right').length;
        expect(hashesBefore).toBeLessThan(before / 2);
      }
    },
  );
});
