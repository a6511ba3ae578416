import { request as plainRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ada, openShop, type TestShop } from './shop.js';

let shop: TestShop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

const publicPages = [
  '/',
  '/products/twine',
  '/cart',
  '/register',
  '/confirm',
  '/login',
  '/forgot',
  '/reset',
  '/privacy',
  '/outbox',
  '/glass',
];

describe('the shop floor', () => {
  it('shows every product, in a page and as JSON, and a page of its own for what is not there', async () => {
    const { body } = await shop.program().get('/').expect(200);
    expect(body.products).toHaveLength(8);
    const page = await shop.browser().get('/').expect(200);
    for (const { id, name } of body.products) {
      expect(page.text).toContain(`href="/products/${id}"`);
      expect(page.text).toContain(name);
      await shop.browser().get(`/products/${id}`).expect(200);
    }
    const missing = await shop.browser().get('/products/none').expect(404);
    expect(missing.text).toContain('There is nothing on this spot');
    expect((await shop.program().get('/products/none').expect(404)).type).toBe('application/problem+json');
  });

  it('fills a cart before anybody signs in, by a random cookie whose table holds no cookie', async () => {
    const browser = shop.browser();
    const first = await browser.post('/cart').type('form').send({ product: 'twine', quantity: '2' });
    expect([first.status, first.headers['location']]).toEqual([303, '/cart']);
    const cookie = /^__Host-cart=([\w-]{43}); .*Secure/.exec(String(first.headers['set-cookie']))?.[1];
    expect(String(first.headers['set-cookie'])).toMatch(/HttpOnly.*SameSite=Lax/);
    await browser.post('/cart').type('form').send({ product: 'trowel', quantity: '1' }).expect(303);
    await browser.post('/cart').type('form').send({ product: 'twine', quantity: '3' }).expect(303);
    const { body } = await browser.get('/cart').set('Accept', 'application/json');
    expect(body.lines.map(({ id, quantity }: { id: string; quantity: number }) => [id, quantity])).toEqual([
      ['trowel', 1],
      ['twine', 5],
    ]);
    await browser.post('/cart').type('form').send({ product: 'trowel', set: '0' }).expect(303);
    expect((await browser.get('/cart').set('Accept', 'application/json')).body.lines).toHaveLength(1);
    const rows = await shop.database.query('select id from carts');
    expect(cookie).toBeDefined();
    expect(JSON.stringify(rows)).not.toContain(cookie);
  });

  it('refuses numbers and products that are none, and counts no further than twenty', async () => {
    const program = shop.program();
    for (const send of [
      { product: 'twine', quantity: -1 },
      { product: 'twine', quantity: 1e9 },
      { product: 'twine', set: '1.5' },
      { product: 'none' },
      { product: ['twine'] },
      {},
    ]) {
      await program.post('/cart').send(send).expect(422);
    }
    for (let clicks = 0; clicks < 3; clicks += 1)
      await program.post('/cart').send({ product: 'twine', quantity: 9 }).expect(200);
    expect((await program.get('/cart')).body.lines[0].quantity).toBe(20);
  });

  it('loses no click when two come at once', async () => {
    const browser = shop.browser();
    await browser.post('/cart').type('form').send({ product: 'twine' });
    await Promise.all([1, 2, 3, 4].map(() => browser.post('/cart').type('form').send({ product: 'twine' })));
    const { body } = await browser.get('/cart').set('Accept', 'application/json');
    expect(body.lines[0].quantity).toBe(5);
  });

  it('serves its files under their fingerprint, to be kept for a year', async () => {
    const page = await shop.browser().get('/');
    const url = /href="(\/assets\/style\.[^"]+\.css)"/.exec(page.text)?.[1] as string;
    const file = await shop.browser().get(url).expect(200);
    expect(file.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    await shop
      .browser()
      .get(url)
      .set('If-None-Match', file.headers['etag'] as string)
      .expect(304);
    await shop.browser().get('/assets/style.css').expect(404);
    await shop.browser().get('/assets/..%2f..%2fapp.ts').expect(404);
  });

  it('says in its notice what the policy says, to who declines cookies too', async () => {
    const page = await shop.browser().get('/privacy').expect(200);
    expect(page.headers['set-cookie']).toBeUndefined();
    expect(page.text).toContain('Payment and parcel');
    const { body } = await shop.program().get('/privacy').expect(200);
    expect(body.sections.map(({ heading }: { heading: string }) => heading)).toContain('Who may receive it');
  });
});

describe('every page', () => {
  it.each(publicPages)('%s has no inline script, no inline style and nothing from elsewhere', async (path) => {
    const page = await shop.browser().get(path).expect(200);
    expect(page.text).not.toMatch(/<style|\sstyle=|\son\w+=|javascript:/i);
    expect(page.text).not.toMatch(/<script(?![^>]* src="\/assets\/)/);
    expect(page.text).not.toMatch(/\b(?:src|href|action)="(?!\/|#|mailto:)/);
    expect(page.headers['content-security-policy']).toContain("default-src 'none'");
    expect(page.headers['content-security-policy']).not.toContain('unsafe');
  });

  it.each(publicPages)('%s names every field it asks for', async (path) => {
    const { text } = await shop.browser().get(path);
    const labelled = new Set([...text.matchAll(/<label[^>]* for="([^"]+)"/g)].map(([, id]) => id));
    const fields = [...text.matchAll(/<(?:input|textarea)\b[^>]*>/g)]
      .map(([tag]) => tag)
      .filter((tag) => !tag.includes('type="hidden"'));
    for (const tag of fields) expect(labelled).toContain(/ id="([^"]+)"/.exec(tag)?.[1]);
    for (const tag of fields.filter((one) => one.includes('type="password"'))) {
      expect(tag).toMatch(/autocomplete="(?:current|new)-password"/);
    }
    expect(text).not.toMatch(/onpaste|autocomplete="off"[^>]*type="password"/);
  });

  it('is refused in plaintext: a redirect for a look, a refusal with the body unread for the rest', async () => {
    const look = await plain('GET', '/products/twine');
    expect([look.status, look.location]).toEqual([308, `${shop.origin}/products/twine`]);
    expect((await plain('POST', '/login')).status).toBe(403);
    expect((await plain('GET', '/account', '__Host-session=x')).status).toBe(403);
  });
});

describe('development pages', () => {
  it('keep quiet when a proxy stands in front of them', async () => {
    for (const path of ['/outbox', '/glass']) {
      await shop.browser().get(path).expect(200);
      for (const header of ['X-Forwarded-For', 'Forwarded', 'Via']) {
        await shop.browser().get(path).set(header, 'for=203.0.113.7').expect(404);
      }
    }
  });

  it('do not exist without the flag', async () => {
    const production = await openShop({ development: false });
    try {
      for (const path of ['/outbox', '/glass']) {
        await production.browser().get(path).expect(404);
        await production.program().get(path).expect(404);
      }
      expect((await production.browser().get('/')).text).not.toContain('/outbox');
    } finally {
      await production.close();
    }
  });

  it('list mail newest first, with the code’s link to click', async () => {
    const email = 'outbox@example.com';
    await shop
      .program()
      .post('/register')
      .send({ ...ada, email })
      .expect(202);
    const { body } = await shop.program().get('/outbox').expect(200);
    expect(body[0]).toMatchObject({ to: email, subject: 'Please confirm your e-mail address' });
    const page = await shop.browser().get('/outbox');
    expect(page.text).toContain(`<a href="/confirm#${shop.codeFor(email)}">`);
  });
});

function plain(
  method: string,
  path: string,
  cookie?: string,
): Promise<{ status: number; location: string | undefined }> {
  return new Promise((resolve, reject) => {
    const headers = cookie === undefined ? {} : { Cookie: cookie };
    const call = plainRequest({ port: shop.plaintextPort, host: '127.0.0.1', method, path, headers }, (res) => {
      res.resume();
      resolve({ status: res.statusCode ?? 0, location: res.headers.location });
    });
    call.once('error', reject).end();
  });
}
