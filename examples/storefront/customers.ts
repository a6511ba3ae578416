import type { Shop } from './shop.js';

/** The stored row, sealed as it lies there. */
export function storedCustomer({ database }: Pick<Shop, 'database'>, account: string) {
  return database.one('select * from customers where id = $1', [account]);
}

/** What the account pages may see: opened for the purpose `account`, so there is no card in it. */
export async function customerOf({ keep, database }: Pick<Shop, 'keep' | 'database'>, account: string) {
  const row = keep.fields.openRow('customers', await storedCustomer({ database }, account), 'account');
  // Logged on purpose: the line shows labels where the values are, which /glass is there to show.
  keep.log.info({ account, row }, 'account read');
  return row.reveal();
}

/** What paying and sending need: opened for the purpose `orders`. */
export async function payerOf({ keep, database }: Pick<Shop, 'keep' | 'database'>, account: string) {
  return keep.fields.openRow('customers', await storedCustomer({ database }, account), 'orders').reveal();
}

export function lastFour(cardNumber: unknown): string {
  return typeof cardNumber === 'string' ? cardNumber.slice(-4) : '';
}

export function dayOf(moment: unknown): string {
  return moment instanceof Date ? moment.toLocaleDateString('en-US', { dateStyle: 'long', timeZone: 'UTC' }) : '';
}
