import { describe, expect, it } from 'vitest';
import { isSafekeepError } from '../../src/base/errors.js';
import { definePolicy } from '../../src/policy/index.js';

const email = { is: 'email', for: ['account'] };
function gapsOf(table: object, columns: object = { note: { is: 'message', for: ['account'] } }): string {
  const tables = { letters: { row: 'id', columns, ...table } };
  try {
    definePolicy({ application: 'shop', purposes: { account: 'contract' }, tables } as never);
    return '';
  } catch (error) {
    if (!isSafekeepError(error, 'ERR_POLICY_GAPS')) throw error;
    return error.message;
  }
}

describe('a row key', () => {
  it.each(['email', 'phone', 'user_name', 'customer_number', 'card_number', 'device_id', 'iban'])(
    'that is like %s is listed as what it is',
    (row) => {
      expect(gapsOf({ row })).toContain(`letters.${row}: a row key like`);
      const note = { is: 'message', for: ['account'] };
      expect(gapsOf({ row }, { note, [row]: 'not personal' })).toBe('');
    },
  );

  it.each(['id', 'uuid', 'order_id', 'line', 'sku', 'order'])('that is like %s says nothing of a person', (row) => {
    expect(gapsOf({ row })).toBe('');
  });

  it('may be personal where it is kept readable, and not where it names an account', () => {
    const clear = { ...email, atRest: 'clear', logs: 'mask' };
    expect(gapsOf({ row: 'email' }, { email: clear, note: { is: 'message', for: ['account'] } })).toBe('');
    expect(gapsOf({ row: 'email' }, { email, note: { is: 'message', for: ['account'] } })).toContain(
      'cannot be sealed',
    );
    expect(gapsOf({ row: 'email' }, { email: clear, password: 'password_hash' })).toContain('kept with its events');
  });
});

describe('a tenant', () => {
  it('is a column of the table or of its key, kept readable', () => {
    expect(gapsOf({ tenant: 'shop_id' })).toContain('the tenant shop_id is no column of the table');
    expect(gapsOf({ tenant: 'shop_id', row: ['shop_id', 'id'] })).toBe('');
    expect(gapsOf({ tenant: 'shop_id' }, { shop_id: 'not personal', email })).toBe('');
    expect(gapsOf({ tenant: 'email' }, { email })).toContain('the tenant email cannot be sealed');
  });

  it('that may be null in the database is a drift', () => {
    const policy = definePolicy({
      application: 'shop',
      purposes: { account: 'contract' },
      tables: {
        letters: {
          row: 'id',
          tenant: 'shop_id',
          form: 'bytes',
          columns: { shop_id: 'not personal', email: { is: 'email', for: ['account'] } },
        },
      },
    });
    const live = (nullable: boolean, type: string) => [
      { name: 'id', type: 'integer', nullable: false },
      { name: 'shop_id', type: 'integer', nullable },
      { name: 'email', type, nullable: true },
    ];
    policy.assertSchema(new Map([['letters', live(false, 'bytea')]]));
    expect(() => policy.assertSchema(new Map([['letters', live(true, 'bytea')]]))).toThrow('may be null');
    expect(() => policy.assertSchema(new Map([['letters', live(false, 'text')]]))).toThrow('needs bytea');
  });
});

describe('the form and padding of a table', () => {
  it.each([
    [{ form: 'bytes' }, ''],
    [{ form: 'blob' }, 'form cannot be blob'],
    [{ pad: 64 }, 'pad is of a row that is sealed whole'],
    [{ seal: 'row', pad: 64, form: 'bytes' }, ''],
    [{ seal: 'row', pad: 'padme' }, ''],
    [{ seal: 'row', pad: 0 }, 'pad is padme'],
  ])('given as %j', (given, words) => {
    const gaps = gapsOf(given);
    if (words === '') expect(gaps).toBe('');
    else expect(gaps).toContain(words);
  });

  it('are a sealed column’s, and not one’s that is sealed with its row', () => {
    expect(gapsOf({}, { email: { ...email, form: 'bytes', atRest: 'clear', logs: 'mask' } })).toContain(
      'only a sealed column',
    );
    expect(gapsOf({ seal: 'row' }, { email: { ...email, form: 'bytes' } })).toContain('sealed with its row');
  });
});
