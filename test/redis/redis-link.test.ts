import { describe, expect, it } from 'vitest';
import { redisLink } from '../../src/redis/index.js';
import { manualClock } from '../passwords/manual-clock.js';

function open() {
  const clock = manualClock();
  const changes: boolean[] = [];
  const client = { options: { host: '127.0.0.1' }, evalsha: () => undefined, eval: () => undefined };
  const link = redisLink(client, {
    ...{ refusal: 'ERR_SESSIONS_PLAINTEXT', timeoutMs: 1000, pauseMs: 1000, clock },
    onChange(isUp) {
      changes.push(isUp);
      throw new Error('a hook that is broken');
    },
  });
  let asked = 0;
  const ask = (work: () => Promise<number>) =>
    link.ask(() => {
      asked += 1;
      return work();
    });
  return { clock, changes, link, ask, asked: () => asked };
}
const broken = () => Promise.reject(new Error('down'));

describe('a link to Redis', () => {
  it('is not asked any more after five failures in a row, so that nobody waits for it, and by one once a pause', async () => {
    const { clock, changes, link, ask, asked } = open();
    for (let at = 0; at < 9; at += 1) expect(await ask(broken)).toBeUndefined();
    expect([asked(), link.isUp(), changes]).toEqual([5, false, [false]]);
    await clock.advance(1000);
    await Promise.all(Array.from({ length: 4 }, () => ask(broken)));
    expect(asked()).toBe(6);
    await clock.advance(1000);
    expect(await ask(() => Promise.resolve(7))).toEqual({ value: 7 });
    expect([asked(), link.isUp(), changes]).toEqual([7, true, [false, true]]);
  });
});
