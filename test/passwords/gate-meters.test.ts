import { describe, expect, it } from 'vitest';
import { systemRandom } from '../../src/base/clock.js';
import { createGate } from '../../src/passwords/gate.js';
import { collectMetrics } from '../base/collect-metrics.js';
import { manualClock, settled } from './manual-clock.js';

/** Work that ends when told to, one after the other. */
function held() {
  const ends: (() => void)[] = [];
  return { work: () => new Promise<void>((end) => ends.push(end)), end: () => ends.shift()?.() };
}

describe('the metrics of the gate', () => {
  it('tell what runs, waits and was refused, and how long it took', async () => {
    const collected = collectMetrics();
    const clock = manualClock();
    const gate = createGate({ running: 1, queue: 2, deadlineMs: 2000 }, clock, systemRandom);
    const { work, end } = held();
    const answers: Promise<unknown>[] = [];
    const ask = (...rest: [trusted?: boolean, signal?: AbortSignal]) => {
      const [trusted = false, signal] = rest;
      answers.push(gate.run(work, { trusted, subnet: '203.0.113.7/32' }, signal).catch(() => undefined));
    };
    const gone = new AbortController();
    ask();
    ask(true, gone.signal);
    ask();
    ask();
    ask(); // full
    gone.abort(); // abandoned
    await clock.advance(300);
    end();
    await settled();
    await clock.advance(1700); // the last that waits is past its deadline
    const metrics = await collected();
    expect(metrics.map(({ name, unit }) => `${name} ${unit}`).sort()).toEqual([
      'safekeep.password.gate.queued {request}',
      'safekeep.password.gate.refused {request}',
      'safekeep.password.gate.running {hash}',
      'safekeep.password.gate.wait.duration s',
      'safekeep.password.hash.duration s',
    ]);
    const pointsOf = (part: string) => metrics.find(({ name }) => name === `safekeep.password.${part}`)?.points;
    expect(pointsOf('gate.running')).toEqual([{ attributes: {}, value: 1 }]);
    expect(pointsOf('gate.queued')).toEqual([{ attributes: {}, value: 0 }]);
    const refused = (reason: string, trusted: boolean) => ({
      attributes: { 'safekeep.refusal.reason': reason, 'safekeep.client.trusted': trusted },
      value: 1,
    });
    expect(pointsOf('gate.refused')).toEqual([
      refused('full', false),
      refused('abandoned', true),
      refused('deadline', false),
    ]);
    // Two got a slot, one at once and one after 0.3 s; one ended, after 0.3 s.
    expect(pointsOf('gate.wait.duration')).toMatchObject([{ value: { count: 2, sum: 0.3 } }]);
    expect(pointsOf('hash.duration')).toMatchObject([{ value: { count: 1, sum: 0.3 } }]);
    end();
    await Promise.all(answers);
  });
});
