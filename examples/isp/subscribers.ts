import type { People, Site } from '../shared/site.js';

const labels = {
  id: 'Customer number',
  name: 'Full name',
  address: 'Postal address',
  email: 'E-mail address',
  email_index: 'Index for finding the address',
  phone: 'Telephone',
  card_number: 'Card number',
  card_expiry: 'Card expires',
  password: 'Password',
  line_login: 'Login of the line',
  line_secret: 'Secret of the line',
  start_page: 'What your start page shows',
  plan: 'Plan',
  line_partner: 'Who builds the line',
  line_state: 'State of the line',
  line_since: 'Line since',
  created_at: 'Subscriber since',
};
const unseen = {
  email_index: 'No value of yours: a keyed fingerprint, by which a sign-in finds the row without opening it.',
  card_number: 'Not opened for this page. Only the purpose “billing” may.',
  card_expiry: 'Not opened for this page. Only the purpose “billing” may.',
  password: 'Nobody can see it, not you here and not us. What is stored is a hash, and the hash is sealed.',
  line_login: 'None: no line is ordered.',
  line_secret: 'It was shown once, when it was made. Only what lets your line in may open it.',
  start_page: 'None: you chose nothing.',
  line_partner: 'Nobody: no line is ordered.',
  line_since: 'Not yet.',
};

type Opened = Pick<Site, 'keep' | 'database'>;

const storedOf = ({ database }: Opened, account: string) =>
  database.one('select * from subscribers where id = $1', [account]);

/** The subscribers: their row as it is stored, as their account shows it, and as a bill needs it. */
export function subscribers(site: Opened): People {
  return {
    table: 'subscribers',
    stored: (account) => storedOf(site, account),
    known: (account) => subscriberOf(site, account),
    payer: async (account) =>
      site.keep.fields.openRow('subscribers', await storedOf(site, account), 'billing').reveal(),
    labels,
    unseen,
  };
}

/** Opened for the purpose `account`: no card and no secret in it. */
export async function subscriberOf(site: Opened, account: string) {
  const row = site.keep.fields.openRow('subscribers', await storedOf(site, account), 'account');
  // Logged on purpose: the line shows labels where the values are, which /glass is there to show.
  site.keep.log.info({ account, row }, 'account read');
  return row.reveal();
}
