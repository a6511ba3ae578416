import { describe, expect, it } from 'vitest';
import { restOfFloor } from '../../src/base/answer-floor.js';
import { hashMailToken } from '../../src/base/mail-token.js';
import { sendLater } from '../../src/base/send-later.js';

const mail = { to: 'ada@example.com', subject: 'x', text: 'y' };

describe('sendLater', () => {
  it.each([
    () => Promise.reject(new Error('later')),
    (): Promise<void> => {
      throw new Error('at once');
    },
  ])('tells of a mail that did not leave, and never throws', async (send) => {
    const told = new Promise((resolve) => sendLater({ send }, mail, resolve));
    expect(await told).toBeInstanceOf(Error);
    expect(() => sendLater({ send }, mail)).not.toThrow();
  });

  it('leaves no rejection behind when the one it tells fails too', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    sendLater({ send: () => Promise.reject(new Error('later')) }, mail, () => {
      throw new Error('the hook failed');
    });
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });
});

describe('restOfFloor', () => {
  it('is the floor at most, also where the clock was set back', () => {
    expect(restOfFloor({ nowMs: () => 400, wait: async () => {} }, 500, 100)).toBe(200);
    expect(restOfFloor({ nowMs: () => 0, wait: async () => {} }, 500, 3_600_000)).toBe(500);
  });
});

describe('a code from a request', () => {
  it.each([undefined, null, 7, ['cnf_'], { trim: 'x' }])('is none when it is %j', (typed) => {
    expect(hashMailToken('cnf', typed)).toBeNull();
  });
});
