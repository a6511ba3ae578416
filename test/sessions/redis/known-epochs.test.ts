import { describe, expect, it } from 'vitest';
import type { Database } from '../../../src/base/ports/database.js';
import { knownEpochs } from '../../../src/sessions/redis/known-epochs.js';

function open(keepMs = 5000) {
  const asked: unknown[] = [];
  const answers: ((rows: readonly object[]) => void)[] = [];
  const state = { epoch: 1, held: false };
  const query = (_sql: string, values: readonly unknown[]) => {
    asked.push(values[1]);
    if (!state.held) return Promise.resolve([{ epoch: state.epoch }]);
    return new Promise((resolve) => answers.push(resolve));
  };
  const database = { query } as unknown as Database;
  return { asked, answers, state, epochs: knownEpochs({ database, realm: 'customers', keepMs }) };
}

describe('the epochs that a process knows', () => {
  it('are read again when the stated time is over, and for each account', async () => {
    const { asked, epochs, state } = open();
    expect([await epochs.of('ada', 1000), await epochs.of('ada', 5999)]).toEqual([1, 1]);
    state.epoch = 2;
    expect([await epochs.of('ada', 5999), await epochs.of('bob', 5999)]).toEqual([1, 2]);
    expect(await epochs.of('ada', 6000)).toBe(2);
    expect(asked).toEqual(['ada', 'bob', 'ada']);
  });

  it('are read every time where the stated time is none, and when one was raised here', async () => {
    const { asked, epochs } = open(0);
    for (let at = 0; at < 3; at += 1) await epochs.of('ada', 1000);
    expect(asked).toHaveLength(3);
    const kept = open();
    await kept.epochs.of('ada', 1000);
    kept.epochs.forget('ada');
    await kept.epochs.of('ada', 1000);
    expect(kept.asked).toHaveLength(2);
  });

  it('are read again where the clock was set back', async () => {
    const { asked, epochs } = open();
    await epochs.of('ada', 10_000);
    await epochs.of('ada', 9_000);
    expect(asked).toHaveLength(2);
  });

  it('are as old as the question, and no late answer takes the place of a newer one', async () => {
    const { answers, epochs, state } = open();
    state.held = true;
    const [first, second] = [epochs.of('ada', 1000), epochs.of('ada', 3000)];
    answers[1]?.([{ epoch: 2 }]);
    expect(await second).toBe(2);
    answers[0]?.([{ epoch: 1 }]);
    expect(await first).toBe(1);
    expect(await epochs.of('ada', 7999)).toBe(2);
  });

  it('are those of ten thousand accounts and no more', async () => {
    const { asked, epochs } = open();
    for (let at = 0; at <= 10_000; at += 1) await epochs.of(`a${at}`, 1000);
    asked.length = 0;
    await epochs.of('a1', 1000);
    expect(asked).toEqual([]);
    await epochs.of('a0', 1000);
    expect(asked).toEqual(['a0']);
  });
});
