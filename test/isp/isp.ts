import { fileURLToPath } from 'node:url';
import { accountServer } from '../../examples/isp/server.js';
import { type Agent, openSite, type SiteOptions, type TestSite } from '../shared/site.js';

export type { Agent } from '../shared/site.js';

const folder = fileURLToPath(new URL('../../examples/isp', import.meta.url));

/** A person to register; every test brings its own address. */
export const grace = {
  name: 'Grace Example',
  address: '3 Harrow Row\nSpringfield, IL 62704',
  phone: '+1 202 555 0155',
  card_number: '4242 4242 4242 4242',
  card_expiry: '08/31',
  password: 'nine slow ploughs on the ridge',
  plan: 'furrow',
};

export interface TestIsp extends TestSite {
  /** Registers, confirms, and gives back the signed-in agent. */
  member(email: string, more?: Partial<typeof grace>): Promise<Agent>;
  /** The account of a signed-in agent. */
  idOf(member: Agent): Promise<string>;
}

/** The account server as it is, with people to register. */
export async function openIsp(options: SiteOptions = {}): Promise<TestIsp> {
  const site = await openSite(accountServer(folder), options);
  return {
    ...site,
    member: (email, more = {}) => site.join({ ...grace, ...more, email }),
    idOf: async (member) => (await member.get('/account').expect(200)).body.id,
  };
}
