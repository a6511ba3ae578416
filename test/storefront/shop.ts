import { fileURLToPath } from 'node:url';
import { storefront } from '../../examples/storefront/server.js';
import { type Agent, openSite, type SiteOptions, type TestSite } from '../shared/site.js';

export type { Agent } from '../shared/site.js';

const folder = fileURLToPath(new URL('../../examples/storefront', import.meta.url));

/** A person to register; every test brings its own address. */
export const ada = {
  name: 'Ada Example',
  address: '12 Example Way\nSpringfield, IL 62704',
  phone: '+1 202 555 0142',
  card_number: '4111 1111 1111 1111',
  card_expiry: '09/29',
  password: 'seven quiet herons by the weir',
};

export interface TestShop extends TestSite {
  /** Registers, confirms, and gives back the signed-in agent. */
  member(email: string, more?: Partial<typeof ada>): Promise<Agent>;
}

/** The storefront as it is, with people to register. */
export async function openShop(options: SiteOptions = {}): Promise<TestShop> {
  const site = await openSite(storefront(folder), options);
  return { ...site, member: (email, more = {}) => site.join({ ...ada, ...more, email }) };
}
