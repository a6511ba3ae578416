import { describe, expect, it } from 'vitest';
import { definePolicy } from '../../src/policy/index.js';

const policy = definePolicy({
  application: 'shop',
  purposes: { account: 'contract' },
  tables: {
    customers: {
      row: 'id',
      columns: {
        email: { is: 'email', for: ['account'], index: 'email' },
        password: 'password_hash',
        number: { is: 'customer_number', for: ['account'] },
      },
    },
  },
});

describe('the types of a live database', () => {
  it.each(['email', 'email_index', 'password'])('must hold text where %s is stored', (name) => {
    const columns = ['id', 'email', 'email_index', 'password', 'number'].map((column) => ({
      name: column,
      type: column === name || column === 'number' ? 'bytea' : 'text',
      nullable: true,
    }));
    expect(() => policy.assertSchema(new Map([['customers', columns]]))).toThrowError(
      expect.objectContaining({ code: 'ERR_SCHEMA_DRIFT', message: expect.stringContaining(`customers.${name}`) }),
    );
    expect(() => policy.assertSchema(new Map([['customers', columns]]))).toThrow('count: 1');
  });
});
