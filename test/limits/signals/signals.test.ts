import { afterEach, describe, expect, it } from 'vitest';
import { type Random, systemRandom } from '../../../src/base/clock.js';
import type { SecurityEvent } from '../../../src/base/ports/security-events.js';
import { createKeyedFingerprint } from '../../../src/hashing/index.js';
import { createSignals, type Signal, type Signals, type SignalsOptions } from '../../../src/limits/index.js';
import { createDistinctTable } from '../../../src/limits/signals/distinct-table.js';
import { createPasswordSketch } from '../../../src/limits/signals/password-sketch.js';
import { type ManualClock, manualClock } from '../../passwords/manual-clock.js';
import { fixedKeys } from '../backends.js';
import { type SignIn, signIn } from '../sign-in.js';

/** The same estimates in every run. */
const fixed: Random = {
  bytes: (count) => Buffer.from(Array.from({ length: count }, (_, at) => (at * 7 + 3) % 256)),
  below: () => 0,
};

interface Watched {
  readonly signals: Signals;
  readonly told: Signal[];
  readonly events: SecurityEvent[];
  readonly clock: ManualClock;
}
function watch(options: SignalsOptions = {}): Watched {
  const told: Signal[] = [];
  const events: SecurityEvent[] = [];
  const clock = manualClock();
  const record = async (event: SecurityEvent): Promise<void> => void events.push(event);
  const signals = createSignals({
    clock,
    random: fixed,
    events: { record },
    onSignal: (signal) => told.push(signal),
    ...options,
  });
  return { signals, told, events, clock };
}
const kindsOf = (told: readonly Signal[]): string[] => told.map(({ kind }) => kind);

describe('signals', () => {
  it('see one subnet try many accounts, and give it a quarter of its room', () => {
    const { signals, told } = watch({ accountsPerSubnet: 15 });
    for (let at = 0; at < 10; at += 1) signals.failed({ login: `a${at}`, subnet: 'bot', known: true });
    expect([told, signals.isTight('bot')]).toEqual([[], false]);
    for (let at = 10; at < 30; at += 1) signals.failed({ login: `a${at}`, subnet: 'bot', known: true });
    expect(kindsOf(told)).toEqual(['many-accounts']);
    expect([signals.isTight('bot'), signals.isTight('home')]).toEqual([true, false]);
    expect(signals.of('a1', 'bot')).toEqual(['many-accounts']);
  });

  it('see one account tried from many subnets', () => {
    const { signals, told } = watch({ subnetsPerAccount: 10 });
    for (let at = 0; at < 20; at += 1) signals.failed({ login: 'ada', subnet: `s${at}`, known: true });
    expect(kindsOf(told)).toEqual(['many-subnets']);
    expect(signals.of('ada', 'home')).toEqual(['many-subnets']);
    expect([signals.of('bob', 'home'), signals.isTight('home')]).toEqual([[], false]);
  });

  it('see one password tried on many accounts, from many subnets', () => {
    const { signals, told } = watch({ accountsPerPassword: 10 });
    for (let at = 0; at < 9; at += 1) signals.failed({ login: `a${at}`, subnet: `s${at}`, password: 'Winter2026!' });
    expect(told).toEqual([]);
    signals.failed({ login: 'a9', subnet: 's9', password: 'Winter2026!' });
    expect(kindsOf(told)).toEqual(['spraying']);
    expect([signals.isTight('s9'), signals.isTight('s1')]).toEqual([true, false]);
  });

  it('do not take one person’s stuck Return key for a spray, or an empty password', () => {
    const { signals, told } = watch({ accountsPerPassword: 3 });
    for (let at = 0; at < 50; at += 1) signals.failed({ login: 'ada', subnet: 'home', password: 'correct horse' });
    for (let at = 0; at < 5; at += 1) signals.failed({ login: `x${at}`, subnet: `y${at}`, password: '' });
    expect(told).toEqual([]);
  });

  it('see failures that name accounts nobody has', () => {
    const { signals, told } = watch({ failuresForRatio: 20 });
    for (let at = 0; at < 9; at += 1) signals.failed({ login: 'ada', subnet: `s${at % 3}`, known: true });
    for (let at = 0; at < 10; at += 1) signals.failed({ login: 'x', subnet: `s${at % 3}`, known: false });
    expect(told).toEqual([]);
    signals.failed({ login: 'x', subnet: 's1', known: false });
    expect(kindsOf(told)).toEqual(['unknown-accounts']);
  });

  it('see a flood, and a success after many failures each time', () => {
    const { signals, told } = watch({ attemptsPerMinute: 100, failuresBeforeSuccess: 10 });
    signals.counted(99);
    signals.succeeded({ login: 'ada', subnet: 'home', failures: 9 });
    expect(told).toEqual([]);
    signals.counted(100);
    signals.counted(101);
    signals.succeeded({ login: 'ada', subnet: 'home', failures: 10 });
    signals.succeeded({ login: 'ada', subnet: 'home', failures: 12 });
    expect(kindsOf(told)).toEqual(['flood', 'late-success', 'late-success']);
  });

  it('forget everything after ten minutes, and may be raised again', async () => {
    const { signals, told, clock } = watch();
    const stuff = (): void => {
      for (let at = 0; at < 30; at += 1) signals.failed({ login: `a${at}`, subnet: 'bot', password: 'Spring2026!' });
    };
    stuff();
    await clock.advance(600_001);
    expect(signals.isTight('bot')).toBe(false);
    expect(signals.of('a1', 'bot')).toEqual([]);
    stuff();
    expect(kindsOf(told).slice(2).sort()).toEqual(['many-accounts', 'spraying']);
    expect(told).toHaveLength(4);
  });

  it('are kept as events with numbers only', () => {
    const { signals, events } = watch();
    for (let at = 0; at < 30; at += 1) {
      signals.failed({ login: `ada${at}@example.com`, subnet: '203.0.113.7/32', password: 'Winter2026!' });
    }
    expect(events.map(({ kind }) => kind)).toEqual(['login.signal', 'login.signal']);
    expect(JSON.stringify(events)).not.toMatch(/ada|example|203|Winter/);
  });

  it('survive a hook that throws and events that cannot be kept', () => {
    const { signals } = watch({
      onSignal: () => {
        throw new Error('broken');
      },
      events: { record: () => Promise.reject(new Error('down')) },
    });
    expect(() => signals.counted(1_000_000)).not.toThrow();
  });
});

describe('the table of different things', () => {
  it('counts within a fifth from one to thousands, and does not count twice', () => {
    const table = createDistinctTable(64, 1000, createKeyedFingerprint(fixed.bytes(192)));
    for (const size of [1, 5, 12, 40, 200, 3000]) {
      for (let twice = 0; twice < 2; twice += 1) {
        for (let at = 0; at < size; at += 1) table.meet(`of ${size}`, `thing ${at}`);
      }
      const count = table.count(`of ${size}`);
      expect(Math.abs(count - size)).toBeLessThanOrEqual(Math.max(2, size * 0.45));
      table.clear();
    }
  });
});

describe('the sketch of passwords', () => {
  it('means nothing any more once its key is thrown away', () => {
    const sketch = createPasswordSketch(systemRandom);
    for (let at = 1; at <= 7; at += 1) expect(sketch.tried(`a${at}`, 'same')).toBe(at);
    sketch.renew();
    expect(sketch.tried('b', 'same')).toBe(1);
  });
});

describe('a sign-in under signals', () => {
  let shop: SignIn;
  afterEach(() => shop.close());

  it('has a quarter of the room in a subnet that sprays, and names its signals', async () => {
    const { signals, told } = watch({ accountsPerPassword: 5 });
    shop = await signIn({ signals, keys: fixedKeys, perSubnet: 20 });
    const statuses: number[] = [];
    for (let at = 0; at < 8; at += 1) {
      statuses.push((await shop.try({ email: `x${at}@example.com`, password: 'Winter2026!' })).status);
    }
    expect(kindsOf(told)).toEqual(['spraying']);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
    expect(shop.attempts.at(-1)?.signals()).toContain('spraying');
    expect((await shop.try({ from: '198.51.100.1' })).status).toBe(401);
  });

  it('tells of a success after many failures, and of a flood', async () => {
    const { signals, told } = watch({ failuresBeforeSuccess: 3, attemptsPerMinute: 10 });
    shop = await signIn({ signals, keys: fixedKeys });
    for (let at = 0; at < 4; at += 1) await shop.try();
    await shop.try({ password: 'right' });
    expect(kindsOf(told)).toEqual(['late-success']);
    for (let at = 0; at < 8; at += 1) await shop.try({ email: `x${at}@example.com` });
    expect(kindsOf(told)).toContain('flood');
  });
});
