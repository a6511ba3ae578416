import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canary, canarySecrets, everyRow, finder } from '../shared/canary.js';
import { type Agent, openShop, type TestShop } from './shop.js';

const addresses = { program: 'quillon.canary@example.com', browser: 'quillon.second@example.com' };
const newPassword = 'a second canary on the tenth wharf';

const found = finder([...canarySecrets, newPassword, ...Object.values(addresses)]);

let shop: TestShop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

interface Seen {
  readonly what: string;
  readonly status: number;
  readonly headers: string;
  readonly body: string;
}

async function everyFlow(make: () => Agent, email: string): Promise<readonly Seen[]> {
  const seen: Seen[] = [];
  async function say(
    what: string,
    call: PromiseLike<{ status: number; headers: unknown; text: string }>,
  ): Promise<void> {
    const { status, headers, text } = await call;
    seen.push({ what, status, headers: JSON.stringify(headers), body: text });
  }
  const agent = make();
  const bad = { ...canary, email, phone: `${canary.phone} ext`, card_number: '4242 4242 4242 4243' };
  await say('bad registration', agent.post('/register').send({ ...bad, [canary.name]: canary.password }));
  await say('registration', agent.post('/register').send({ ...canary, email }));
  await say('early sign-in', agent.post('/login').send({ email, password: canary.password }));
  await say('wrong code', agent.post('/confirm').send({ code: canary.password, password: canary.password }));
  await say('confirmation', agent.post('/confirm').send({ code: shop.codeFor(email), password: canary.password }));
  await say(
    'known registration',
    make()
      .post('/register')
      .send({ ...canary, email }),
  );
  await say('wrong sign-in', make().post('/login').send({ email, password: newPassword }));
  await say(
    'sign-in elsewhere',
    make()
      .post('/login')
      .send({ email, password: canary.password, to: `//${email}` }),
  );
  await say(
    'correction',
    agent.post('/account').send({ name: canary.name, address: canary.address, phone: canary.phone }),
  );
  await say('bad correction', agent.post('/account').send({ name: canary.name, address: 'x', phone: email }));
  await say('card', agent.post('/account/billing').send({ card_number: canary.card_number, card_expiry: '11/31' }));
  await say(
    'bad card',
    agent.post('/account/billing').send({ card_number: `${canary.card_number} 9`, card_expiry: email }),
  );
  await say('cart', agent.post('/cart').send({ product: canary.name, quantity: email }));
  await agent.post('/cart').send({ product: 'twine' });
  await say('order', agent.post('/account/orders').send({ note: canary.address }));
  await say(
    'wrong password',
    agent.post('/account/password').send({ email, current_password: newPassword, password: newPassword }),
  );
  await say(
    'weak password',
    agent.post('/account/password').send({ email, current_password: canary.password, password: email }),
  );
  await say('forgotten', make().post('/forgot').send({ email }));
  await say(
    'wrong reset',
    make()
      .post('/reset')
      .send({ code: `rst_${canary.name}`, password: newPassword }),
  );
  await say(
    'reset',
    make()
      .post('/reset')
      .send({ code: shop.codeFor(email), password: newPassword }),
  );
  await say('query', make().get(`/login?email=${encodeURIComponent(email)}&to=${encodeURIComponent(canary.name)}`));
  await say('path', make().get(`/products/${encodeURIComponent(email)}`));
  await say('nowhere', make().get(`/${encodeURIComponent(canary.card_number)}`));
  await say(
    'broken JSON',
    make().post('/login').type('application/json').send(`{"email":"${email}","password":"${canary.password}`),
  );
  await say(
    'too much',
    make()
      .post('/register')
      .send({ ...canary, email, address: canary.address.repeat(2000) }),
  );
  await say(
    'header',
    make().get('/').set('Referer', `https://elsewhere.example/?q=${email}`).set('X-Name', canary.name),
  );
  return seen;
}

describe('the leak canary', () => {
  it('finds planted values in no log line, error body, header or redirect of any flow', async () => {
    const seen = await everyFlow(() => shop.program(), addresses.program);
    expect(seen.filter(({ status }) => status >= 500)).toEqual([]);
    for (const { what, headers } of seen) expect([what, found(headers)]).toEqual([what, []]);
    for (const { what, status, body } of seen) if (status >= 400) expect([what, found(body)]).toEqual([what, []]);
    expect(seen.length).toBeGreaterThan(20);
    expect(shop.log.length).toBeGreaterThan(seen.length);
    for (const line of shop.log) expect([line, found(line)]).toEqual([line, []]);
  });

  it('finds them in no header and no log line when a browser asks for pages either', async () => {
    const seen = await everyFlow(() => shop.browser(), addresses.browser);
    expect(seen.filter(({ status }) => status >= 500)).toEqual([]);
    for (const { what, headers } of seen) expect([what, found(headers)]).toEqual([what, []]);
    // A refused form gives back what was typed; the pages of errors have nothing to give back.
    const pages = seen.filter(({ status, body }) => body.includes(`<p class="eyebrow">${status}</p>`));
    expect(pages.map(({ status }) => status)).toEqual(expect.arrayContaining([400, 404, 413]));
    for (const { what, status, body } of pages) {
      expect([what, status, found(body)]).toEqual([what, status, []]);
    }
    for (const line of shop.log) expect([line, found(line)]).toEqual([line, []]);
  });

  it('finds no code of a mail in the log', () => {
    const codes = shop.mails().flatMap(({ text }) => [...text.matchAll(/\b(?:cnf|rst)_[\w-]+/g)].map(([code]) => code));
    expect(codes.length).toBeGreaterThan(0);
    for (const code of codes) for (const line of shop.log) expect(line).not.toContain(code);
  });

  it('finds planted values in no table of the database, its own schema and ours', async () => {
    const rows = await everyRow(shop.database);
    expect(new Set(rows.map(({ table }) => table)).size).toBeGreaterThan(5);
    for (const { table, row } of rows) expect([table, found(row)]).toEqual([table, []]);
  });

  it('finds a value that is there: the search itself works', () => {
    expect(found(`x${Buffer.from(addresses.program).toString('base64')}x`)).not.toEqual([]);
    expect(found(canary.name.toUpperCase())).not.toEqual([]);
  });
});
