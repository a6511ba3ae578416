import { definePolicy } from '../../src/policy/index.js';
import { fixedRing } from '../envelope/fixed-ring.js';

/** A policy with a column of every kind of storage and several types of value. */
export const policy = definePolicy({
  application: 'shop',
  purposes: { account: 'contract', orders: 'contract', newsletter: 'consent', unused: 'contract' },
  tables: {
    customers: {
      row: 'id',
      columns: {
        email: { is: 'email', for: ['account', 'orders', 'newsletter'], index: { name: 'email', unique: true } },
        phone: { is: 'phone', for: ['account'], index: 'phone' },
        card: { is: 'card_number', for: ['orders'] },
        born: { is: 'date_of_birth', for: ['account'] },
        points: { is: 'interest', for: ['account'], value: 'int64' },
        profile: { is: 'interest', for: ['account'], value: 'json' },
        letter: { is: 'preference', for: ['newsletter'] },
        bought: { is: 'purchase', for: ['orders'], value: 'json' },
        password: 'password_hash',
        created_at: 'not personal',
      },
    },
    lines: { row: ['order', 'line'], columns: { note: { is: 'message', for: ['orders'] }, sku: 'not personal' } },
    products: 'not personal',
  },
});

export const ring = () =>
  fixedRing([
    { id: 0x01020304, key: Buffer.alloc(32, 1) },
    { id: 9, key: Buffer.alloc(32, 2), purpose: 'index' },
  ]);

export const ada = {
  id: 'c-1',
  email: 'Ada@Example.com',
  phone: '+1 202 555 0143',
  card: '4111111111111111',
  born: '1990-12-10',
  points: 12n,
  profile: { likes: ['tea', null] },
  letter: false,
  bought: [{ sku: 'rope', count: 2 }],
  created_at: 'yesterday',
} as const;
