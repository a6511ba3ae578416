import { describe, expect, it } from 'vitest';
import type { Ciphertext } from '../../src/base/brands.js';
import type { Secret } from '../../src/base/secret.js';
import { createFields, type Fields } from '../../src/fields/index.js';
import { ada, policy, ring } from './shop.js';

const fields = createFields({ application: 'shop', keys: ring(), policy });
const stored = fields.sealRow('customers', ada);
/** Compiled, never run. */
const onlyTypes = (_work: () => unknown): void => undefined;

describe('the types of fields', () => {
  it('give a purpose its columns only', () => {
    const forOrders = fields.openRow('customers', stored, 'orders');
    const card: Secret<string> | null = forOrders.card;
    const revealed: string | null = forOrders.reveal().card;
    const points: Secret<bigint> | null = fields.openRow('customers', stored, 'account').points;
    expect([card?.reveal(), revealed, points?.reveal()]).toEqual([ada.card, ada.card, 12n]);
    onlyTypes(() => {
      // @ts-expect-error the purpose `account` has no right to the card
      fields.openRow('customers', stored, 'account').card;
      // @ts-expect-error nor does its plain object have it
      fields.openRow('customers', stored, 'account').reveal().card;
      // @ts-expect-error no purpose opens a password hash
      forOrders.password;
      // @ts-expect-error blind indexes are not for opening
      forOrders.email_index;
      // @ts-expect-error a Secret is not its value
      const text: string | null = forOrders.card;
      return text;
    });
  });

  it('know the tables, columns, purposes and value types of the policy', () => {
    onlyTypes(() => {
      // @ts-expect-error an undeclared purpose
      fields.openRow('customers', stored, 'marketing');
      // @ts-expect-error an undeclared table
      fields.openRow('clients', stored, 'account');
      // @ts-expect-error a table that is not personal
      fields.sealRow('products', {});
      // @ts-expect-error an undeclared column
      fields.sealRow('customers', { id: 'c-1', nickname: 'x' });
      // @ts-expect-error points are whole numbers of 64 bits
      fields.sealRow('customers', { id: 'c-1', points: 'many' });
      // @ts-expect-error a column that is not personal has no seal
      fields.seal('x', { table: 'customers', column: 'created_at', row: 'c-1' });
      // @ts-expect-error a value without its row
      fields.seal('x', { table: 'customers', column: 'card' });
      // @ts-expect-error with a policy, opening needs a purpose
      fields.open('sf1.', { table: 'customers', column: 'card', row: 'c-1' });
      // @ts-expect-error an undeclared column of an index
      fields.blindIndex('customers', 'nickname', 'x');
    });
    const typed: Fields<typeof policy> = fields;
    const any: Fields = fields;
    expect(typed).toBe(any);
  });

  it('refuse to seal what is sealed', () => {
    const loose = createFields({ application: 'shop', keys: ring() });
    const place = { table: 'customers', column: 'card', row: 'c-1' } as const;
    const sealed: Ciphertext = loose.seal('x', place);
    onlyTypes(() => {
      // @ts-expect-error a Ciphertext is no value
      loose.seal(sealed, place);
      // @ts-expect-error nor is it one for a declared column
      fields.seal(sealed, place);
      // @ts-expect-error without a policy there are no rows
      loose.sealRow('customers', {});
    });
    expect(sealed).toMatch(/^sf1\./);
  });
});
