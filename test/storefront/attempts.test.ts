import { connect, type TLSSocket } from 'node:tls';
import { Secret, TOTP } from 'otpauth';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Counters, memoryCounters } from '../../src/limits/index.js';
import { ada, openShop, type TestShop } from './shop.js';

/** The counters of the shop, which tell when an attempt has taken its places and when it gave any back. */
const inner = memoryCounters();
const seen = { reserved: 0, settled: 0 };
const counters: Counters = {
  shared: false,
  reserve(places) {
    if (places.some(({ rule }) => /^(?:login|code)-/.test(rule.name))) seen.reserved += 1;
    return inner.reserve(places);
  },
  settle(outcome, how) {
    seen.settled += 1;
    return inner.settle(outcome, how);
  },
};

let shop: TestShop;
beforeAll(async () => {
  shop = await openShop({ counters });
});
afterAll(() => shop.close());
beforeEach(() => {
  seen.reserved = 0;
  seen.settled = 0;
});

/** Posts a form and hangs up as soon as the attempt has its places: the answer is never read. */
async function hangUp(path: string, form: Readonly<Record<string, string>>, cookie = ''): Promise<void> {
  const { hostname, port, host } = new URL(shop.origin);
  const body = new URLSearchParams(form).toString();
  const before = seen.reserved;
  const socket = await new Promise<TLSSocket>((resolve, reject) => {
    const open = connect({ host: hostname, port: Number(port), ca: shop.ca, servername: hostname }, () =>
      resolve(open),
    );
    open.once('error', reject);
  });
  socket.on('error', () => undefined);
  const head = [
    `POST ${path} HTTP/1.1`,
    `Host: ${host}`,
    'Content-Type: application/x-www-form-urlencoded',
    `Content-Length: ${body.length}`,
    `Cookie: ${cookie}`,
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  await expect.poll(() => seen.reserved, { interval: 1 }).toBe(before + 1);
  socket.destroy();
}
const signIn = (email: string, password = ada.password) => shop.program().post('/login').send({ email, password });

describe('an attempt at the shop that is never answered', () => {
  it('with a wrong password has failed, whenever it hangs up', async () => {
    await shop.member('wrong@example.com');
    seen.settled = 0;
    for (let at = 0; at < 5; at += 1) await hangUp('/login', { email: 'wrong@example.com', password: `wrong ${at}` });
    expect((await signIn('wrong@example.com')).status).toBe(429);
    // Somebody else's sign-in goes through the same gate behind them: by now all of them have ended.
    await shop.member('behind@example.com');
    seen.settled = 0;
    await signIn('behind@example.com').expect(200);
    expect(seen.settled).toBe(1);
    expect((await signIn('wrong@example.com')).status).toBe(429);
  });

  it('has failed where the server broke after the password was right', async () => {
    await shop.member('breaks@example.com');
    seen.settled = 0;
    await shop.database.query('alter table safekeep.second_factors rename to away');
    try {
      for (let at = 0; at < 5; at += 1) {
        const answer = await signIn('breaks@example.com');
        expect([answer.status, answer.headers['set-cookie']]).toEqual([500, undefined]);
      }
    } finally {
      await shop.database.query('alter table safekeep.away rename to second_factors');
    }
    expect(seen.settled).toBe(0);
    expect((await signIn('breaks@example.com')).status).toBe(429);
  });

  it('has spent a code of the second step', async () => {
    const here = await shop.member('code@example.com');
    const { body } = await here.post('/account/factor/setup').expect(201);
    const secret = Secret.fromBase32(body.secret.replaceAll(' ', ''));
    const code = (): string => TOTP.generate({ secret, timestamp: shop.clock.ms });
    await here.post('/account/factor').send({ code: code() }).expect(200);
    shop.clock.ms += 60_000;
    const owes = await signIn('code@example.com').expect(202);
    const cookie = String(owes.headers['set-cookie']).split(';')[0] ?? '';
    const wrong = [-30_000, 0, 30_000].some(
      (ahead) => TOTP.generate({ secret, timestamp: shop.clock.ms + ahead }) === '000000',
    )
      ? '111111'
      : '000000';
    for (let at = 0; at < 5; at += 1) await hangUp('/login/code', { code: wrong }, cookie);
    const failures = async () => (await shop.database.one('select failures from safekeep.second_factors'))['failures'];
    await expect.poll(failures).toBe(5);
    // The right one has to wait as well.
    const late = await shop.program().post('/login/code').set('Cookie', cookie).send({ code: code() });
    expect(late.status).toBe(429);
  });
});
