import { describe, expect, it } from 'vitest';
import { createPendingChallenges } from '../../src/certificates/acme/challenges.js';
import { followAcme } from '../../src/certificates/acme/follow-acme.js';
import { clockAt, dayMs } from './fixtures.js';

function follower(below: number) {
  const clock = clockAt(0);
  const life = { beginsAtMs: 0, expiresAtMs: 90 * dayMs };
  const seen: string[] = [];
  const state = { fails: false, present: life as typeof life | null };
  const following = followAcme({
    options: {
      everyMs: 3_600_000,
      onRenewed: () => seen.push('renewed'),
      onFailed: () => seen.push('failed'),
    },
    clock,
    random: { below: () => below, bytes: () => Buffer.alloc(0) },
    present: () => state.present,
    renew: async () => {
      if (state.fails) throw new Error('down');
      state.present = { beginsAtMs: clock.ms, expiresAtMs: clock.ms + 90 * dayMs };
      return state.present;
    },
  });
  const at = async (days: number): Promise<string> => {
    clock.ms = days * dayMs;
    await following.check();
    return seen.splice(0).join();
  };
  return { at, state, following };
}

describe('the renewal of a certificate from an authority', () => {
  it('comes when a third of its life is left, and up to a thirtieth earlier, as chance has it', async () => {
    const late = follower(0);
    expect([await late.at(1), await late.at(59.9), await late.at(60), await late.at(61)]).toEqual([
      '',
      '',
      'renewed',
      '',
    ]);
    expect([await late.at(119.9), await late.at(120)]).toEqual(['', 'renewed']);
    const early = follower(999);
    expect([await early.at(56.9), await early.at(57.1)]).toEqual(['', 'renewed']);
    for (const { following } of [late, early]) following.stop();
  });

  it('is tried again after an hour, then two, up to a day, and at once where there is nothing to serve', async () => {
    const { at, state, following } = follower(0);
    state.fails = true;
    const hours = [0, 0.9, 1, 2.9, 3, 6.9, 7, 15, 31, 54.9, 55];
    const told: string[] = [];
    for (const hour of hours) told.push(`${hour} ${await at(61 + hour / 24)}`);
    expect(told.filter((line) => line.endsWith('failed')).map((line) => line.split(' ')[0])).toEqual([
      '0',
      '1',
      '3',
      '7',
      '15',
      '31',
      '55',
    ]);
    state.fails = false;
    expect(await at(70)).toBe('renewed');
    state.present = null;
    expect(await at(70.01)).toBe('renewed');
    following.stop();
  });
});

describe('pending challenges', () => {
  it('answer exactly their path, and only while they are pending', () => {
    const challenges = createPendingChallenges();
    const token = 'abcdefghijklmnop_-';
    challenges.add(token, `${token}.thumb`);
    const path = `/.well-known/acme-challenge/${token}`;
    expect(challenges.answer(path)).toBe(`${token}.thumb`);
    for (const other of [`${path}/`, `${path}x`, `/x${path}`, path.toUpperCase(), '/.well-known/acme-challenge/', '/'])
      expect(challenges.answer(other), other).toBeUndefined();
    challenges.remove(token);
    expect(challenges.answer(path)).toBeUndefined();
  });

  it('take no token that is none: an authority names no path of ours', () => {
    const challenges = createPendingChallenges();
    for (const token of ['', 'short', '../../healthz', 'abcdefghijklmnop/..', '__proto__', 'é'.repeat(20)]) {
      challenges.add(token, 'x');
      expect(challenges.answer(`/.well-known/acme-challenge/${token}`), token).toBeUndefined();
    }
  });
});
