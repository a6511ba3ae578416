import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGuessability, type Guessability } from '../../src/passwords/guessability.js';

/** A thread that does what the password says, or answers with the number of threads' first question: how old it is. */
const script = `
  const { parentPort } = require('node:worker_threads');
  let answered = 0;
  parentPort.on('message', ({ id, password }) => {
    if (password === 'throw') throw new Error('planted');
    if (password === 'exit') process.exit(0);
    if (password === 'hang') for (;;);
    if (password === 'stranger') parentPort.postMessage({ id: 999, guessesLog10: 99, pattern: 'common' });
    answered += 1;
    parentPort.postMessage({ id, guessesLog10: answered, pattern: 'common' });
  });`;
let folder: string;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'safekeep-guesses-'));
  file = join(folder, 'thread.cjs');
  await writeFile(file, script);
});
afterAll(() => rm(folder, { recursive: true }));

const guessesOf = async (guessability: Guessability, password: string) =>
  (await guessability.judge(password, []))?.guessesLog10;

describe('the thread that judges passwords', () => {
  it.each(['throw', 'exit'])(
    'gives no judgement when it ends by "%s", also to those that wait behind, and starts anew',
    async (end) => {
      const guessability = createGuessability({ file });
      expect(await guessesOf(guessability, 'first')).toBe(1);
      const asked = await Promise.all([end, 'behind', 'behind'].map((password) => guessesOf(guessability, password)));
      expect(asked).toEqual([undefined, undefined, undefined]);
      // One, not two: it is another thread.
      expect(await guessesOf(guessability, 'first of the next')).toBe(1);
    },
  );

  it('is ended when it answers nobody within its deadline', async () => {
    const guessability = createGuessability({ file, deadlineMs: 200 });
    const asked = await Promise.all(['hang', 'behind'].map((password) => guessesOf(guessability, password)));
    expect(asked).toEqual([undefined, undefined]);
    const next = createGuessability({ file });
    expect(await guessesOf(next, 'first')).toBe(1);
  });

  it('answers nobody for a question that was not asked', async () => {
    const guessability = createGuessability({ file });
    expect(await guessesOf(guessability, 'stranger')).toBe(1);
    expect(await guessesOf(guessability, 'another')).toBe(2);
  });

  it('does without when it cannot be started', async () => {
    const guessability = createGuessability({ file: join(folder, 'nowhere.cjs') });
    expect(await guessesOf(guessability, 'first')).toBeUndefined();
    expect(await guessesOf(guessability, 'second')).toBeUndefined();
  });
});
