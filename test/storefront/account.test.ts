import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ada, openShop, type TestShop } from './shop.js';

let shop: TestShop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

describe('the account', () => {
  it('shows what is known, without the card, and stores it sealed', async () => {
    const member = await shop.member('ada@example.com');
    const { body } = await member.get('/account').expect(200);
    expect(body).toMatchObject({ name: ada.name, address: ada.address, email: 'ada@example.com', phone: ada.phone });
    expect(JSON.stringify(body)).not.toContain('1111');
    const stored = await shop.database.one('select * from customers where id = $1', [body.id]);
    for (const column of ['name', 'address', 'email', 'phone', 'card_number', 'card_expiry', 'password']) {
      expect(stored[column]).toMatch(/^sf1\.[\w-]{80,}$/);
    }
    expect(JSON.stringify(stored)).not.toMatch(/Ada Example|Springfield|41111111|2025550142/);
  });

  it('takes corrections, refuses slips beside the field, and refuses fields that are not its own', async () => {
    const member = await shop.member('correct@example.com');
    const corrected = { name: 'Ada Corrected', address: '7 Example Court, Springfield', phone: '+1 202 555 0177' };
    await member.post('/account').send(corrected).expect(200);
    expect((await member.get('/account')).body).toMatchObject(corrected);
    const slip = await member
      .post('/account')
      .send({ ...corrected, phone: 'none' })
      .expect(422);
    expect(slip.body.fields).toEqual([expect.objectContaining({ field: 'phone', code: 'malformed' })]);
    const stray = await member
      .post('/account')
      .send({ ...corrected, email: 'other@example.com' })
      .expect(422);
    expect(stray.body.fields).toEqual([expect.objectContaining({ code: 'unknown' })]);
    expect((await member.get('/account')).body.email).toBe('correct@example.com');
  });

  it('seals a corrected value anew, under another nonce', async () => {
    const member = await shop.member('anew@example.com');
    const { body } = await member.get('/account');
    const read = async () =>
      (await shop.database.one('select name, email from customers where id = $1', [body.id])) as Record<string, string>;
    const before = await read();
    await member.post('/account').send({ name: body.name, address: body.address, phone: body.phone }).expect(200);
    const after = await read();
    expect(after['name']).not.toBe(before['name']);
    expect(after['email']).toBe(before['email']);
  });

  it('shows a page whose text is escaped, whatever a name holds', async () => {
    const member = await shop.member('markup@example.com', { name: '<script>alert(1)</script>"\'&' });
    const page = await member.get('/account').set('Accept', 'text/html').expect(200);
    expect(page.text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;');
    expect(page.text).not.toContain('<script>alert');
  });
});

describe('billing', () => {
  it('shows four digits and takes another card', async () => {
    const member = await shop.member('card@example.com');
    expect((await member.get('/account/billing')).body).toEqual({ card_last4: '1111', card_expiry: '09/29' });
    const slip = await member
      .post('/account/billing')
      .send({ card_number: '4242 4242 4242 4241', card_expiry: '13/30' });
    expect(slip.body.fields.map(({ field }: { field: string }) => field)).toEqual(['card_number', 'card_expiry']);
    await member
      .post('/account/billing')
      .send({ card_number: '4242-4242-4242-4242', card_expiry: '01/31' })
      .expect(200);
    expect((await member.get('/account/billing')).body).toEqual({ card_last4: '4242', card_expiry: '01/31' });
    const page = await member.get('/account/billing').set('Accept', 'text/html');
    expect(page.text).not.toContain('4242424242424242');
  });
});

describe('orders', () => {
  it('are placed from the cart, once, and keep where they went sealed', async () => {
    const member = await shop.member('orders@example.com');
    await member.post('/cart').send({ product: 'trowel', quantity: 2 }).expect(200);
    const checkout = await member.get('/checkout').expect(200);
    expect(checkout.body).toMatchObject({ total_cents: 2 * 1850 + 495, ship_to: ada.address, card_last4: '1111' });
    const answers = await Promise.all([1, 2].map(() => member.post('/account/orders').send({})));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
    const { body } = await member.get('/account/orders').expect(200);
    expect(body.orders).toHaveLength(1);
    expect(body.orders[0]).toMatchObject({ total_cents: 4195, lines: [{ id: 'trowel', quantity: 2, cents: 1850 }] });
    const { body: account } = await member.get('/account');
    const stored = await shop.database.one('select * from orders where customer = $1', [account.id]);
    for (const column of ['ship_to', 'card_last4']) expect(stored[column]).toMatch(/^sf1\./);
    expect((await member.get('/cart')).body.lines).toEqual([]);
    const page = await member.get('/account/orders').set('Accept', 'text/html');
    expect(page.text).toContain('Ash-handled trowel');
  });

  it('of one customer are not shown to another', async () => {
    const one = await shop.member('one@example.com');
    const other = await shop.member('other@example.com');
    await one.post('/cart').send({ product: 'twine' }).expect(200);
    await one.post('/account/orders').send({}).expect(201);
    expect((await other.get('/account/orders')).body.orders).toEqual([]);
  });
});

describe('behind glass', () => {
  it('shows the row as its customer sees it, as it is stored, and what the log says of it', async () => {
    const member = await shop.member('glass@example.com');
    await member.get('/account');
    const { body } = await member.get('/glass').expect(200);
    expect(body.seen).toMatchObject({ name: ada.name, email: 'glass@example.com' });
    expect(body.seen).not.toHaveProperty('card_number');
    expect(body.stored.card_number).toMatch(/^sf1\./);
    expect(body.log.length).toBeGreaterThan(0);
    for (const line of body.log) {
      expect(shop.log.map((written) => written.trimEnd())).toContain(line);
      expect(line).not.toContain('glass@example.com');
      expect(line).not.toContain(ada.name);
    }
    const page = await member.get('/glass').set('Accept', 'text/html').expect(200);
    expect(page.text).toContain('KC-XAES-256-GCM');
    expect(page.text).toMatch(/<span class="head">sf1\.[\w-]{8}<\/span>/);
    expect(page.text).toMatch(/<span class="label">\[user\.[\w.]+\]<\/span>/);
  });

  it('shows nobody’s row to who is not signed in', async () => {
    const page = await shop.browser().get('/glass').expect(200);
    expect(page.text).toContain('It needs a customer');
  });
});
