import { describe, expect, it } from 'vitest';
import { createFields } from '../../src/fields/index.js';
import { normalisers } from '../../src/fields/normalise.js';
import { definePolicy, type Policy } from '../../src/policy/index.js';
import { policy, ring } from './shop.js';

const fields = createFields({ application: 'shop', keys: ring(), policy: policy as Policy });

describe('a blind index', () => {
  it('is 128 bits in base64url, equal for equal values and stable between processes', () => {
    const index = fields.blindIndex('customers', 'email', 'ada@example.com');
    expect(index).toMatch(/^[A-Za-z0-9_-]{22}$/);
    const again = createFields({ application: 'shop', keys: ring(), policy: policy as Policy });
    expect(again.blindIndex('customers', 'email', ' ADA@EXAMPLE.COM')).toBe(index);
    expect(fields.blindIndex('customers', 'email', 'adb@example.com')).not.toBe(index);
  });

  it('is another in another index, table or application, for the same value', () => {
    const text = (application: string, tables: readonly string[]) =>
      definePolicy({
        application,
        purposes: { account: 'contract' },
        tables: Object.fromEntries(
          tables.map((name) => [
            name,
            {
              row: 'id',
              columns: {
                a: { is: 'name', for: ['account'], index: 'a' },
                b: { is: 'name', for: ['account'], index: 'b' },
                c: { is: 'name', for: ['account'], index: { name: 'c', normaliser: 'text/1' } },
              },
            },
          ]),
        ),
      } as never) as Policy;
    const of = (application: string, table: string, column: string) =>
      createFields({ application, keys: ring(), policy: text(application, ['one', 'two']) }).blindIndex(
        table,
        column,
        'ada',
      );
    const all = [
      of('shop', 'one', 'a'),
      of('shop', 'one', 'b'),
      of('shop', 'one', 'c'),
      of('shop', 'two', 'a'),
      of('isp', 'one', 'a'),
    ];
    expect(new Set(all).size).toBe(5);
  });

  it('is made under the key that is active, from the moment it is', () => {
    let active = 1;
    const base = ring();
    const changing = {
      ...base,
      active: () => ({ ...base.active('index'), id: active }),
      derive: () => ({ keyId: active, key: Buffer.alloc(32, active) }),
    };
    const indexed = createFields({ application: 'shop', keys: changing, policy: policy as Policy });
    const before = indexed.blindIndex('customers', 'email', 'ada@example.com');
    active = 2;
    expect(indexed.blindIndex('customers', 'email', 'ada@example.com')).not.toBe(before);
    active = 1;
    expect(indexed.blindIndex('customers', 'email', 'ada@example.com')).toBe(before);
  });

  it('refuses a column without an index, an undeclared column, and what is no text', () => {
    const refused = (column: string, value: unknown, code: string) =>
      expect(() => fields.blindIndex('customers', column, value as string)).toThrow(expect.objectContaining({ code }));
    refused('card', 'x', 'ERR_COLUMN_REFUSED');
    refused('nickname', 'x', 'ERR_COLUMN_REFUSED');
    refused('email', 7, 'ERR_VALUE_TYPE');
    refused('email', null, 'ERR_VALUE_TYPE');
  });
});

describe('the normalisers', () => {
  it.each([
    ['exact/1', ' Ada ', ' Ada '],
    ['email/1', '  Ada.Lovelace@EXAMPLE.com\n', 'ada.lovelace@example.com'],
    ['email/1', 'ada@MÜNCHEN.example', 'ada@xn--mnchen-3ya.example'],
    ['email/1', 'ada@mu\u0308nchen.example', 'ada@xn--mnchen-3ya.example'],
    ['email/1', 'rene\u0301@example.com', 'ren\u00e9@example.com'],
    ['email/1', '"a@b"@example.com', '"a@b"@example.com'],
    ['email/1', 'no address', 'no address'],
    ['email/1', 'ada@not a domain', 'ada@not a domain'],
    ['email/1', '', ''],
    ['phone/1', '+1 (202) 555-0143', '+12025550143'],
    ['phone/1', '001 202 555 0143', '+12025550143'],
    ['phone/1', '202.555.0143', '2025550143'],
    ['phone/1', '＋１ ２０２ 555', '+1202555'],
    ['digits/1', '4111-1111 1111 1111', '4111111111111111'],
    ['alnum/1', 'gb29 nwbk-6016', 'GB29NWBK6016'],
    ['text/1', '  Ada \t LOVELACE ', 'ada lovelace'],
  ] as const)('%s folds %j to %j', (name, value, folded) => {
    expect(normalisers[name](value)).toBe(folded);
    expect(normalisers[name](folded)).toBe(folded);
  });
});
