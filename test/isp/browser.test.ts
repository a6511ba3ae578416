import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeBills } from '../../examples/isp/bills.js';
import { missing, openBrowser } from '../shared/chromium.js';
import { inspect, screens } from '../shared/inspect.js';
import { ada, openShop, type TestShop } from '../storefront/shop.js';
import { grace, openIsp, type TestIsp } from './isp.js';

if (missing !== undefined) {
  if (process.env['CI']) throw new Error(missing);
  console.warn(`The browser tests are skipped. ${missing}`);
}

describe.skipIf(missing !== undefined)('the account server in a real browser', () => {
  let isp: TestIsp;
  let shop: TestShop;
  beforeAll(async () => {
    [isp, shop] = await Promise.all([openIsp(), openShop()]);
  });
  afterAll(() => Promise.all([isp.close(), shop.close()]));

  async function signIn(tab: Page, site: TestIsp | TestShop, email: string, password: string): Promise<void> {
    await tab.goto(`${site.origin}/login`);
    await tab.getByLabel('E-mail address').fill(email);
    await tab.getByLabel('Password').fill(password);
    await tab.getByRole('button', { name: 'Sign in', exact: true }).click();
  }
  const heading = (tab: Page) => tab.getByRole('heading', { level: 1 }).textContent();

  it.each(screens)(
    'finds no fault of access on any page, on a %s, registration without JavaScript included',
    { timeout: 120_000 },
    async (name, viewport, colorScheme) => {
      const email = `grace.${name}@example.com`;
      const member = await isp.member(email);
      await fill(isp, await isp.idOf(member));
      const own = await openBrowser(isp.ca, { viewport, colorScheme });
      try {
        const tab = await own.context.newPage();
        const visit = async (path: string) => {
          await tab.goto(isp.origin + path);
          await inspect(tab, path, `isp${path === '/' ? '-home' : path.replaceAll('/', '-')}.${name}.${colorScheme}`);
        };
        for (const path of [
          '/',
          '/register',
          '/confirm',
          '/login',
          '/forgot',
          '/reset',
          '/privacy',
          '/outbox',
          '/glass',
        ])
          await visit(path);
        await tab.goto(`${isp.origin}/register`);
        await tab.getByRole('button', { name: 'Register' }).click();
        await inspect(tab, '/register with problems', `isp-register-problems.${name}.${colorScheme}`);
        await signIn(tab, isp, email, grace.password);
        expect(await heading(tab)).toBe('Your account');
        for (const path of accountPages) await visit(path);
      } finally {
        await own.close();
      }
    },
  );

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

const accountPages = [
  '/account',
  '/account/line',
  '/account/usage',
  '/account/bills',
  '/account/billing',
  '/account/password',
  '/account/factor',
  '/account/devices',
  '/glass',
];

/** A line with a past, so that the pages have something to show. */
async function fill(isp: TestIsp, id: string): Promise<void> {
  const now = isp.clock.nowMs();
  await isp.database.query(
    `update subscribers set line_state = 'active', line_since = $2, line_login = $3 where id = $1`,
    [id, new Date(now - 90 * 86_400_000), `hn-${id.slice(0, 8)}`],
  );
  await isp.database.query(
    `insert into line_sessions (id, subscriber, partner, nas, session, last_record, octets_in, octets_out, seconds,
       started_at, heard_at, ended_at)
     select gen_random_uuid(), $1, 'p', 'n', n::text, 'interim', n * 900000000, n * 11000000000, n * 3000,
       $2::timestamptz - n * interval '1 day', $2, case when n > 1 then $2::timestamptz end
     from generate_series(1::bigint, 6) n`,
    [id, new Date(now)],
  );
  await makeBills(isp.parts, now);
}
