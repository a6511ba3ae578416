import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missing, openBrowser } from '../shared/chromium.js';
import { screens } from '../shared/inspect.js';
import { ada, openShop, type TestShop } from '../storefront/shop.js';
import { heading, inspectEveryPage, signIn } from './every-page.js';
import { grace, openIsp, type TestIsp } from './isp.js';

if (missing !== undefined) {
  if (process.env['CI']) throw new Error(missing);
  console.warn(`The browser tests are skipped. ${missing}`);
}

const [, phone] = screens;

describe.skipIf(missing !== undefined)('the account server in a real browser', () => {
  let isp: TestIsp;
  let shop: TestShop;
  beforeAll(async () => {
    [isp, shop] = await Promise.all([openIsp(), openShop()]);
  });
  afterAll(() => Promise.all([isp.close(), shop.close()]));

  it('finds no fault of access on any page, on a phone', { timeout: 120_000 }, async () => {
    await inspectEveryPage(isp, phone);
  });

  it('works without JavaScript: registers with a plan, confirms by the code, orders a line', {
    timeout: 60_000,
  }, async () => {
    const own = await openBrowser(isp.ca, { javaScriptEnabled: false });
    try {
      const tab = await own.context.newPage();
      const email = 'noscript@example.com';
      await tab.goto(`${isp.origin}/register`);
      for (const box of await tab.getByRole('radio').all()) expect(await box.isChecked()).toBe(false);
      expect(await tab.getByLabel('Send me news of the net by e-mail').isChecked()).toBe(false);
      await tab.getByLabel('Ridge').check();
      await tab.getByLabel('Full name').fill(grace.name);
      await tab.getByLabel('Postal address').fill(grace.address);
      await tab.getByLabel('E-mail address').fill(email);
      await tab.getByRole('textbox', { name: 'Telephone' }).fill(grace.phone);
      await tab.getByLabel('Card number').fill(grace.card_number);
      await tab.getByLabel('Expires').fill(grace.card_expiry);
      await tab.getByLabel('Password').fill(grace.password);
      await tab.getByRole('button', { name: 'Register' }).click();
      expect(await heading(tab)).toBe('Check your mail');
      await tab.goto(`${isp.origin}/confirm`);
      await tab.getByLabel('Code from the mail').fill(isp.codeFor(email));
      await tab.getByLabel('Your password').fill(grace.password);
      await tab.getByRole('button', { name: 'Confirm' }).click();
      await tab.getByRole('link', { name: 'Plan and line' }).click();
      expect(await tab.getByLabel('Ridge').isChecked()).toBe(true);
      await tab.getByRole('button', { name: 'Order the line' }).click();
      expect(await tab.locator('.secret').count()).toBe(2);
      await tab.getByRole('link', { name: 'I have written it down' }).click();
      expect(await tab.getByText('Your line is ordered').count()).toBe(1);
    } finally {
      await own.close();
    }
  });

  it('keeps one browser signed in to both servers, whose cookies share a host', { timeout: 60_000 }, async () => {
    await isp.member('both@example.com');
    await shop.member('both@example.com');
    const own = await openBrowser([isp.ca, shop.ca]);
    try {
      const tab = await own.context.newPage();
      await signIn(tab, isp, 'both@example.com', grace.password);
      await signIn(tab, shop, 'both@example.com', ada.password);
      for (const site of [isp, shop]) {
        await tab.goto(`${site.origin}/account`);
        expect(await heading(tab)).toBe('Your account');
      }
      // Signing out of one leaves the other alone, Clear-Site-Data and all.
      await tab.getByRole('button', { name: 'Sign out', exact: true }).click();
      await tab.goto(`${isp.origin}/account`);
      expect(await heading(tab)).toBe('Your account');
      await tab.goto(`${shop.origin}/account`);
      expect(await heading(tab)).toBe('Sign in');
    } finally {
      await own.close();
    }
  });
});
