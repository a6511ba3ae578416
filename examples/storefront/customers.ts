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
  created_at: 'Customer since',
};
const unseen = {
  email_index: 'No value of yours: a keyed fingerprint, by which a sign-in finds the row without opening it.',
  card_number: 'Not opened for this page. Only the purpose “orders” may.',
  card_expiry: 'Not opened for this page. Only the purpose “orders” may.',
  password: 'Nobody can see it, not you here and not us. What is stored is a hash, and the hash is sealed.',
};

/** The customers: their row as it is stored, as their account shows it, and as paying and sending need it. */
export function customers({ keep, database }: Pick<Site, 'keep' | 'database'>): People {
  const stored = (account: string) => database.one('select * from customers where id = $1', [account]);
  return {
    table: 'customers',
    stored,
    async known(account) {
      const row = keep.fields.openRow('customers', await stored(account), 'account');
      // Logged on purpose: the line shows labels where the values are, which /glass is there to show.
      keep.log.info({ account, row }, 'account read');
      return row.reveal();
    },
    payer: (account) => payerOf({ keep, database }, account),
    labels,
    unseen,
  };
}

/** What paying and sending need: opened for the purpose `orders`. */
export async function payerOf({ keep, database }: Pick<Site, 'keep' | 'database'>, account: string) {
  const stored = await database.one('select * from customers where id = $1', [account]);
  return keep.fields.openRow('customers', stored, 'orders').reveal();
}
