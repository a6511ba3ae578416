import { createFields } from '../../src/fields/index.js';
import { definePolicy } from '../../src/policy/index.js';
import { fixedRing } from '../envelope/fixed-ring.js';

/** The policy and the table of docs/orm.md. */
export const policy = definePolicy({
  application: 'shop',
  purposes: { account: 'contract' },
  tables: {
    customers: {
      row: 'id',
      columns: {
        email: { is: 'email', for: ['account'], index: { name: 'email', unique: true } },
        born: { is: 'date_of_birth', for: ['account'] },
        joined: 'not personal',
      },
    },
  },
});

export const createTable =
  'create table customers (id text primary key, email text, email_index text unique, born text, joined int not null)';

export const keys = () =>
  fixedRing([
    { id: 0x01020304, key: Buffer.alloc(32, 1) },
    { id: 9, key: Buffer.alloc(32, 2), purpose: 'index' },
  ]);
export const fieldsOfShop = () => createFields({ application: 'shop', keys: keys(), policy });

export const ada = { id: 'c-1', email: 'ada@example.com', born: '1990-12-10', joined: 2020 };
export const grace = { id: 'c-2', email: 'grace@example.com', born: '1985-01-02', joined: 2021 };
export const refused = { code: 'ERR_SEALED_QUERY' } as const;
