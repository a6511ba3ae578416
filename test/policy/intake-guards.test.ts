import { afterEach, describe, expect, it } from 'vitest';
import { policy } from '../../examples/policy.js';
import { definePolicy } from '../../src/policy/index.js';
import type { Revealed } from '../../src/policy/input.js';

const small = definePolicy({
  application: 'shop',
  purposes: { account: 'contract', orders: 'contract' },
  tables: {
    customers: {
      row: 'id',
      columns: {
        email: { is: 'email', for: ['account', 'orders'] },
        card: { is: 'card_number', for: ['orders'] },
        seen_from: { is: 'ip_address', for: ['account'] },
      },
    },
  },
});

describe('the body of a form', () => {
  it.each([
    'ada@example.com#evil.example',
    'ada@example.com/evil.example',
    'ada@example.com?x.example',
    'ada@ex%61mple.com',
    'ada@exam\u00adple.com',
    'ada@example\u3002com',
    'ada@example..com',
  ])('holds no address that an index would fold to another one: %j', (email) => {
    expect(small.intake('customers').check({ email })).toMatchObject([{ field: 'email', code: 'malformed' }]);
  });

  it.each(['ada+shop@example.com', 'ada@b\u00fccher.example', 'o\u2019ada@sub.example.com', "a'b@ex-ample.example"])(
    'holds the address %s',
    (email) => {
      expect(small.intake('customers').check({ email })).toEqual([]);
    },
  );

  it('is not longer than a column takes, and not a number or a list', () => {
    const email = `${'a'.repeat(60)}@${'b'.repeat(200)}.example`;
    expect(small.intake('customers').check({ email })).toMatchObject([{ code: 'too_long' }]);
    for (const wrong of [7, ['ada@example.com'], { $ne: '' }]) {
      expect(small.intake('customers').check({ email: wrong })).toMatchObject([{ code: 'not_text' }]);
    }
  });

  it.each(['0000 0000', '42', '00000000000000000000'])('holds no card of the length of %j', (card) => {
    expect(small.intake('customers').check({ card })).toMatchObject([{ field: 'card', code: 'malformed' }]);
  });

  it('holds columns of its own source only', () => {
    expect(small.intake('customers').fields.map(({ name }) => name)).toEqual(['email', 'card']);
    expect(small.intake('customers').check({ seen_from: '203.0.113.7' })).toMatchObject([{ code: 'unknown' }]);
    expect(small.intake('customers', { source: 'request' }).fields.map(({ name }) => name)).toEqual(['seen_from']);
  });

  it.each([
    [{ only: ['adress'] }, 'ERR_OPTION_INVALID'],
    [{ onyl: ['address'] }, 'ERR_OPTION_UNKNOWN'],
    [{ extra: 'newsletter' }, 'ERR_OPTION_INVALID'],
  ])('is not made of misspelt options: %j', (options, code) => {
    expect(() => policy.intake('customers', options as never)).toThrowError(expect.objectContaining({ code }));
  });

  describe('with a polluted Object.prototype', () => {
    afterEach(() => {
      Reflect.deleteProperty(Object.prototype, 'email');
    });

    it('takes nothing from there', () => {
      Object.defineProperty(Object.prototype, 'email', { value: 'eve@example.com', configurable: true });
      expect(Object.keys(small.intake('customers').read({}))).toEqual([]);
      expect(small.intake('customers').check({})).toEqual([]);
    });
  });
});

describe('the types of a purpose', () => {
  it('give two purposes what both may open, not what either may', () => {
    type Customers = {
      readonly row: 'id';
      readonly columns: {
        readonly email: { readonly is: 'email'; readonly for: readonly ['account', 'orders'] };
        readonly card: { readonly is: 'card_number'; readonly for: readonly ['orders'] };
      };
    };
    const revealed = { id: '1', email: null } satisfies Revealed<Customers, 'account' | 'orders'>;
    const either: Revealed<Customers, 'account' | 'orders'> = revealed;
    // @ts-expect-error only one of the two purposes may open the card
    expect(either.card).toBeUndefined();
  });
});
