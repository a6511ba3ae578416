import { Secret, TOTP } from 'otpauth';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Agent, ada, openShop, type TestShop } from './shop.js';

let shop: TestShop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

const html = (agent: Agent) => agent.set('Accept', 'text/html');

interface Member {
  readonly email: string;
  readonly here: Agent;
  readonly secret: string;
  readonly codes: readonly string[];
}

function codeOf(secret: string): string {
  return TOTP.generate({ secret: Secret.fromBase32(secret), timestamp: shop.clock.ms });
}
const wrongCode = (secret: string): string =>
  [-30_000, 0, 30_000].some(
    (aheadMs) => TOTP.generate({ secret: Secret.fromBase32(secret), timestamp: shop.clock.ms + aheadMs }) === '000000',
  )
    ? '111111'
    : '000000';

/** Somebody whose second step is on. */
async function guarded(email: string): Promise<Member> {
  const here = await shop.member(email);
  const { body: setup } = await here.post('/account/factor/setup').expect(201);
  const secret = setup.secret.replaceAll(' ', '');
  const { body } = await here
    .post('/account/factor')
    .send({ code: codeOf(secret) })
    .expect(200);
  shop.clock.ms += 60_000;
  return { email, here, secret, codes: body.codes };
}
const signIn = (agent: Agent, email: string, more = {}) =>
  agent
    .post('/login')
    .type('form')
    .send({ email, password: ada.password, ...more });

describe('the second step of signing in', () => {
  it('is asked of who set it up: the password alone reaches no page of the account', async () => {
    const { email, secret } = await guarded('asked@example.com');
    const browser = shop.browser();
    const first = await signIn(browser, email, { to: '/account/orders' });
    expect([first.status, first.headers['location']]).toEqual([303, '/login/code?to=%2Faccount%2Forders']);
    expect(String(first.headers['set-cookie'])).not.toContain('__Host-session=');
    const early = await browser.get('/account');
    expect(early.headers['location']).toBe('/login?to=/account');
    const page = await browser.get('/login/code?to=/account/orders').expect(200);
    expect(page.text).toContain('name="to" value="/account/orders"');
    const wrong = await browser
      .post('/login/code')
      .type('form')
      .send({ code: wrongCode(secret), to: '/account/orders' });
    expect([wrong.status, wrong.text.includes('This code is wrong')]).toEqual([401, true]);
    expect(wrong.text).toContain('name="to" value="/account/orders"');
    const paid = await browser
      .post('/login/code')
      .type('form')
      .send({ code: codeOf(secret), to: '/account/orders' });
    expect([paid.status, paid.headers['location']]).toEqual([303, '/account/orders']);
    await browser.get('/account').expect(200);
  });

  it('tells programs what comes next, and leads nobody to a page of another site', async () => {
    const { email, secret } = await guarded('program@example.com');
    const program = shop.program();
    const owes = await program.post('/login').send({ email, password: ada.password });
    expect([owes.status, owes.body]).toEqual([202, { next: '/login/code' }]);
    const refused = await program.post('/login/code').send({ code: wrongCode(secret) });
    expect([refused.status, refused.type]).toEqual([401, 'application/problem+json']);
    await program
      .post('/login/code')
      .send({ code: codeOf(secret) })
      .expect(200);
    const led = await shop.browser().get('/login/code?to=https://elsewhere.example/');
    expect(led.text).toContain('name="to" value="/account"');
  });

  it('takes a recovery code in its place, once, and tells the owner by mail', async () => {
    const { email, codes, here } = await guarded('gone@example.com');
    const browser = shop.browser();
    await signIn(browser, email);
    const page = await browser.get('/login/code?with=recovery').expect(200);
    expect(page.text).toContain('Recovery code');
    const paid = await browser.post('/login/code').type('form').send({ code: codes[4]?.toLowerCase() });
    expect(paid.status).toBe(303);
    expect(shop.mails().find(({ to }) => to === email)?.text).toContain('A recovery code was used');
    const again = shop.browser();
    await signIn(again, email);
    const refused = await again.post('/login/code').type('form').send({ code: codes[4], with: 'recovery' });
    expect([refused.status, refused.text.includes('Recovery code')]).toEqual([401, true]);
    expect((await here.get('/account/factor')).body).toEqual({ on: true, codesLeft: 9 });
  });

  it('lets the owner in by a recovery code while wrong codes of the app wait', async () => {
    const { email, secret, codes } = await guarded('waits@example.com');
    const thief = shop.browser();
    await signIn(thief, email);
    let last = 0;
    for (let tries = 0; tries < 7 && last !== 429; tries += 1) {
      last = (
        await thief
          .post('/login/code')
          .type('form')
          .send({ code: wrongCode(secret) })
      ).status;
    }
    expect(last).toBe(429);
    // The same network, even the same browser: the limit of codes is full, that of recovery codes is not.
    const page = await thief
      .post('/login/code')
      .type('form')
      .send({ code: codeOf(secret) });
    expect([page.status, /Try again in 30 seconds/.test(page.text)]).toEqual([429, true]);
    const owner = shop.browser();
    await signIn(owner, email);
    expect((await owner.post('/login/code').type('form').send({ code: codes[0] })).status).toBe(303);
  });

  it('begins anew after ten minutes, in words and not with an error', async () => {
    const { email, secret } = await guarded('late@example.com');
    const browser = shop.browser();
    await signIn(browser, email);
    shop.clock.ms += 601_000;
    const late = await browser
      .post('/login/code')
      .type('form')
      .send({ code: codeOf(secret) });
    expect([late.status, late.headers['location']]).toEqual([303, '/login?done=late']);
    expect((await browser.get('/login?done=late')).text).toContain('Please sign in once more');
  });

  it('keeps what was typed before the session ended, through both steps', async () => {
    const { email, secret, here } = await guarded('kept@example.com');
    shop.clock.ms += 3_600_000;
    const browser = html(here);
    const kept = { kept_name: 'Ada Newname', kept_address: '99 Example Row', kept_phone: '+1 202 555 0199' };
    const code = await signIn(browser, email, { to: '/account', ...kept });
    expect([code.status, code.text.includes('name="kept_name" value="Ada Newname"')]).toEqual([200, true]);
    const shown = await browser
      .post('/login/code')
      .type('form')
      .send({ code: codeOf(secret), to: '/account', ...kept });
    expect([shown.status, shown.text.includes('value="Ada Newname"')]).toEqual([200, true]);
  });
});

describe('setting the second step up', () => {
  it('takes a fresh sign-in: a stale one is asked for the password and comes back', async () => {
    const browser = html(await shop.member('fresh@example.com'));
    shop.clock.ms += 301_000;
    const stale = await browser.post('/account/factor/setup');
    expect([stale.status, stale.headers['location']]).toEqual([303, '/account/prove?to=%2Faccount%2Ffactor%2Fsetup']);
    const json = await browser.post('/account/factor/setup').set('Accept', 'application/json');
    expect([json.status, json.type]).toEqual([403, 'application/problem+json']);
    const wrong = await browser.post('/account/prove').type('form').send({ password: 'nine loud herons by the weir' });
    expect(wrong.status).toBe(403);
    expect((await browser.post('/account/factor/setup')).headers['location']).toMatch(/^\/account\/prove/);
    const proved = await browser
      .post('/account/prove')
      .type('form')
      .send({ password: ada.password, to: '/account/factor/setup' });
    expect([proved.status, proved.headers['location']]).toEqual([303, '/account/factor/setup']);
    // Nothing waits yet, and GET makes nothing.
    expect((await browser.get('/account/factor/setup')).headers['location']).toBe('/account/factor');
    expect((await browser.post('/account/factor/setup')).headers['location']).toBe('/account/factor/setup');
    const page = await browser.get('/account/factor/setup').expect(200);
    expect(page.text).toMatch(/<svg [^>]*aria-label="QR code"/);
    expect(page.text).toMatch(/[A-Z2-7]{4} [A-Z2-7]{4} /);
    expect(page.headers['cache-control']).toBe('no-store');
    const refused = await browser.post('/account/factor').type('form').send({ code: '12' });
    expect([refused.status, refused.text.includes('QR code')]).toEqual([422, true]);
  });

  it('shows ten recovery codes this once, writes none of them into the log, and mails the owner', async () => {
    const { email, here, codes, secret } = await guarded('once@example.com');
    expect(codes).toHaveLength(10);
    for (const path of ['/account/factor', '/account/factor/setup']) {
      const page = await here.get(path).set('Accept', 'text/html');
      for (const code of codes) expect(page.text).not.toContain(code);
      expect(page.text).not.toContain(secret);
    }
    const log = shop.log.join('');
    for (const value of [...codes, secret]) expect(log).not.toContain(value);
    expect(shop.mails().find(({ to }) => to === email)?.text).toContain('A second step was added');
    const twice = await here.post('/account/factor/setup');
    expect(twice.status).toBe(409);
  });

  it('signs every other device out, and not this one', async () => {
    const there = await shop.member('others@example.com');
    const here = shop.program();
    await here.post('/login').send({ email: 'others@example.com', password: ada.password }).expect(200);
    const { body } = await here.post('/account/factor/setup').expect(201);
    const page = await here
      .post('/account/factor')
      .set('Accept', 'text/html')
      .type('form')
      .send({ code: codeOf(body.secret.replaceAll(' ', '')) });
    expect(page.text.match(/<li>[A-Z2-7]{4}(-[A-Z2-7]{4}){5}<\/li>/g)).toHaveLength(10);
    await there.get('/account').expect(401);
    await here.get('/account').expect(200);
  });

  it('is undone by password and code, and not by either alone', async () => {
    const { here, secret, codes, email } = await guarded('off@example.com');
    const off = (password: string, code: string | undefined) =>
      here.post('/account/factor/off').send({ password, code: code ?? '' });
    expect((await off('nine loud herons by the weir', codes[0])).status).toBe(403);
    expect((await off(ada.password, wrongCode(secret))).status).toBe(403);
    expect((await here.get('/account/factor')).body).toEqual({ on: true, codesLeft: 10 });
    expect((await off(ada.password, codes[0])).status).toBe(200);
    expect((await here.get('/account/factor')).body).toEqual({ on: false, codesLeft: 0 });
    expect(shop.mails().find(({ to }) => to === email)?.text).toContain('was turned off');
    await shop.program().post('/login').send({ email, password: ada.password }).expect(200);
  });

  it('lets a password be shorter while it is on, and asks for a longer one before it is turned off', async () => {
    const { here, codes } = await guarded('short@example.com');
    const short = 'k9#vTq2m';
    const page = await here.get('/account/password').set('Accept', 'text/html');
    expect(page.text).toMatch(/8 characters or more/);
    expect(page.text).toContain('data-password-meter="second-factor"');
    await here.post('/account/password').send({ current_password: ada.password, password: short }).expect(200);
    const refused = await here
      .post('/account/factor/off')
      .set('Accept', 'text/html')
      .type('form')
      .send({ password: short, code: codes[0] });
    expect([refused.status, refused.text.includes('Choose another one on the page Password first')]).toEqual([
      422,
      true,
    ]);
    await here.post('/account/password').send({ current_password: short, password: 'eleven slow barges at noon' });
    const off = { password: 'eleven slow barges at noon', code: codes[0] };
    await here.post('/account/factor/off').send(off).expect(200);
    expect((await here.get('/account/password').set('Accept', 'text/html')).text).toMatch(/15 characters or more/);
  });

  it('gives new recovery codes to a fresh sign-in only', async () => {
    const { here, codes, secret } = await guarded('anew@example.com');
    const { body } = await here.post('/account/factor/codes').expect(200);
    expect(body.codes).toHaveLength(10);
    expect(body.codes).not.toContain(codes[0]);
    shop.clock.ms += 1_201_000;
    await here.post('/account/factor/codes').expect(403);
    // To be fresh again takes both steps.
    const owes = await here.post('/account/prove').send({ password: ada.password });
    expect(owes.status).toBe(202);
    await here.post('/account/factor/codes').expect(403);
    await here
      .post('/login/code')
      .send({ code: codeOf(secret) })
      .expect(200);
    await here.post('/account/factor/codes').expect(200);
  });
});

describe('another mail address', () => {
  it('is asked for behind a fresh sign-in, and the proof leads back to it', async () => {
    const browser = html(await shop.member('address@example.com'));
    shop.clock.ms += 1_201_000;
    const stale = await browser.get('/account/email');
    expect([stale.status, stale.headers['location']]).toEqual([303, '/account/prove?to=%2Faccount%2Femail']);
    const proved = await browser
      .post('/account/prove')
      .type('form')
      .send({ password: ada.password, to: '/account/email' });
    expect(proved.headers['location']).toBe('/account/email');
    await browser.get('/account/email').expect(200);
  });
});

describe('the list of devices', () => {
  it('is shown and changed only a short while after a proof of the password', async () => {
    const here = await shop.member('listed@example.com');
    const there = shop.program();
    await there.post('/login').send({ email: 'listed@example.com', password: ada.password }).expect(200);
    const { devices } = (await here.get('/account/devices').expect(200)).body;
    const other = devices.find(({ current }: { current: boolean }) => !current);
    shop.clock.ms += 1_201_000;
    await there.get('/account').expect(200);
    await here.get('/account/devices').expect(403);
    await here.post('/account/devices/end').send({ handle: other.handle }).expect(403);
    await here.post('/account/devices/end-all').expect(403);
    await there.get('/account').expect(200);
    const page = await here.get('/account/devices').set('Accept', 'text/html');
    expect(page.headers['location']).toBe('/account/prove?to=%2Faccount%2Fdevices');
    await here.post('/account/prove').send({ password: ada.password }).expect(200);
    await here.post('/account/devices/end-all').expect(200);
    for (const agent of [here, there]) await agent.get('/account').expect(401);
  });
});
