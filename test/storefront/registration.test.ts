import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ada, openShop, type TestShop } from './shop.js';

let shop: TestShop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

const customers = async () => (await shop.database.query('select id from customers')).length;
const pending = async () => (await shop.database.query('select id from safekeep.registrations')).length;

describe('registration', () => {
  it.each(['name', 'address', 'email', 'phone', 'card_number', 'card_expiry', 'password'])(
    'refuses a form without %s, names the field and stores nothing',
    async (field) => {
      const before = await pending();
      const body: Record<string, string> = { ...ada, email: 'left.out@example.com' };
      delete body[field];
      const answer = await shop.program().post('/register').send(body).expect(422);
      expect(answer.type).toBe('application/problem+json');
      expect(answer.body.fields).toEqual([expect.objectContaining({ field, code: 'missing' })]);
      expect(await pending()).toBe(before);
    },
  );

  it('refuses a field that nobody declared', async () => {
    const body = { ...ada, email: 'more@example.com', role: 'administrator' };
    const answer = await shop.program().post('/register').send(body).expect(422);
    expect(answer.body.fields).toEqual([expect.objectContaining({ code: 'unknown' })]);
    expect(answer.text).not.toContain('administrator');
  });

  it('says every problem at once beside its field and gives back what was typed, without card and password', async () => {
    const answer = await shop
      .browser()
      .post('/register')
      .type('form')
      .send({ ...ada, name: '', email: 'not an address', card_number: '5555 5555 5555 4445', password: 'short' })
      .expect(422);
    expect(answer.text).toContain('aria-describedby="field-email-error"');
    expect(answer.text).toContain('value="not an address"');
    expect(answer.text).toContain('+1 202 555 0142');
    expect(answer.text).not.toContain('5555');
    expect(answer.text).not.toMatch(/value="short"/);
    for (const field of ['name', 'email', 'card_number', 'password'])
      expect(answer.text).toContain(`href="#field-${field}"`);
  });

  it('refuses a password that is mostly the person’s own name', async () => {
    const body = { ...ada, email: 'self@example.com', password: 'adaexampleadaexample' };
    const answer = await shop.program().post('/register').send(body).expect(422);
    expect(answer.body.fields[0]).toMatchObject({ field: 'password', code: 'context' });
  });

  it('makes no account before the mailed code came back, and one after it', async () => {
    const email = 'new@example.com';
    const program = shop.program();
    const before = await customers();
    await program
      .post('/register')
      .send({ ...ada, email })
      .expect(202);
    expect(await customers()).toBe(before);
    await program.post('/login').send({ email, password: ada.password }).expect(401);
    const code = shop.codeFor(email);
    await program.post('/confirm').send({ code, password: 'another password altogether' }).expect(400);
    await program.post('/confirm').send({ code, password: ada.password }).expect(201);
    expect(await customers()).toBe(before + 1);
    await program.get('/account').expect(200);
  });

  it('answers a known address as an unknown one and tells its owner by mail', async () => {
    const email = 'known@example.com';
    await shop.member(email);
    const again = await shop
      .browser()
      .post('/register')
      .type('form')
      .send({ ...ada, email });
    const fresh = await shop
      .browser()
      .post('/register')
      .type('form')
      .send({ ...ada, email: 'unknown@example.com' });
    expect([again.status, again.text]).toEqual([fresh.status, fresh.text]);
    expect(shop.mails().find(({ to }) => to === email)?.subject).toBe('You already have an account');
  });

  it('shows a newsletter box that is not ticked, and records nothing of a box left alone', async () => {
    const page = await shop.browser().get('/register').expect(200);
    expect(page.text).toMatch(/<input type="checkbox"[^>]*name="newsletter"/);
    expect(page.text).not.toMatch(/<input type="checkbox"[^>]*\bchecked/);
    const member = await shop.member('quiet@example.com');
    const { body } = await member.get('/account');
    expect(body.newsletter).toBe('unset');
    const events = await shop.database.query('select 1 from safekeep.preference_events where account = $1', [body.id]);
    expect(events).toEqual([]);
  });

  it('keeps a ticked box as a dated event, and a later no beside it', async () => {
    const email = 'letter@example.com';
    const browser = shop.browser();
    await browser
      .post('/register')
      .type('form')
      .send({ ...ada, email, newsletter: 'yes' })
      .expect(202);
    await browser
      .post('/confirm')
      .type('form')
      .send({ code: shop.codeFor(email), password: ada.password })
      .expect(303);
    const { body } = await browser.get('/account').set('Accept', 'application/json');
    expect(body.newsletter).toBe('granted');
    shop.clock.ms += 1000;
    await browser.post('/account/newsletter').type('form').send({ newsletter: 'no' }).expect(303);
    const events = await shop.database.query(
      'select state, method, stated_at from safekeep.preference_events where account = $1 order by id',
      [body.id],
    );
    expect(events.map(({ state, method }) => [state, method])).toEqual([
      ['granted', 'registration form'],
      ['denied', 'account page'],
    ]);
    expect(events.every(({ stated_at: at }) => at instanceof Date)).toBe(true);
    const { body: after } = await browser.get('/account').set('Accept', 'application/json');
    expect(after.newsletter).toBe('denied');
  });

  it('changes nothing when the confirmation page is only looked at', async () => {
    const email = 'scanner@example.com';
    await shop
      .program()
      .post('/register')
      .send({ ...ada, email })
      .expect(202);
    const before = await customers();
    const page = await shop.browser().get('/confirm').expect(200);
    expect(page.headers['referrer-policy']).toBe('no-referrer');
    expect(page.headers['cache-control']).toBe('no-store');
    expect(await customers()).toBe(before);
  });
});
