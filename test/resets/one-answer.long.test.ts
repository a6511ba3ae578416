import { describe, expect, it } from 'vitest';
import { median, rankTest } from '../logins/rank-test.js';
import { type Kind, kinds, type Place, places, type Strangers, strangers } from './one-answer.js';

const rounds = Number(process.env['SAFEKEEP_TIMING_ROUNDS'] ?? 300);

/** Two of nobody's beside each of somebody's: what the test says of those two is its own noise. */
const classes = ['known', 'unknown', 'control'] as const;
type Class = (typeof classes)[number];
type Times = Readonly<Record<Place, Readonly<Record<Class, number[]>>>>;

async function measured(asked: Strangers, count: number): Promise<Times> {
  const none = () => ({ known: [], unknown: [], control: [] }) as Record<Class, number[]>;
  const times: Times = { login: none(), forgot: none(), register: none(), change: none() };
  for (let round = -2; round < count; round += 1) {
    await asked.settle();
    const questions = places.flatMap((place) => classes.map((name) => ({ place, name })));
    questions.sort(() => Math.random() - 0.5);
    await Promise.all(
      questions.map(async ({ place, name }) => {
        const kind: Kind = name === 'control' ? 'unknown' : name;
        const { tookMs, status } = await asked.ask(place, kind);
        expect(status).toBe(place === 'login' ? 401 : 202);
        // The first rounds warm everything up.
        if (round >= 0) times[place][name].push(tookMs);
      }),
    );
  }
  return times;
}

function table(times: Times) {
  return places.map((place) => {
    const { known, unknown, control } = times[place];
    const noise = rankTest(control, unknown).p;
    return { place, p: rankTest(known, unknown).p, noise, known: median(known), unknown: median(unknown) };
  });
}

/** One test for all four: questions of every kind meet in every round, in a new order; of four comparisons at 0.01. */
describe('the time of an answer', () => {
  it('tells at none of the four places whether there is an account', { timeout: 3_600_000 }, async () => {
    const asked = await strangers(750, { known: 20 });
    const told = table(await measured(asked, rounds));
    await asked.close();
    console.table(told);
    for (const { place, p, known, unknown } of told) {
      expect(p, place).toBeGreaterThan(0.01 / 4);
      expect(Math.abs(known / unknown - 1), place).toBeLessThan(0.02);
    }
  });

  it('does tell it without the floor, where an account costs a statement more', { timeout: 600_000 }, async () => {
    const asked = await strangers(0, { known: 20 });
    const told = table(await measured(asked, 100));
    await asked.close();
    console.table(told);
    expect(told.find(({ place }) => place === 'forgot')?.p).toBeLessThan(0.0001);
    expect(kinds).toHaveLength(2);
  });
});
