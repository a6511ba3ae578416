import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { latestRequest, type PreferenceEvent } from '../../src/consent/index.js';

const event = fc.record({
  state: fc.constantFrom('granted' as const, 'denied' as const),
  statedAtMs: fc.integer({ min: 0, max: 5 }),
});

describe('latestRequest', () => {
  it('lets the latest dated request win over a later arrival', () => {
    expect(
      latestRequest([
        { state: 'denied', statedAtMs: 2 },
        { state: 'granted', statedAtMs: 1 },
      ]),
    ).toBe('denied');
  });
  it('decides a tie for opting out', () => {
    expect(
      latestRequest([
        { state: 'denied', statedAtMs: 1 },
        { state: 'granted', statedAtMs: 1 },
      ]),
    ).toBe('denied');
    expect(
      latestRequest([
        { state: 'granted', statedAtMs: 1 },
        { state: 'denied', statedAtMs: 1 },
      ]),
    ).toBe('denied');
  });
  it('is unset without a request', () => {
    expect(latestRequest([])).toBe('unset');
  });
  it('does not depend on the order of arrival, nor on duplicates', () => {
    fc.assert(
      fc.property(
        fc
          .array(event)
          .chain((events) =>
            fc.tuple(
              fc.constant(events),
              fc.shuffledSubarray([...events, ...events], { minLength: events.length * 2 }),
            ),
          ),
        ([events, doubled]: [PreferenceEvent[], PreferenceEvent[]]) => {
          expect(latestRequest(doubled)).toBe(latestRequest(events));
        },
      ),
    );
  });
});
