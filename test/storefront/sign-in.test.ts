import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commonPasswords } from '../../src/passwords/index.js';
import { ada, openShop, type TestShop } from './shop.js';

let shop: TestShop;
/** Passwords that were stolen somewhere since they were chosen. */
const stolen = new Set<string>();
beforeAll(async () => {
  const list = {
    ...commonPasswords(),
    look: async (password: string) => (stolen.has(password) ? 'listed' : 'unlisted'),
  } as const;
  shop = await openShop({ breached: { lists: [list] } });
});
afterAll(() => shop.close());

const wrong = 'nine loud herons by the weir';

describe('signing in', () => {
  it('leads to the account, over a cookie no script can read', async () => {
    await shop.member('ada@example.com');
    const browser = shop.browser();
    const answer = await browser.post('/login').type('form').send({ email: 'Ada@Example.com', password: ada.password });
    expect([answer.status, answer.headers['location']]).toEqual([303, '/account']);
    expect(String(answer.headers['set-cookie'])).toMatch(/^__Host-session=[\w-]{43}; Path=\/; .*HttpOnly/i);
    const page = await browser.get('/account').expect(200);
    expect(page.text).toContain('Ada Example');
    expect(page.headers['cache-control']).toBe('no-store');
  });

  it('says the same of an unknown, an unconfirmed and a wrong-password account', async () => {
    await shop.member('known@example.com');
    await shop
      .program()
      .post('/register')
      .send({ ...ada, email: 'waiting@example.com' })
      .expect(202);
    const answers = await Promise.all(
      [
        ['known@example.com', wrong],
        ['unknown@example.com', wrong],
        ['waiting@example.com', ada.password],
      ].map(([email, password]) => shop.program().post('/login').send({ email, password })),
    );
    const [first] = answers;
    for (const answer of answers) expect([answer.status, answer.text]).toEqual([401, first?.text]);
  });

  it('refuses the sixth try for one account from one network, right or wrong', async () => {
    await shop.member('tried@example.com');
    for (let tries = 0; tries < 5; tries += 1) {
      await shop.program().post('/login').send({ email: 'tried@example.com', password: wrong }).expect(401);
    }
    const answer = await shop.program().post('/login').send({ email: 'tried@example.com', password: ada.password });
    expect(answer.status).toBe(429);
    expect(answer.type).toBe('application/problem+json');
    const page = await shop.browser().post('/login').type('form').send({ email: 'tried@example.com', password: wrong });
    expect(page.text).toContain('A moment, please');
    expect(page.text).toMatch(/Try again in (?:\d+ seconds|\d+ minutes)\./);
    expect(page.text).toContain('A new password can be set by mail at any time.');
  });

  it('leads only to pages of its own list, whatever the form asks for', async () => {
    await shop.member('led@example.com');
    for (const [to, expected] of [
      ['/account/orders', '/account/orders'],
      ['https://elsewhere.example/', '/account'],
      ['//elsewhere.example', '/account'],
      ['/login', '/account'],
    ]) {
      const send = { email: 'led@example.com', password: ada.password, to };
      const answer = await shop.browser().post('/login').type('form').send(send);
      expect(answer.headers['location']).toBe(expected);
    }
  });

  it('sends who is not signed in to the sign-in page and back', async () => {
    const answer = await shop.browser().get('/account/billing');
    expect([answer.status, answer.headers['location']]).toEqual([303, '/login?to=/account/billing']);
    const page = await shop.browser().get('/login?to=/account/billing').expect(200);
    expect(page.text).toContain('name="to" value="/account/billing"');
    // Who declines cookies is told why he is here again.
    expect(page.text).toContain('needs one cookie');
    const json = await shop.program().get('/account/billing');
    expect([json.status, json.type]).toEqual([401, 'application/problem+json']);
  });

  it('refuses a form that a page of another origin sends', async () => {
    const answer = await shop
      .browser()
      .post('/login')
      .set('Sec-Fetch-Site', 'cross-site')
      .type('form')
      .send({ email: 'ada@example.com', password: ada.password });
    expect(answer.status).toBe(403);
  });
});

describe('an expired session', () => {
  it('keeps what was typed through the sign-in, and shows it without saving it', async () => {
    const member = await shop.member('slow@example.com');
    shop.clock.ms += 3_600_000;
    const typed = { name: 'Ada <Newname>', address: '99 Example Row, Springfield', phone: '+1 202 555 0199' };
    const lost = await member.post('/account').set('Accept', 'text/html').type('form').send(typed);
    expect(lost.status).toBe(401);
    expect(lost.text).toContain('name="kept_name" value="Ada &lt;Newname&gt;"');
    const kept = { kept_name: typed.name, kept_address: typed.address, kept_phone: typed.phone };
    const again = await member
      .post('/login')
      .set('Accept', 'text/html')
      .type('form')
      .send({ email: 'slow@example.com', password: ada.password, to: '/account', ...kept });
    expect(again.status).toBe(200);
    expect(again.text).toContain('value="Ada &lt;Newname&gt;"');
    const { body } = await member.get('/account');
    expect(body.name).toBe('Ada Example');
  });

  it('keeps no card number and no password', async () => {
    const member = await shop.member('slowcard@example.com');
    shop.clock.ms += 3_600_000;
    const card = await member
      .post('/account/billing')
      .set('Accept', 'text/html')
      .type('form')
      .send({ card_number: '4242 4242 4242 4242', card_expiry: '01/30' });
    expect(card.status).toBe(401);
    expect(card.text).not.toContain('4242');
    const password = await member
      .post('/account')
      .set('Accept', 'text/html')
      .type('form')
      .send({ name: 'Ada', password: wrong, card_number: '4242424242424242' });
    expect(password.text).toContain('kept_name');
    expect(password.text).not.toContain('herons');
    expect(password.text).not.toContain('4242');
  });
});

describe('signing out', () => {
  it('ends the session on the server, not only in the browser', async () => {
    const browser = shop.browser();
    await shop.member('out@example.com');
    const login = await browser.post('/login').type('form').send({ email: 'out@example.com', password: ada.password });
    const cookie = String(login.headers['set-cookie']).split(';')[0] as string;
    await browser.post('/logout').expect(303).expect('Clear-Site-Data', '"cache", "storage"');
    await shop.browser().get('/account').set('Cookie', cookie).expect(303);
    await browser.get('/logout').expect(404);
  });

  it('ends every session when asked to', async () => {
    const first = await shop.member('everywhere@example.com');
    const second = shop.program();
    await second.post('/login').send({ email: 'everywhere@example.com', password: ada.password }).expect(200);
    await first.post('/account/devices/end-all').expect(200).expect('Clear-Site-Data', '"cache", "storage"');
    await second.get('/account').expect(401);
  });
});

describe('devices', () => {
  it('are listed for their owner, who ends one of them and stays signed in', async () => {
    const here = await shop.member('devices@example.com');
    const there = shop.program().set('User-Agent', 'Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/140.0');
    await there.post('/login').send({ email: 'devices@example.com', password: ada.password }).expect(200);
    const stranger = await shop.member('stranger@example.com');
    const { devices } = (await here.get('/account/devices').expect(200)).body;
    expect(devices).toHaveLength(2);
    const [other] = devices.filter(({ current }: { current: boolean }) => !current);
    expect(other.browser).toBe('Firefox on Windows');
    const page = await here.get('/account/devices').set('Accept', 'text/html').expect(200);
    expect(page.text.match(/Sign it out/g)).toHaveLength(1);
    expect(page.text).toContain('Firefox on Windows');
    await stranger.post('/account/devices/end').send({ handle: other.handle }).expect(200);
    await there.get('/account').expect(200);
    await here.post('/account/devices/end').send({ handle: other.handle }).expect(200);
    await there.get('/account').expect(401);
    await here.get('/account').expect(200);
    // What the list shows signs nobody in.
    const thief = shop.browser().set('Accept', 'application/json');
    await thief.get('/account').set('Cookie', `__Host-session=${devices[0].handle}`).expect(401);
  });
});

describe('passwords', () => {
  it('change when the present one is proven, and every other session ends', async () => {
    const here = await shop.member('change@example.com');
    const there = shop.program();
    await there.post('/login').send({ email: 'change@example.com', password: ada.password }).expect(200);
    const next = 'eleven slow barges at noon';
    const email = 'change@example.com';
    await here.post('/account/password').send({ email, current_password: wrong, password: next }).expect(403);
    const weak = await here
      .post('/account/password')
      .send({ email, current_password: ada.password, password: 'short' });
    expect([weak.status, weak.body.fields[0].code]).toEqual([422, 'too_short']);
    await here.post('/account/password').send({ email, current_password: ada.password, password: next }).expect(200);
    await there.get('/account').expect(401);
    await here.get('/account').expect(200);
    await shop.program().post('/login').send({ email, password: next }).expect(200);
  });

  it('that turn up in a list of stolen ones still sign in, and lead to where another one is chosen', async () => {
    const phrase = 'four wet umbrellas in a row';
    await shop.member('leaked@example.com', { password: phrase });
    stolen.add(phrase);
    const browser = shop.browser();
    const answer = await browser.post('/login').type('form').send({ email: 'leaked@example.com', password: phrase });
    expect([answer.status, answer.headers['location']]).toEqual([303, '/account/password?done=breached']);
    const page = await browser.get('/account/password?done=breached').expect(200);
    expect(page.text).toContain('is in a list of stolen passwords');
    const events = await shop.database.query(
      'select kind, facts from safekeep.security_events order by id desc limit 2',
    );
    expect(events.map(({ kind }) => kind)).toEqual(['password.breached', 'login.succeeded']);
    // A wrong password that is in the list says nothing of it, and the same one cannot be chosen anew.
    const refused = await shop
      .program()
      .post('/login')
      .send({ email: 'leaked@example.com', password: `${phrase}!` });
    expect(refused.status).toBe(401);
    const again = await browser
      .post('/account/password')
      .type('form')
      .send({ current_password: phrase, password: phrase });
    expect([again.status, again.text.includes('list of passwords that were stolen')]).toEqual([422, true]);
  });

  it('are asked for at the well-known place', async () => {
    const answer = await shop.browser().get('/.well-known/change-password').expect(302);
    expect(answer.headers['location']).toBe('/account/password');
  });

  it('that were forgotten are chosen anew with a mailed code, once, and every session ends', async () => {
    const email = 'forgetful@example.com';
    const before = await shop.member(email);
    const known = await shop.browser().post('/forgot').type('form').send({ email });
    const unknown = await shop.browser().post('/forgot').type('form').send({ email: 'nobody@example.com' });
    expect([known.status, known.text]).toEqual([202, unknown.text]);
    const code = shop.codeFor(email);
    const next = 'twelve green lamps downstream';
    const weak = await shop.browser().post('/reset').type('form').send({ code, password: 'short' });
    expect(weak.status).toBe(422);
    expect(weak.text).toContain('field-password-error');
    const done = await shop.browser().post('/reset').type('form').send({ code, password: next });
    expect(done.text).toContain('The new password is set');
    await before.get('/account').expect(401);
    const twice = await shop.browser().post('/reset').type('form').send({ code, password: next });
    expect(twice.status).toBe(400);
    expect(twice.text).toContain('field-code-error');
    await shop.program().post('/login').send({ email, password: ada.password }).expect(401);
    await shop.program().post('/login').send({ email, password: next }).expect(200);
  });
});
