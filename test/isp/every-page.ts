import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { makeBills } from '../../examples/isp/bills.js';
import { openBrowser } from '../shared/chromium.js';
import { inspect, type Screen } from '../shared/inspect.js';
import type { TestSite } from '../shared/site.js';
import { grace, type TestIsp } from './isp.js';

export async function signIn(tab: Page, site: TestSite, email: string, password: string): Promise<void> {
  await tab.goto(`${site.origin}/login`);
  await tab.getByLabel('E-mail address').fill(email);
  await tab.getByLabel('Password').fill(password);
  await tab.getByRole('button', { name: 'Sign in', exact: true }).click();
}

export const heading = (tab: Page): Promise<string | null> => tab.getByRole('heading', { level: 1 }).textContent();

const publicPages = [
  '/',
  '/start',
  '/register',
  '/confirm',
  '/login',
  '/forgot',
  '/reset',
  '/account/email/confirm',
  '/account/email/undo',
  '/privacy',
  '/outbox',
  '/glass',
];
const accountPages = [
  '/account',
  '/account/line',
  '/account/usage',
  '/account/bills',
  '/account/billing',
  '/account/password',
  '/account/email',
  '/account/choices',
  '/account/data',
  '/account/factor',
  '/start',
  '/account/devices',
  '/glass',
];

/** Looks at every page on one screen: those for everybody, a form with problems, and the account of a used line. */
export async function inspectEveryPage(isp: TestIsp, [name, viewport, colorScheme]: Screen): Promise<void> {
  const email = `grace.${name}@example.com`;
  const member = await isp.member(email);
  await fill(isp, await isp.idOf(member));
  const own = await openBrowser(isp.ca, { viewport, colorScheme });
  try {
    const tab = await own.context.newPage();
    const look = (path: string) =>
      inspect(tab, path, `isp${path === '/' ? '-home' : path.replaceAll('/', '-')}.${name}.${colorScheme}`);
    const visit = async (path: string) => {
      await tab.goto(isp.origin + path);
      await look(path);
    };
    for (const path of publicPages) await visit(path);
    await tab.goto(`${isp.origin}/register`);
    await tab.getByRole('button', { name: 'Register' }).click();
    await look('/register/problems');
    await signIn(tab, isp, email, grace.password);
    expect(await heading(tab)).toBe('Your account');
    for (const path of accountPages) await visit(path);
    await tab.goto(`${isp.origin}/account/line`);
    await tab.getByRole('button', { name: 'Make another secret' }).click();
    expect(await heading(tab)).toBe('What lets your line in');
    await look('/account/line/secret');
  } finally {
    await own.close();
  }
}

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
