import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ada, openShop, type TestShop } from './shop.js';

let shop: TestShop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

const next = 'eleven slow barges at noon';

describe('another mail address', () => {
  it('is asked for, confirmed from its mail and told to both, without a script', async () => {
    await shop.member('ada@example.com');
    const browser = shop.browser();
    await browser.post('/login').type('form').send({ email: 'ada@example.com', password: ada.password }).expect(303);
    expect((await browser.get('/account').expect(200)).text).toContain('href="/account/email"');
    expect((await browser.get('/account/email').expect(200)).text).toContain('New e-mail address');
    const asked = await browser.post('/account/email').type('form').send({ email: 'ada@new.example.com' }).expect(202);
    expect(asked.text).toContain('Nothing changes until its code comes back');
    const page = await browser.get('/account/email/confirm').expect(200);
    expect([page.headers['cache-control'], page.headers['referrer-policy']]).toEqual(['no-store', 'no-referrer']);
    // In a session of a short while ago the code is enough, and the form says so.
    expect(page.text).not.toContain('type="password"');
    const code = shop.codeFor('ada@new.example.com');
    const done = await browser.post('/account/email/confirm').type('form').send({ code }).expect(303);
    expect(done.headers['location']).toBe('/account?done=address');
    const account = await browser.get('/account?done=address').expect(200);
    expect(account.text).toContain('Your new e-mail address is set');
    expect(account.text).toContain('ada@new.example.com');
    expect(shop.mails().find(({ to }) => to === 'ada@example.com')?.html).toContain('/account/email/undo#und_');
    expect(shop.log.join()).not.toContain(code);
  });

  it('is undone from the old address by whoever reads its mail, which leads on to a new password', async () => {
    const browser = shop.browser();
    const page = await browser.get('/account/email/undo').expect(200);
    expect(page.text).toContain('Put it back');
    const code = shop.codeFor('ada@example.com');
    const done = await browser.post('/account/email/undo').type('form').send({ code }).expect(200);
    expect(done.text).toContain('Your old e-mail address is back');
    expect(done.text).toContain('action="/forgot"');
    const refused = await browser.post('/account/email/undo').type('form').send({ code }).expect(400);
    expect(refused.text).toContain('This code is not valid or no longer valid.');
    await browser.post('/forgot').type('form').send({ email: 'ada@example.com' }).expect(202);
    const reset = { code: shop.codeFor('ada@example.com'), password: next };
    const set = await browser.post('/reset').type('form').send(reset).expect(200);
    expect(set.text).toContain('The new password is set');
    await browser.post('/login').type('form').send({ email: 'ada@example.com', password: next }).expect(303);
  });

  it('asks whoever opens the link elsewhere for the password, and leads to the sign-in', async () => {
    const member = await shop.member('bob@example.com');
    await member.post('/account/email').send({ email: 'bob@new.example.com' }).expect(202);
    const elsewhere = shop.browser();
    expect((await elsewhere.get('/account/email/confirm').expect(200)).text).toContain('type="password"');
    const code = shop.codeFor('bob@new.example.com');
    const wrong = await elsewhere
      .post('/account/email/confirm')
      .type('form')
      .send({ code, password: 'the wrong one of his' })
      .expect(400);
    // What was pasted stays, what was typed does not.
    expect([wrong.text.includes(code), wrong.text.includes('the wrong one of his')]).toEqual([true, false]);
    const done = await elsewhere
      .post('/account/email/confirm')
      .type('form')
      .send({ code, password: ada.password })
      .expect(200);
    expect(done.text).toContain('Sign in with it from now on');
    expect((await member.get('/account')).status).toBe(401);
  });

  it('is asked for after the password once more, where the sign-in was a while ago', async () => {
    await shop.member('cleo@example.com');
    const browser = shop.browser();
    await browser.post('/login').type('form').send({ email: 'cleo@example.com', password: ada.password }).expect(303);
    shop.clock.ms += 16 * 60_000;
    for (const answer of [
      await browser.get('/account/email'),
      await browser.post('/account/email').type('form').send({ email: 'x@example.com' }),
    ]) {
      expect([answer.status, answer.headers['location']]).toEqual([303, '/account/prove?to=%2Faccount%2Femail']);
    }
    const proven = await browser
      .post('/account/prove')
      .type('form')
      .send({ password: ada.password, to: '/account/email' })
      .expect(303);
    expect(proven.headers['location']).toBe('/account/email');
    await browser.get('/account/email').expect(200);
  });

  it('answers programs in JSON, and says nothing of an address that somebody has', async () => {
    const program = await shop.member('dora@example.com');
    expect((await program.get('/account/email').expect(200)).body).toEqual({ fields: ['email'] });
    await program.post('/account/email').send({ email: 'no address' }).expect(422);
    const [free, taken] = [
      await program.post('/account/email').send({ email: 'dora@new.example.com' }).expect(202),
      await program.post('/account/email').send({ email: 'cleo@example.com' }).expect(202),
    ];
    expect(taken.body).toEqual(free.body);
    const code = shop.codeFor('dora@new.example.com');
    const done = await program.post('/account/email/confirm').send({ code }).expect(200);
    expect(done.body).toEqual({ message: 'The new e-mail address is set.' });
    await program.get('/account').expect(200);
    const undo = await program
      .post('/account/email/undo')
      .send({ code: shop.codeFor('dora@example.com') })
      .expect(200);
    expect(undo.body).toEqual({ message: 'The old e-mail address is back.' });
    await program.get('/account').expect(401);
  });
});
