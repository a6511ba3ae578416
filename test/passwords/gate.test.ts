import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { type Random, systemRandom } from '../../src/base/clock.js';
import { type Client, createGate, type Gate, type GateOptions } from '../../src/passwords/gate.js';
import { type ManualClock, manualClock, settled } from './manual-clock.js';

const busy = expect.objectContaining({ code: 'ERR_PASSWORD_BUSY', status: 503 });
const abandoned = expect.objectContaining({ code: 'ERR_PASSWORD_ABANDONED', status: 503 });

/** A gate, and work that is told when to end. */
function stage(options: GateOptions, clock: ManualClock = manualClock(), random: Random = systemRandom) {
  const gate: Gate = createGate(options, clock, random);
  const started: string[] = [];
  const ends = new Map<string, (error?: Error) => void>();
  const answers = new Map<string, unknown>();
  function ask(name: string, client?: Client, signal?: AbortSignal): void {
    const work = () =>
      new Promise<string>((resolve, reject) => {
        started.push(name);
        ends.set(name, (error) => (error ? reject(error) : resolve(name)));
      });
    void gate.run(work, client, signal).then(
      (answer) => answers.set(name, answer),
      (error: unknown) => answers.set(name, error),
    );
  }
  async function end(name: string, error?: Error): Promise<void> {
    ends.get(name)?.(error);
    await settled();
  }
  return { gate, clock, started, answers, ask, end };
}

describe('createGate', () => {
  it('runs no more than it may at once, and the next as soon as one ends', async () => {
    const { gate, started, answers, ask, end } = stage({ running: 2 });
    for (const name of ['a', 'b', 'c', 'd']) ask(name);
    await settled();
    expect(started).toEqual(['a', 'b']);
    expect(gate.load()).toEqual({ running: 2, waiting: 2 });
    await end('b');
    expect(started).toEqual(['a', 'b', 'c']);
    expect(answers).toEqual(new Map([['b', 'b']]));
    for (const name of ['a', 'c', 'd']) await end(name);
    expect([...answers.keys()].sort()).toEqual(['a', 'b', 'c', 'd']);
    expect(gate.load()).toEqual({ running: 0, waiting: 0 });
  });

  it('frees the slot of work that fails, at once or later, and passes its error on', async () => {
    const { gate, answers, ask, end } = stage({ running: 1 });
    const failure = new Error('engine');
    ask('a');
    await end('a', failure);
    expect(answers.get('a')).toBe(failure);
    const thrown = gate.run(() => {
      throw failure;
    });
    await expect(thrown).rejects.toBe(failure);
    expect(gate.load()).toEqual({ running: 0, waiting: 0 });
    expect(await gate.run(async () => 'next')).toBe('next');
  });

  it('runs as many as there are cores and at most two unless told otherwise', () => {
    expect(createGate({}, manualClock(), systemRandom).running).toBe(Math.max(1, Math.min(2, availableParallelism())));
  });

  it.each([
    { running: 0 },
    { running: 65 },
    { queue: -1 },
    { queue: 1025 },
    { deadlineMs: 9 },
    { deadlineMs: 60_001 },
    { deadlineMs: Number.POSITIVE_INFINITY },
  ])('refuses %j', (options) => {
    expect(() => createGate(options, manualClock(), systemRandom)).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_INVALID' }),
    );
  });

  describe('when there is too much', () => {
    it('refuses at once with 503 what finds the queue full', async () => {
      const { started, answers, ask } = stage({ running: 1, queue: 1 });
      for (const name of ['a', 'b', 'c']) ask(name);
      await settled();
      expect(answers).toEqual(new Map([['c', busy]]));
      expect(started).toEqual(['a']);
    });

    it('refuses what waited until its deadline, and never runs it', async () => {
      const { gate, clock, started, answers, ask, end } = stage({ running: 1, deadlineMs: 2000 });
      ask('a');
      ask('b');
      await clock.advance(1999);
      expect(answers.size).toBe(0);
      await clock.advance(1);
      expect(answers).toEqual(new Map([['b', busy]]));
      expect(gate.load()).toEqual({ running: 1, waiting: 0 });
      await end('a');
      expect(started).toEqual(['a']);
    });

    it('does not run what is past its deadline even when its timer is late', async () => {
      const clock = manualClock();
      const late = { ...clock, wait: () => new Promise<void>(() => {}) };
      const { started, answers, ask, end } = stage({ running: 1, deadlineMs: 2000 }, late);
      ask('a');
      ask('b');
      await clock.advance(2000);
      ask('c');
      await end('a');
      expect(answers.get('b')).toEqual(busy);
      expect(started).toEqual(['a', 'c']);
    });

    it('refuses at once what could not be served before its deadline, as the hashes of late took', async () => {
      const { gate, clock, answers, ask, end } = stage({ running: 1, queue: 128, deadlineMs: 2000 });
      ask('slow');
      await clock.advance(400);
      await end('slow');
      for (let index = 0; index < 20; index += 1) ask(`a${index}`);
      await settled();
      // One runs and 2000 / 400 wait; nobody is kept waiting for a 503.
      expect(gate.load()).toEqual({ running: 1, waiting: 5 });
      expect([...answers.values()].filter((answer) => answer !== 'slow')).toEqual(Array(14).fill(busy));
    });

    it('counts on a share of the slots only, while trusted clients wait too', async () => {
      const { gate, clock, ask, end } = stage({ running: 2, queue: 128, deadlineMs: 2000 });
      ask('slow');
      await clock.advance(500);
      await end('slow');
      for (let index = 0; index < 3; index += 1) ask(`T${index}`, { trusted: true });
      for (let index = 0; index < 20; index += 1) ask(`a${index}`);
      await settled();
      // The one trusted request that waits has slot 0: four of the others can be served by slot 1.
      expect(gate.load()).toEqual({ running: 2, waiting: 1 + 4 });
      for (let index = 3; index < 23; index += 1) ask(`T${index}`, { trusted: true });
      expect(gate.load().waiting).toBe(4 + 4);
    });

    it('lets as many wait as may run, however slow the machine is, and forgets a stall', async () => {
      const { gate, clock, ask, end } = stage({ running: 1, queue: 128, deadlineMs: 1000 });
      ask('stalled');
      await clock.advance(60_000);
      await end('stalled');
      ask('a0');
      ask('a1');
      ask('a2');
      expect(gate.load()).toEqual({ running: 1, waiting: 1 });
      ask('T', { trusted: true });
      expect(gate.load()).toEqual({ running: 1, waiting: 2 });
      for (const name of ['a0', 'a1', 'T', 'a1']) await end(name);
      expect(gate.load()).toEqual({ running: 0, waiting: 0 });
      for (let index = 0; index < 22; index += 1) {
        ask(`quick${index}`);
        await end(`quick${index}`);
      }
      for (let index = 0; index < 100; index += 1) ask(`b${index}`);
      expect(gate.load().waiting).toBeGreaterThan(12);
    });

    it('keeps one timer for all that wait, and none for what was pushed out', async () => {
      const clock = manualClock();
      let timers = 0;
      const counting = {
        ...clock,
        wait(ms: number) {
          timers += 1;
          return clock.wait(ms);
        },
      };
      const { answers, ask } = stage({ running: 1, queue: 4, deadlineMs: 2000 }, counting);
      for (let index = 0; index < 50; index += 1) ask(`flood${index}`, { subnet: '198.51.100.1/32' });
      for (let index = 0; index < 50; index += 1) ask(`n${index}`, { subnet: `203.0.113.${index}/32` });
      expect(timers).toBe(1);
      await clock.advance(2000);
      expect(timers).toBe(1);
      expect(answers.size).toBe(99);
    });

    it('refuses each at its own deadline, of whichever lane and queue', async () => {
      const { clock, answers, ask } = stage({ running: 1, deadlineMs: 2000 });
      ask('running');
      ask('a', { subnet: '198.51.100.1/32' });
      await clock.advance(500);
      ask('b', { subnet: '203.0.113.7/32' });
      ask('T', { trusted: true });
      await clock.advance(500);
      ask('c', { subnet: '198.51.100.1/32' });
      for (const [ms, refused] of [
        [1000, ['a']],
        [500, ['a', 'T', 'b']],
        [499, ['a', 'T', 'b']],
        [1, ['a', 'T', 'b', 'c']],
      ] as const) {
        await clock.advance(ms);
        expect([...answers.keys()]).toEqual(refused);
      }
    });

    it('sets the timer anew for who comes after all were refused', async () => {
      const { clock, answers, ask } = stage({ running: 1, deadlineMs: 2000 });
      ask('running');
      for (const name of ['a', 'b']) {
        ask(name);
        await clock.advance(2000);
        expect([...answers.keys()].at(-1)).toBe(name);
      }
    });

    it('lets what started in time end, however long it takes', async () => {
      const { clock, answers, ask, end } = stage({ running: 1, deadlineMs: 2000 });
      ask('a');
      ask('b');
      await end('a');
      await clock.advance(10_000);
      await end('b');
      expect(answers.get('b')).toBe('b');
    });

    it('says when to come back, spread out so that not all come back together', async () => {
      const seen = new Set<unknown>();
      for (let draw = 0; draw < 5; draw += 1) {
        const random: Random = { ...systemRandom, below: (limit) => draw % limit };
        const { answers, ask } = stage({ running: 1, queue: 0, deadlineMs: 1500 }, manualClock(), random);
        ask('a');
        ask('b');
        await settled();
        seen.add((answers.get('b') as { facts: { retryAfterSeconds: number } }).facts.retryAfterSeconds);
      }
      expect([...seen]).toEqual([2, 3, 4, 5, 6]);
    });
  });

  describe('between subnets', () => {
    it('lets another subnet in after one of a flood, not after all of it', async () => {
      const { started, ask, end } = stage({ running: 1 });
      for (let index = 0; index < 50; index += 1) ask(`flood${index}`, { subnet: '198.51.100.1/32' });
      ask('ada', { subnet: '203.0.113.7/32' });
      await end('flood0');
      await end('flood1');
      expect(started).toEqual(['flood0', 'flood1', 'ada']);
    });

    it('makes room in a full queue at the cost of the flood', async () => {
      const { answers, ask, end, started } = stage({ running: 1, queue: 10 });
      for (let index = 0; index < 11; index += 1) ask(`flood${index}`, { subnet: '198.51.100.1/32' });
      ask('ada', { subnet: '203.0.113.7/32' });
      await settled();
      expect(answers).toEqual(new Map([['flood10', busy]]));
      await end('flood0');
      await end('flood1');
      expect(started).toContain('ada');
    });

    it('puts those of unknown origin into one lane', async () => {
      const { started, ask, end } = stage({ running: 1 });
      for (const name of ['a', 'b', 'c']) ask(name);
      ask('known', { subnet: '203.0.113.7/32' });
      await end('a');
      await end('b');
      expect(started).toEqual(['a', 'b', 'known']);
    });
  });

  describe('for trusted clients', () => {
    const subnet = '198.51.100.1/32';

    it('keeps one slot: it goes to them first, the others to everybody else', async () => {
      const { started, ask, end } = stage({ running: 2 });
      for (const name of ['a', 'b', 'c', 'd']) ask(name, { subnet });
      for (const name of ['T1', 'T2', 'T3']) ask(name, { subnet, trusted: true });
      await end('a');
      await end('b');
      await end('T1');
      await end('c');
      expect(started).toEqual(['a', 'b', 'T1', 'c', 'T2', 'd']);
    });

    it('lets no slot idle while only one side waits', async () => {
      const { started, ask, end } = stage({ running: 2 });
      for (const name of ['T1', 'T2', 'T3', 'T4']) ask(name, { trusted: true });
      await end('T1');
      await end('T2');
      expect(started).toEqual(['T1', 'T2', 'T3', 'T4']);
    });

    it('takes turns on a single slot, so that neither side starves', async () => {
      const { started, ask, end } = stage({ running: 1 });
      ask('first');
      for (const name of ['a', 'b', 'c']) ask(name, { subnet });
      for (const name of ['T1', 'T2']) ask(name, { trusted: true });
      for (const name of ['first', 'T1', 'a', 'T2', 'b']) await end(name);
      expect(started).toEqual(['first', 'T1', 'a', 'T2', 'b', 'c']);
    });

    it('has places of its own in the queue, which a flood of strangers cannot fill', async () => {
      const { answers, ask } = stage({ running: 1, queue: 2 });
      for (let index = 0; index < 20; index += 1) ask(`flood${index}`, { subnet: `198.51.100.${index}/32` });
      ask('T1', { trusted: true });
      await settled();
      expect(answers.has('T1')).toBe(false);
    });
  });

  describe('for a client that went away', () => {
    it('drops what still waits, and gives its place to the next', async () => {
      const { gate, started, answers, ask, end } = stage({ running: 1 });
      const gone = new AbortController();
      ask('a');
      ask('b', {}, gone.signal);
      ask('c');
      gone.abort();
      await settled();
      expect(answers).toEqual(new Map([['b', abandoned]]));
      expect(gate.load().waiting).toBe(1);
      await end('a');
      expect(started).toEqual(['a', 'c']);
    });

    it('does not begin for one that was gone before', async () => {
      const { started, answers, ask } = stage({ running: 1 });
      ask('a', {}, AbortSignal.abort(new Error('ada@example.com closed the tab')));
      await settled();
      expect(answers).toEqual(new Map([['a', abandoned]]));
      expect(String(answers.get('a'))).not.toContain('ada');
      expect(started).toEqual([]);
    });

    it('lets running work end, and stops listening to the signal', async () => {
      const { answers, ask, end } = stage({ running: 1 });
      const gone = new AbortController();
      ask('a', {}, gone.signal);
      await settled();
      gone.abort();
      await end('a');
      expect(answers.get('a')).toBe('a');
    });

    it('leaves no listener behind on a signal that outlives the request', async () => {
      const { clock, ask, end } = stage({ running: 1, queue: 2 });
      const signal = new AbortController().signal;
      let listeners = 0;
      const add = signal.addEventListener.bind(signal);
      const remove = signal.removeEventListener.bind(signal);
      const counted = new Set<unknown>();
      Object.assign(signal, {
        addEventListener: (...args: Parameters<typeof add>) => {
          counted.add(args[1]);
          listeners = counted.size;
          add(...args);
        },
        removeEventListener: (...args: Parameters<typeof remove>) => {
          counted.delete(args[1]);
          listeners = counted.size;
          remove(...args);
        },
      });
      for (const name of ['a', 'b', 'c', 'd']) ask(name, {}, signal);
      expect(listeners).toBe(2);
      await end('a');
      await clock.advance(2000);
      await end('b');
      expect(listeners).toBe(0);
    });
  });
});
