import { afterEach, describe, expect, it } from 'vitest';
import { createDevices, type LoginLimitOptions } from '../../src/limits/index.js';
import { manualClock } from '../passwords/manual-clock.js';
import { fixedKeys } from './backends.js';
import { type Answer, type SignIn, signIn } from './sign-in.js';

let shop: SignIn;
afterEach(() => shop.close());

async function open(options: Partial<LoginLimitOptions> = {}, floorMs = 0): Promise<void> {
  shop = await signIn({ keys: fixedKeys, ...options }, floorMs);
}
/** Wrong guesses at one account, each from an address of its own. */
async function strangers(count: number, email = 'ada@example.com'): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let at = 0; at < count; at += 1) answers.push(await shop.try({ email, from: `198.51.100.${at}` }));
  return answers;
}

describe('an account that strangers guess at', () => {
  it('is looked at no more, and every answer stays that of a wrong password', async () => {
    await open({ perAccountOfStrangers: 4 });
    const answers = await strangers(10);
    expect(shop.hashed.count).toBe(4);
    expect(new Set(answers.map(({ status, code }) => `${status} ${code}`))).toEqual(new Set(['401 wrong']));
    expect(answers.every(({ headers }) => headers['retry-after'] === undefined)).toBe(true);
  });

  it('leaves at the floor of a wrong password', async () => {
    await open({ perAccountOfStrangers: 1 }, 500);
    await strangers(2);
    expect(shop.hashed.count).toBe(1);
    expect(shop.waits).toEqual([500, 500]);
  });

  it('uses up the budget of who guesses as a wrong password does', async () => {
    await open({ perAccountOfStrangers: 2, perAccount: 50 });
    const left: (number | undefined)[] = [];
    for (let at = 0; at < 5; at += 1) left.push((await shop.try()).left);
    expect(left).toEqual([29, 28, 27, 26, 25]);
  });

  it('answers a right password as a wrong one too, and remembers no device for it', async () => {
    await open({ perAccountOfStrangers: 1 });
    await strangers(1);
    const right = await shop.try({ password: 'right' });
    expect([right.status, right.code, right.device]).toEqual([401, 'wrong', undefined]);
  });

  it('tells a handler of its own that forgets to ask, instead of letting it go on', async () => {
    await open({ perAccountOfStrangers: 1 });
    await strangers(2);
    const refused = shop.attempts[1];
    expect(refused?.allowed).toBe(false);
    expect(() => refused?.begin()).toThrowError(expect.objectContaining({ code: 'ERR_ATTEMPT_REFUSED', status: 401 }));
    shop.attempts[0]?.begin();
    await expect(shop.attempts[1]?.succeed()).resolves.toBeUndefined();
  });

  it('counts accounts that do not exist alike', async () => {
    await open({ perAccountOfStrangers: 3 });
    const answers = await strangers(6, 'nobody@example.com');
    expect(shop.hashed.count).toBe(3);
    expect(answers.every(({ status }) => status === 401)).toBe(true);
  });

  it('is not freed by a success: a stranger with the right password of another account clears nothing', async () => {
    await open({ perAccountOfStrangers: 2 });
    await strangers(2);
    await shop.try({ email: 'bob@example.com', password: 'right' });
    await shop.try();
    expect(shop.hashed.count).toBe(3);
  });

  it('is open again after the wait', async () => {
    const clock = manualClock();
    await open({ perAccountOfStrangers: 2, clock });
    await strangers(3);
    await clock.advance(30_001);
    expect((await shop.try({ password: 'right' })).status).toBe(200);
  });
});

describe('a device that signed in before', () => {
  it('is let in while strangers keep the account busy, from wherever it is', async () => {
    await open({ perAccountOfStrangers: 3 });
    const { device } = await shop.try({ password: 'right' });
    expect(device).toMatch(/^__Host-device=[A-Za-z0-9_.-]+$/);
    await strangers(6);
    expect((await shop.try({ password: 'right', from: '192.0.2.9' })).status).toBe(401);
    const known = await shop.try({ password: 'right', from: '192.0.2.9', device });
    expect(known.status).toBe(200);
    expect(shop.attempts.at(-1)?.trusted).toBe(true);
  });

  it('is let in where others of its network have used up the budget', async () => {
    await open({ perSubnet: 3, perAccount: 2 });
    const { device } = await shop.try({ password: 'right' });
    for (let at = 0; at < 4; at += 1) await shop.try({ email: `other${at}@example.com` });
    expect((await shop.try({ password: 'right' })).status).toBe(429);
    expect((await shop.try({ password: 'right', device })).status).toBe(200);
  });

  it('has a budget of its own, and is told the wait when it is used up', async () => {
    await open({ perDevice: 3 });
    const { device } = await shop.try({ password: 'right' });
    const answers: Answer[] = [];
    for (let at = 0; at < 5; at += 1) answers.push(await shop.try({ device }));
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 429, 429]);
    expect(answers[4]?.waitSeconds).toBeGreaterThan(3000);
    // Strangers and other devices are none of its business.
    expect((await shop.try({ password: 'right' })).status).toBe(200);
  });

  it('begins anew after its success', async () => {
    await open({ perDevice: 2 });
    const { device } = await shop.try({ password: 'right' });
    for (let at = 0; at < 3; at += 1) {
      expect((await shop.try({ device })).status).toBe(401);
      expect((await shop.try({ device, password: 'right' })).status).toBe(200);
    }
  });

  it.each([
    ['of another account', (cookie: string) => cookie, 'bob@example.com'],
    ['with a bit changed', (cookie: string) => cookie.replace(/.$/, (last) => (last === 'A' ? 'E' : 'A')), undefined],
    ['with a later epoch', (cookie: string) => cookie.replace(/\.4\./, '.5.'), undefined],
    ['without its MAC', (cookie: string) => cookie.replace(/\.[^.]*$/, '.'), undefined],
    ['that is nonsense', () => '__Host-device=~~~', undefined],
  ])('is a stranger with a cookie %s', async (_title, change, email) => {
    await open();
    const { device = '' } = await shop.try({ password: 'right' });
    await shop.try({ device: change(device), ...(email === undefined ? {} : { email }) });
    expect(shop.attempts.at(-1)?.trusted).toBe(false);
  });

  it('is a stranger with a cookie made under another key', async () => {
    await open();
    const { device } = await shop.try({ password: 'right' });
    shop.close();
    await open({ keys: { derive: () => ({ keyId: 2, key: Buffer.alloc(32, 'another') }) } });
    await shop.try({ device });
    expect(shop.attempts.at(-1)?.trusted).toBe(false);
  });

  it('is a stranger when its time is over', async () => {
    const clock = manualClock(1_700_000_000_000);
    await open({ clock, devices: createDevices({ keys: fixedKeys, clock, maxAgeSeconds: 3600 }) });
    const { device } = await shop.try({ password: 'right' });
    await clock.advance(3_599_000);
    await shop.try({ device });
    expect(shop.attempts.at(-1)?.trusted).toBe(true);
    await clock.advance(2000);
    await shop.try({ device });
    expect(shop.attempts.at(-1)?.trusted).toBe(false);
  });

  it('is a stranger from the account’s next epoch on, and takes a stranger’s places', async () => {
    await open({ perAccountOfStrangers: 2 });
    const { device } = await shop.try({ password: 'right' });
    const ada = shop.accounts['ada@example.com'];
    if (ada !== undefined) shop.accounts['ada@example.com'] = { ...ada, epoch: 5 };
    await shop.try({ device });
    expect(shop.attempts.at(-1)?.trusted).toBe(false);
    await shop.try({ device });
    const before = shop.hashed.count;
    // The counter over strangers is full now, for this device too.
    const third = await shop.try({ device, password: 'right' });
    expect([third.status, shop.hashed.count]).toEqual([401, before]);
    const fresh = await shop.try({ password: 'right', from: '192.0.2.44' });
    expect(fresh.status).toBe(401);
  });

  it('keeps the other accounts of a family’s browser, four at most', async () => {
    await open();
    const { device: adas } = await shop.try({ password: 'right' });
    const { device: both } = await shop.try({ email: 'bob@example.com', password: 'right', device: adas });
    for (const email of ['ada@example.com', 'bob@example.com']) {
      await shop.try({ email, device: both });
      expect(shop.attempts.at(-1)?.trusted).toBe(true);
    }
    const { device: again = '' } = await shop.try({ password: 'right', device: both });
    expect(again.split('~')).toHaveLength(2);
  });

  it('shows neither the account nor the address in its cookie, and goes to no page of another site', async () => {
    await open();
    const answer = await shop.try({ password: 'right' });
    const [cookie = ''] = answer.headers['set-cookie'] ?? [];
    expect(cookie).toMatch(/^__Host-device=[^;]+; Path=\/; Max-Age=15552000; Secure; HttpOnly; SameSite=Lax$/);
    expect(cookie).not.toMatch(/ada|example|203/);
  });

  it('is remembered by nothing but a success', async () => {
    await open({ devices: false });
    expect((await shop.try({ password: 'right' })).device).toBeUndefined();
    shop.close();
    await open();
    expect((await shop.try()).device).toBeUndefined();
  });
});

describe('shared counters', () => {
  it('need keys, or the device cookie of one process would be worth nothing in the next', async () => {
    await open();
    await expect(
      signIn({ counters: { shared: true, reserve: () => Promise.reject(), settle: () => undefined } }),
    ).rejects.toMatchObject({ code: 'ERR_OPTION_INVALID' });
  });
});

describe('a network of IPv6', () => {
  it('has one budget for all its subnets', async () => {
    await open({ perSubnet: 2, perNetwork: 5 });
    const statuses: number[] = [];
    for (let at = 0; at < 7; at += 1) {
      const { status } = await shop.try({ email: `x${at}@example.com`, from: `2001:db8:7:${at}00::1` });
      statuses.push(status);
    }
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429]);
    expect((await shop.try({ email: 'y@example.com', from: '2001:db8:8::1' })).status).toBe(401);
  });
});
