import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Agent, openShop, type TestShop } from './shop.js';

/**
 * The canary: values that exist nowhere else are typed into every form, and are then looked for in every line of the
 * log, every error body, every header and every redirect, as they are and in the encodings they could hide in.
 */
const canary = {
  name: 'Quillon Varnavides-Threlkeld',
  address: '4711 Heronsgate Parade\nWexcombe, OR 97035',
  phone: '+1 202 555 0168',
  card_number: '4242 4242 4242 4242',
  card_expiry: '11/31',
  password: 'unrepeatable canary of the ninth wharf',
};
const addresses = { program: 'quillon.canary@example.com', browser: 'quillon.second@example.com' };
const newPassword = 'a second canary on the tenth wharf';

const secrets = [
  canary.name,
  'Varnavides',
  'Heronsgate',
  'Wexcombe',
  '2025550168',
  '202 555 0168',
  '4242424242424242',
  canary.card_number,
  canary.password,
  newPassword,
  ...Object.values(addresses),
  'quillon',
];
const planted = secrets.flatMap((secret) => [
  secret,
  encodeURIComponent(secret),
  encodeURIComponent(secret).replaceAll('%20', '+'),
  Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  Buffer.from(secret).toString('hex'),
]);

function found(text: string): readonly string[] {
  const lower = text.toLowerCase();
  return planted.filter((secret) => lower.includes(secret.toLowerCase()));
}

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
    const tables = await shop.database.query<{ name: string }>(
      `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
       where table_schema in ('public', 'safekeep')`,
    );
    expect(tables.length).toBeGreaterThan(5);
    for (const { name } of tables) {
      const rows = await shop.database.query(`select t::text as row from ${name} t`);
      for (const { row } of rows) expect([name, found(String(row))]).toEqual([name, []]);
    }
  });

  it('finds a value that is there: the search itself works', () => {
    expect(found(`x${Buffer.from(addresses.program).toString('base64')}x`)).not.toEqual([]);
    expect(found(canary.name.toUpperCase())).not.toEqual([]);
  });
});
