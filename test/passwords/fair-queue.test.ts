import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFairQueue, type Waiting } from '../../src/passwords/fair-queue.js';

interface Named extends Waiting {
  readonly name: string;
}
const of = (...names: readonly string[]): readonly Named[] => names.map((name) => ({ lane: name[0] as string, name }));

function drained(queue: { take(): Named | undefined }): string[] {
  const names: string[] = [];
  for (let next = queue.take(); next !== undefined; next = queue.take()) names.push(next.name);
  return names;
}

describe('createFairQueue', () => {
  it('serves lanes in turn, and each lane in the order of arrival', () => {
    const queue = createFairQueue<Named>(() => 10);
    for (const request of of('a1', 'a2', 'a3', 'b1', 'c1', 'c2')) queue.add(request);
    expect(drained(queue)).toEqual(['a1', 'b1', 'c1', 'a2', 'c2', 'a3']);
    expect(queue.size()).toBe(0);
  });

  it('puts a lane that comes back behind those that wait', () => {
    const queue = createFairQueue<Named>(() => 10);
    for (const request of of('a1', 'b1', 'b2')) queue.add(request);
    expect(queue.take()?.name).toBe('a1');
    for (const request of of('a2')) queue.add(request);
    expect(drained(queue)).toEqual(['b1', 'a2', 'b2']);
  });

  it('makes room for another lane by refusing the newest of the longest lane', () => {
    const queue = createFairQueue<Named>(() => 3);
    for (const request of of('a1', 'a2', 'a3')) expect(queue.add(request)).toBeUndefined();
    expect(queue.add({ lane: 'b', name: 'b1' })?.name).toBe('a3');
    expect(drained(queue)).toEqual(['a1', 'b1', 'a2']);
  });

  it('serves the next lane after one was emptied by removal', () => {
    const queue = createFairQueue<Named>(() => 4);
    const [one, two] = of('a1', 'b1') as [Named, Named];
    queue.add(one);
    queue.add(two);
    queue.remove(one);
    expect(drained(queue)).toEqual(['b1']);
  });

  it('refuses the one that arrives when its own lane is among the longest', () => {
    const queue = createFairQueue<Named>(() => 4);
    for (const request of of('a1', 'a2', 'b1', 'b2')) queue.add(request);
    for (const request of of('a3', 'b3', 'a4')) expect(queue.add(request)).toBe(request);
    expect(drained(queue)).toEqual(['a1', 'b1', 'a2', 'b2']);
  });

  it('refuses newcomers when every lane holds one', () => {
    const queue = createFairQueue<Named>(() => 2);
    const [a, b, c] = of('a1', 'b1', 'c1') as [Named, Named, Named];
    queue.add(a);
    queue.add(b);
    expect(queue.add(c)).toBe(c);
  });

  it('refuses everything with no places', () => {
    const [only] = of('a1') as [Named];
    expect(createFairQueue<Named>(() => 0).add(only)).toBe(only);
  });

  it('removes what still waits, and says so only once', () => {
    const queue = createFairQueue<Named>(() => 4);
    const [one, two] = of('a1', 'a2') as [Named, Named];
    queue.add(one);
    queue.add(two);
    expect([queue.remove(one), queue.remove(one)]).toEqual([true, false]);
    expect(drained(queue)).toEqual(['a2']);
    expect(queue.remove(two)).toBe(false);
  });

  it('never holds more than its limit, never loses a request, and when full refuses only from the longest lane', () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'c', 'd') },
      { weight: 1, arbitrary: fc.constantFrom('take', 'remove') },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), fc.integer({ min: 1, max: 9 }), (steps, limit) => {
        const queue = createFairQueue<Named>(() => limit);
        const inside = new Set<Named>();
        for (const [index, lane] of steps.entries()) {
          if (lane === 'take') {
            const taken = queue.take();
            expect(taken === undefined).toBe(inside.size === 0);
            if (taken !== undefined) expect(inside.delete(taken)).toBe(true);
            continue;
          }
          if (lane === 'remove') {
            const [oldest] = inside;
            if (oldest !== undefined) expect([queue.remove(oldest), inside.delete(oldest)]).toEqual([true, true]);
            continue;
          }
          const request = { lane, name: `${lane}${index}` };
          inside.add(request);
          const refused = queue.add(request);
          if (refused !== undefined) {
            const held = (name: string) => [...inside].filter((one) => one.lane === name).length;
            expect(held(refused.lane)).toBe(Math.max(...['a', 'b', 'c', 'd'].map(held)));
            expect(inside.delete(refused)).toBe(true);
          }
          expect(queue.size()).toBe(inside.size);
          expect(queue.size()).toBeLessThanOrEqual(limit);
        }
        expect(new Set(drained(queue))).toEqual(new Set([...inside].map(({ name }) => name)));
      }),
    );
  });
});
