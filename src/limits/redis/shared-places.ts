import type { Script, Scripts } from '../../redis/index.js';
import type { CounterHold, CounterOutcome, CounterPlace, CounterRule, CounterSettlement } from '../counters.js';
import type { RedisNames } from './redis-names.js';
import { reserveScriptOf, settleScript } from './redis-scripts.js';

/** Takes and returns places on a server or a cluster; rejects when it cannot. */
export interface SharedPlaces {
  reserve(places: readonly CounterPlace[]): Promise<CounterOutcome>;
  settle(outcome: CounterOutcome, how: readonly CounterSettlement[]): Promise<void>;
}

interface Entry {
  readonly place: CounterPlace;
  readonly name: string;
  readonly at: number;
}
interface Answer {
  readonly refused: number;
  readonly hidden: boolean;
  readonly waitMs: number;
  readonly holds: readonly (CounterHold | undefined)[];
}

export function sharedPlaces(scripts: Scripts, names: RedisNames, nowMs: () => number): SharedPlaces {
  /**
   * One server runs one script over all keys. A cluster runs one per slot, in the order of the places: it cannot take
   * all or none in one step, so what was taken is returned when a later one refuses. Between the two an attempt of
   * somebody else may find the place taken: it errs on the strict side.
   */
  function groupsOf(places: readonly CounterPlace[]): readonly (readonly Entry[])[] {
    const named = names.of(places);
    const entries = places.map((place, at): Entry => ({ place, name: named[at] as string, at }));
    if (!scripts.isCluster) return [entries];
    const groups = new Map<string, Entry[]>();
    for (const entry of entries) {
      const [tag] = entry.place.key;
      const group = groups.get(tag);
      if (group === undefined) groups.set(tag, [entry]);
      else group.push(entry);
    }
    return [...groups.values()];
  }

  /** One script per list of rules, of which a limit has a handful. */
  const scriptsByRules = new Map<string, Script>();
  const texts = new WeakMap<CounterRule, string>();
  function textOf(rule: CounterRule): string {
    let text = texts.get(rule);
    if (text === undefined) {
      text = ruleText(rule);
      texts.set(rule, text);
    }
    return text;
  }
  function scriptOf(group: readonly Entry[]): Script {
    let key = '';
    for (const { place } of group) key += textOf(place.rule);
    let found = scriptsByRules.get(key);
    if (found === undefined) {
      found = reserveScriptOf(group.map(({ place }) => place.rule));
      scriptsByRules.set(key, found);
    }
    return found;
  }

  async function take(group: readonly Entry[]): Promise<Answer> {
    const keys = group.map(({ name }) => name);
    return answerOf(await scripts.run(scriptOf(group), keys, []), group.length, nowMs());
  }

  async function giveBack(groups: readonly (readonly Entry[])[], holds: Holds, how: readonly CounterSettlement[]) {
    const work = groups.map(async (group): Promise<void> => {
      const due = group.filter(({ at }) => holds[at] !== undefined && how[at] !== undefined && how[at] !== 'keep');
      if (due.length === 0) return;
      const args = due.flatMap(({ place, at }) => {
        const { window, lockMark } = holds[at] as CounterHold;
        return [how[at] === 'clear' ? '1' : '0', String(place.rule.limit), String(window), String(lockMark)];
      });
      await scripts.run(
        settleScript,
        due.map(({ name }) => name),
        args,
      );
    });
    await Promise.all(work);
  }

  return {
    async reserve(places) {
      const holds: (CounterHold | undefined)[] = places.map(() => undefined);
      const groups = groupsOf(places);
      const done: (readonly Entry[])[] = [];
      let hidden = false;
      let waitMs = 0;
      for (const group of groups) {
        const returnAll = () =>
          giveBack(
            done,
            holds,
            places.map(() => 'return'),
          );
        let answer: Answer;
        try {
          answer = await take(group);
        } catch (error) {
          await returnAll().catch(() => undefined);
          throw error;
        }
        const { refused, waitMs: wait } = answer;
        if (refused > 0) {
          await returnAll().catch(() => undefined);
          for (const [index, { at }] of group.entries()) holds[at] = answer.holds[index];
          return { places, holds, refusedBy: group[refused - 1]?.place.rule, hidden: false, waitMs: wait };
        }
        for (const [index, { at }] of group.entries()) holds[at] = answer.holds[index];
        hidden ||= answer.hidden;
        waitMs = Math.max(waitMs, wait);
        done.push(group);
      }
      return { places, holds, refusedBy: undefined, hidden, waitMs };
    },
    async settle({ places, holds, refusedBy }, how) {
      if (refusedBy === undefined) await giveBack(groupsOf(places), holds, how);
    },
  };
}

type Holds = readonly (CounterHold | undefined)[];

function ruleText({ over, limit, windowMs, backoff }: CounterRule): string {
  return `${over} ${limit} ${windowMs} ${backoff?.firstMs ?? 0} ${backoff?.mostMs ?? 0};`;
}

function answerOf(answer: unknown, count: number, nowMs: number): Answer {
  const fields = answer as readonly unknown[];
  const holds: (CounterHold | undefined)[] = [];
  for (let at = 0; at < count; at += 1) {
    const [taken, left, lock, window] = fields.slice(3 + at * 4, 7 + at * 4);
    const isTaken = taken !== undefined && Number(taken) >= 0;
    holds.push(
      isTaken
        ? { count: Number(taken), resetAtMs: nowMs + Number(left), lockMark: Number(lock), window: Number(window) }
        : undefined,
    );
  }
  return { refused: Number(fields[0]), hidden: Number(fields[1]) === 1, waitMs: Number(fields[2]), holds };
}
