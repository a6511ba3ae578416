import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Secret, TOTP } from 'otpauth';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missing, openBrowser } from '../shared/chromium.js';
import { inspect, pictures, screens } from '../shared/inspect.js';
import { ada, openShop, type TestShop } from './shop.js';

if (missing !== undefined) {
  if (process.env['CI']) throw new Error(missing);
  console.warn(`The browser tests are skipped. ${missing}`);
}

const email = 'ada@example.com';
const nextPassword = 'eleven slow barges at noon';

describe.skipIf(missing !== undefined)('in a real browser that trusts our authority', () => {
  let shop: TestShop;
  let browser: { readonly context: BrowserContext; close(): Promise<void> };
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    shop = await openShop();
    browser = await openBrowser(shop.ca, { viewport: { width: 1280, height: 900 } });
    page = await browser.context.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      // Left out: refusals that the test asks for, and Permissions-Policy features that this Chromium does not know.
      const expected = /Permissions-Policy|status of 4(?:03|22)/.test(message.text());
      if (message.type() === 'error' && !expected) complaints.push(message.text());
    });
  });
  afterAll(async () => {
    await browser?.close();
    await shop?.close();
  });

  const go = (path: string) => page.goto(shop.origin + path);
  const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
  const heading = () => page.getByRole('heading', { level: 1 }).textContent();

  it('fills a cart, registers, confirms by the link in the mail, and is signed in', async () => {
    await go('/');
    await page.getByRole('link', { name: 'Copper watering can' }).click();
    await page.getByLabel('How many').fill('2');
    await press('Put in the cart');
    await page.getByRole('link', { name: 'Register' }).click();
    expect(await page.getByLabel('Send me the garden letter by e-mail').isChecked()).toBe(false);
    await page.getByLabel('Full name').fill(ada.name);
    await page.getByLabel('Postal address').fill(ada.address);
    await page.getByLabel('E-mail address').fill(email);
    await page.getByLabel('Telephone').fill(ada.phone);
    await page.getByLabel('Card number').fill(ada.card_number);
    await page.getByLabel('Expires').fill(ada.card_expiry);
    await page.getByLabel('Password').fill('too short');
    await press('Register');
    // The list of problems has the focus, and leads to the field.
    expect(await page.evaluate('document.activeElement.className')).toBe('problems');
    await page.getByRole('link', { name: /^Password:/ }).click();
    await page.getByLabel('Card number').fill(ada.card_number);
    await page.getByLabel('Password').fill(ada.password);
    await press('Register');
    expect(await heading()).toBe('Check your mail');
    await go('/outbox');
    await page.getByRole('link', { name: /confirm#cnf_/ }).click();
    expect(await page.getByLabel('Code from the mail').inputValue()).toBe(shop.codeFor(email));
    // The code has left the address bar, and with it the history.
    await expect.poll(() => page.url()).toBe(`${shop.origin}/confirm`);
    await page.getByLabel('Your password').fill(ada.password);
    await press('Confirm');
    expect(await heading()).toBe('Your account');
    expect(await page.getByRole('status').textContent()).toContain('Welcome');
  });

  it('corrects the details, takes another card, orders what is in the cart', async () => {
    await go('/account');
    await page.getByLabel('Full name').fill('Ada Corrected');
    await press('Save corrections');
    expect(await page.getByLabel('Full name').inputValue()).toBe('Ada Corrected');
    await page.getByRole('link', { name: 'Billing' }).click();
    await page.getByLabel('Card number').fill('4242 4242 4242 4242');
    await page.getByLabel('Expires').fill('01/31');
    await press('Save this card');
    expect(await page.locator('.bankcard').textContent()).toContain('4242');
    await go('/checkout');
    await page.getByRole('button', { name: /^Order and pay/ }).click();
    expect(await page.getByRole('status').textContent()).toContain('Your order is placed');
  });

  it('shows one row three ways behind glass', async () => {
    await go('/glass');
    expect(await page.locator('.pane-value', { hasText: 'Ada Corrected' }).count()).toBe(1);
    expect(await page.locator('.stored .head').count()).toBeGreaterThanOrEqual(7);
    expect(await page.locator('.log .label').count()).toBeGreaterThan(3);
    expect(await page.locator('.log').textContent()).not.toContain('Ada Corrected');
  });

  it('signs out, forgets the password, sets a new one by mail, and signs in with it', async () => {
    await go('/account');
    await press('Sign out');
    await go('/account');
    expect(await heading()).toBe('Sign in');
    await page.getByRole('link', { name: 'I forgot my password' }).click();
    await page.getByLabel('E-mail address').fill(email);
    await press('Send the mail');
    await go('/outbox');
    await page
      .getByRole('link', { name: /reset#rst_/ })
      .first()
      .click();
    await page.getByLabel('New password').fill(nextPassword);
    await press('Save the new password');
    expect(await page.getByRole('status').textContent()).toContain('The new password is set');
    await page.getByLabel('E-mail address').fill(email);
    await page.getByLabel('Password').fill(nextPassword);
    await press('Sign in');
    expect(await heading()).toBe('Your account');
  });

  it('takes another mail address by the link in its mail, and puts the old one back by the link in the other', async () => {
    await page.getByRole('link', { name: 'change your e-mail address' }).click();
    await page.getByLabel('New e-mail address').fill('ada@new.example.com');
    await press('Send a mail there');
    expect(await heading()).toBe('Check your mail');
    await go('/outbox');
    await page.getByRole('link', { name: /confirm#chg_/ }).click();
    expect(await page.getByLabel('Code from the mail').inputValue()).toBe(shop.codeFor('ada@new.example.com'));
    await expect.poll(() => page.url()).toBe(`${shop.origin}/account/email/confirm`);
    await press('Use this address');
    expect(await heading()).toBe('Your account');
    expect(await page.getByRole('status').textContent()).toContain('Your new e-mail address is set');
    await go('/outbox');
    await page
      .getByRole('link', { name: /undo#und_/ })
      .first()
      .click();
    await press('Put it back');
    expect(await heading()).toBe('Choose a new password');
    expect(await page.getByRole('status').textContent()).toContain('Your old e-mail address is back');
    await go('/login');
    await page.getByLabel('E-mail address').fill(email);
    await page.getByLabel('Password').fill(nextPassword);
    await press('Sign in');
    expect(await heading()).toBe('Your account');
  });

  it('judges a new password while it is typed, with words that count the person’s own, and asks no network', async () => {
    const tab = await browser.context.newPage();
    try {
      await tab.goto(`${shop.origin}/register`, { waitUntil: 'networkidle' });
      const asked: string[] = [];
      tab.on('request', (request) => asked.push(request.url()));
      const field = tab.getByLabel('Password');
      const meter = tab.locator('.password-meter');
      const said = async () => [await meter.getAttribute('data-level'), await meter.locator('p').first().textContent()];
      expect(await said()).toEqual(['0', '']);
      await field.pressSequentially('barge');
      expect(await said()).toEqual(['1', '10 more characters are needed.']);
      await field.fill('Larkspur Lane 2024');
      expect(await said()).toEqual(['1', expect.stringMatching(/^This is mostly your own name/)]);
      await field.fill('password password');
      expect(await said()).toEqual(['1', expect.stringMatching(/^This is mostly words that many/)]);
      await field.fill(nextPassword);
      expect(await said()).toEqual(['3', expect.stringMatching(/^This is good\./)]);
      // What is typed about oneself afterwards counts as well.
      await field.fill('zephyrine zephyrine 17');
      await tab.getByLabel('E-mail address').fill('zephyrine@example.com');
      expect(await said()).toEqual(['1', expect.stringMatching(/^This is mostly your own name/)]);
      const heard = tab.locator('.password-meter [role=status]');
      await expect.poll(() => heard.textContent()).toMatch(/^This is mostly your own name/);
      expect(await tab.content()).not.toContain('zephyrine');
      expect(asked).toEqual([]);
      if (pictures === undefined) return;
      mkdirSync(pictures, { recursive: true });
      for (const [name, viewport, colorScheme] of screens) {
        await tab.setViewportSize(viewport);
        await tab.emulateMedia({ colorScheme });
        for (const [level, password] of [
          ['weak', 'Larkspur Lane 2024'],
          ['enough', 'eleven slow barges'],
          ['good', nextPassword],
        ] as const) {
          await field.fill(password);
          await meter.scrollIntoViewIfNeeded();
          await tab.locator('fieldset', { has: meter }).screenshot({
            path: join(pictures, `meter-${level}.${name}.${colorScheme}.png`),
          });
        }
      }
    } finally {
      await tab.close();
    }
  });

  it('works without JavaScript: the code is pasted from the mail', async () => {
    const plain = await openBrowser(shop.ca, { javaScriptEnabled: false });
    try {
      const other = await plain.context.newPage();
      await shop
        .program()
        .post('/register')
        .send({ ...ada, email: 'noscript@example.com' })
        .expect(202);
      await other.goto(`${shop.origin}/confirm`);
      await other.getByLabel('Code from the mail').fill(shop.codeFor('noscript@example.com'));
      await other.getByLabel('Your password').fill(ada.password);
      await other.getByRole('button', { name: 'Confirm' }).click();
      expect(await other.getByRole('heading', { level: 1 }).textContent()).toBe('Your account');
      // So does a forgotten password, and another mail address.
      const pressIn = (name: string) => other.getByRole('button', { name, exact: true }).click();
      await other.goto(`${shop.origin}/account/email`);
      await other.getByLabel('New e-mail address').fill('plain@example.com');
      await pressIn('Send a mail there');
      await other.goto(`${shop.origin}/account/email/confirm`);
      await other.getByLabel('Code from the mail').fill(shop.codeFor('plain@example.com'));
      await pressIn('Use this address');
      await other.goto(`${shop.origin}/account/email/undo`);
      await other.getByLabel('Code from the mail').fill(shop.codeFor('noscript@example.com'));
      await pressIn('Put it back');
      await other.getByLabel('E-mail address').fill('noscript@example.com');
      await pressIn('Send the mail');
      await other.goto(`${shop.origin}/reset`);
      await other.getByLabel('Code from the mail').fill(shop.codeFor('noscript@example.com'));
      await other.getByLabel('New password').fill(nextPassword);
      await pressIn('Save the new password');
      await other.getByLabel('E-mail address').fill('noscript@example.com');
      await other.getByLabel('Password').fill(nextPassword);
      await pressIn('Sign in');
      expect(await other.getByRole('heading', { level: 1 }).textContent()).toBe('Your account');
      // And so does the second step, from the picture to the recovery code.
      await other.getByRole('link', { name: 'Second step' }).click();
      await other.getByRole('button', { name: 'Set it up' }).click();
      expect(await other.getByRole('img', { name: 'QR code' }).isVisible()).toBe(true);
      const secret = Secret.fromBase32(((await other.locator('.key').textContent()) ?? '').replaceAll(' ', ''));
      await other.getByLabel('Code from your app').fill(TOTP.generate({ secret, timestamp: shop.clock.ms }));
      await other.getByRole('button', { name: 'Turn it on' }).click();
      const recovery = (await other.locator('.codes li').first().textContent()) ?? '';
      await other.getByRole('button', { name: 'Sign out' }).click();
      await other.goto(`${shop.origin}/login?to=/account/orders`);
      await other.getByLabel('E-mail address').fill('noscript@example.com');
      await other.getByLabel('Password').fill(nextPassword);
      await other.getByRole('button', { name: 'Sign in', exact: true }).click();
      expect(await other.getByRole('heading', { level: 1 }).textContent()).toBe('One more step');
      await other.getByRole('link', { name: 'Use a recovery code' }).click();
      await other.getByLabel('Recovery code').fill(recovery);
      await other.getByRole('button', { name: 'Sign in', exact: true }).click();
      expect(other.url()).toBe(`${shop.origin}/account/orders`);
    } finally {
      await plain.close();
    }
  });

  it('is sent from plaintext to TLS, and is refused what it posts there', async () => {
    const plaintext = `http://localhost:${shop.plaintextPort}`;
    const stranger = await openBrowser(shop.ca);
    try {
      const tab = await stranger.context.newPage();
      await tab.goto(`${plaintext}/privacy`);
      expect(tab.url()).toBe(`${shop.origin}/privacy`);
    } finally {
      await stranger.close();
    }
    // Chromium sends Secure cookies to localhost in plaintext too: a session that travelled so is refused, not led on.
    expect((await page.goto(`${plaintext}/account`))?.status()).toBe(403);
    const refused = await page.request.post(`${plaintext}/login`, { form: { email } });
    expect(refused.status()).toBe(403);
  });

  it.each(screens)(
    'finds no fault of access on any page, on a %s',
    { timeout: 120_000 },
    async (name, viewport, colorScheme) => {
      const own = await openBrowser(shop.ca, { viewport, colorScheme });
      try {
        const tab = await own.context.newPage();
        const visit = async (path: string) => {
          await tab.goto(shop.origin + path);
          await look(path);
        };
        const look = (path: string) =>
          inspect(tab, path, `${path.replaceAll(/[/?=]/g, '-').slice(1) || 'catalogue'}.${name}.${colorScheme}`);
        for (const path of [
          '/',
          '/products/twine',
          '/cart',
          '/register',
          '/confirm',
          '/login',
          '/login/code',
          '/login/code?with=recovery',
          '/forgot',
          '/reset',
          '/account/email/confirm',
          '/account/email/undo',
          '/privacy',
          '/outbox',
          '/glass',
          '/nowhere',
        ])
          await visit(path);
        await shop.member(`ada.${name}@example.com`);
        await tab.goto(`${shop.origin}/login`);
        await tab.getByLabel('E-mail address').fill(`ada.${name}@example.com`);
        await tab.getByLabel('Password').fill(ada.password);
        await tab.getByRole('button', { name: 'Sign in', exact: true }).click();
        await tab.goto(`${shop.origin}/products/trowel`);
        await tab.getByRole('button', { name: 'Put in the cart' }).click();
        for (const path of ['/cart', '/checkout']) await visit(path);
        await tab.getByRole('button', { name: /^Order and pay/ }).click();
        for (const path of [
          '/account',
          '/account/billing',
          '/account/orders',
          '/account/password',
          '/account/email',
          '/account/devices',
          '/account/factor',
          '/account/prove',
          '/glass',
        ])
          await visit(path);
        await tab.goto(`${shop.origin}/account/factor`);
        await tab.getByRole('button', { name: 'Set it up' }).click();
        await look('/account/factor/setup');
        const key = ((await tab.locator('.key').textContent()) ?? '').replaceAll(' ', '');
        await tab.getByLabel('Code from your app').fill('12');
        await tab.getByRole('button', { name: 'Turn it on' }).click();
        await look('/account/factor/wrong');
        const secret = Secret.fromBase32(key);
        await tab.getByLabel('Code from your app').fill(TOTP.generate({ secret, timestamp: shop.clock.ms }));
        await tab.getByRole('button', { name: 'Turn it on' }).click();
        await look('/account/factor/codes');
        expect(await tab.locator('.codes li').count()).toBe(10);
        await visit('/account/factor');
      } finally {
        await own.close();
      }
    },
  );

  it('had nothing to complain of: no refused script, style or picture', () => {
    expect(complaints).toEqual([]);
  });
});

describe.skipIf(missing !== undefined)('in a browser that was not told', () => {
  it('is warned, because the authority is nobody’s but ours', async () => {
    const shop = await openShop();
    const browser = await openBrowser(undefined);
    try {
      const page = await browser.context.newPage();
      await expect(page.goto(shop.origin)).rejects.toThrow('ERR_CERT_AUTHORITY_INVALID');
    } finally {
      await browser.close();
      await shop.close();
    }
  });
});
