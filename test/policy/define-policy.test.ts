import { describe, expect, it } from 'vitest';
import { policy as example } from '../../examples/policy.js';
import type { LiveColumns } from '../../src/base/ports/database.js';
import { definePolicy } from '../../src/policy/index.js';

const small = {
  application: 'shop',
  purposes: { account: 'contract', orders: 'contract', news: 'consent' },
  tables: {
    customers: {
      row: 'id',
      columns: {
        email: { is: 'email', for: ['account'], index: 'email' },
        phone: { is: 'phone', for: ['account', 'orders'] },
        card: { is: 'card_number', for: ['orders'] },
        password: 'password_hash',
        created_at: 'not personal',
      },
    },
    products: 'not personal',
  },
} as const;

/** The gaps a broken declaration is refused for. */
function gapsOf(change: object): string {
  try {
    definePolicy({ ...small, ...change } as never);
  } catch (error) {
    expect(error).toMatchObject({ code: 'ERR_POLICY_GAPS' });
    return (error as Error).message;
  }
  return '';
}

function withColumn(column: object | string): object {
  return { tables: { customers: { row: 'id', columns: { ...small.tables.customers.columns, extra: column } } } };
}

describe('definePolicy', () => {
  it('accepts the ten lines of the quick start and fills in every default of the kinds', () => {
    const policy = definePolicy(small);
    expect(policy.table('customers').columns.get('email')).toMatchObject({
      category: 'user.contact.email',
      access: 'contact',
      atRest: 'sealed',
      logs: 'mask',
      index: {
        ...{ name: 'email', column: 'email_index', of: ['email'], unique: false, previous: [] },
        current: { normalisers: ['email/1'], bits: 128, partitions: 1 },
      },
    });
    expect(policy.table('customers').columns.get('password')).toMatchObject({ atRest: 'hashed', purposes: [] });
  });

  it('gives one digest to one policy whatever the order of its parts, and another to another', () => {
    const turned = { ...small, purposes: { news: 'consent', orders: 'contract', account: 'contract' } } as const;
    expect(definePolicy(turned).digest).toBe(definePolicy(small).digest);
    expect(definePolicy({ ...small, application: 'other' }).digest).not.toBe(definePolicy(small).digest);
  });

  it('lists all gaps at once', () => {
    const message = gapsOf({
      tables: {
        customers: {
          row: [],
          columns: {
            email: { is: 'email', for: ['acount'] },
            card: { is: 'card_number', for: ['orders'], logs: 'show' },
          },
        },
      },
    });
    expect(message).toContain('count: 3');
    expect(message).toContain('acount');
    expect(message).toContain('cannot be shown in logs');
    expect(message).toContain('no row key');
  });

  it.each<[string, object, string]>([
    [
      'a required field that serves only a consent purpose',
      withColumn({ is: 'name', for: ['news'], requiredFor: 'news' }),
      'only a contract or a law can require',
    ],
    [
      'a field required for a purpose that may not open it',
      withColumn({ is: 'name', for: ['news'], requiredFor: 'orders' }),
      'which may not open it',
    ],
    [
      'a sealed field shown in logs',
      withColumn({ is: 'name', for: ['orders'], logs: 'show' }),
      'cannot be shown in logs',
    ],
    [
      'a card number that is kept readable',
      withColumn({ is: 'card_number', for: ['orders'], atRest: 'clear' }),
      'a card number is sealed',
    ],
    [
      'a credential that is not dropped from logs',
      withColumn({ is: 'credential', for: ['orders'], logs: 'mask' }),
      'dropped from logs',
    ],
    ['a column for an undeclared purpose', withColumn({ is: 'name', for: ['marketing'] }), 'marketing is not declared'],
    ['a column that says no purpose', withColumn('name'), 'says no purpose'],
    ['a card verification number in a table', withColumn({ is: 'card_verification', for: [] }), 'may never be stored'],
    ['a typed password in a table', withColumn({ is: 'password', for: [] }), 'may never be stored'],
    ['a hash that is opened for a purpose', withColumn({ is: 'password_hash', for: ['account'] }), 'no purpose opens'],
    [
      'a hashed column that is no password',
      withColumn({ is: 'name', for: ['account'], atRest: 'hashed' }),
      'belongs to password_hash',
    ],
    [
      'an index on a readable column',
      withColumn({ is: 'customer_number', for: ['account'], index: 'n' }),
      'only a sealed column',
    ],
    [
      'an index on a value that is not text',
      withColumn({ is: 'date_of_birth', for: ['account'], index: 'n' }),
      'only text can be indexed',
    ],
    [
      'two columns of one name',
      withColumn({ is: 'email', for: ['account'], index: 'email' }),
      'two things have this name',
    ],
    ['a misspelt kind, with the nearest', withColumn({ is: 'emial', for: [] }), 'did you mean email'],
    [
      'a misspelt key of a column, with the nearest',
      withColumn({ is: 'name', for: [], log: 'drop' }),
      'did you mean logs',
    ],
    ['a misspelt key of the policy, with the nearest', { purposess: {} }, 'did you mean purposes'],
    [
      'a sealed row key',
      { tables: { t: { row: 'email', columns: { email: { is: 'email', for: ['account'] } } } } },
      'row key cannot be sealed',
    ],
    ['a name that is no SQL name', { tables: { 'Robert"; --': { row: 'id', columns: {} } } }, 'no lower-case SQL name'],
    ['a table in the schema of the toolkit', { tables: { 'safekeep.sessions': 'not personal' } }, "toolkit's own"],
    [
      'consent that is on by default',
      { purposes: { ...small.purposes, news: { basis: 'consent', preference: 'opt_out' } } },
      'consent is opt_in',
    ],
    [
      'a purpose of a notice that does not exist',
      { purposes: { ...small.purposes, news: { basis: 'consent', since: '9' } } },
      'names no notice version',
    ],
    ['no purposes', { purposes: {}, tables: {} }, 'at least one is needed'],
    ['an application without a name', { application: '' }, 'needs a name'],
    [
      'a processor without a contract',
      { recipients: { mail: { clause: 'e', class: 'processor', purposes: ['orders'], categories: [] } } },
      'needs a contract',
    ],
    [
      'a third party without a contract',
      { recipients: { ads: { clause: 'd', class: 'third_party', purposes: ['news'], categories: [], contract: ' ' } } },
      'needs a contract',
    ],
    [
      'a recipient of an undeclared purpose',
      { recipients: { law: { clause: 'f', class: 'authority', purposes: ['legal'], categories: [] } } },
      'legal is not declared',
    ],
    [
      'a recipient of data nobody holds',
      { recipients: { law: { clause: 'f', class: 'authority', purposes: ['orders'], categories: ['user.device'] } } },
      'no column holds',
    ],
    [
      'a recipient of credentials',
      {
        recipients: {
          law: { clause: 'f', class: 'authority', purposes: ['orders'], categories: ['user.authorization.password'] },
        },
      },
      'never disclosed',
    ],
    [
      'a collector that tells nobody',
      {
        recipients: {
          ads: {
            clause: 'd',
            class: 'third_party',
            contract: 'x',
            purposes: ['news'],
            categories: [],
            collectsDirectly: { notice: '' },
          },
        },
      },
      'visitors must be told',
    ],
  ])('refuses %s', (_what, change, words) => {
    expect(gapsOf(change)).toContain(words);
  });

  it('names the nearest table when one is not declared', () => {
    const policy = definePolicy(small);
    expect(() => policy.table('costumers' as 'customers')).toThrowError(
      expect.objectContaining({ code: 'ERR_POLICY_TABLE' }),
    );
    expect(() => policy.table('costumers' as 'customers')).toThrow(/customers/);
  });

  it('carries purposes and tables in its types', () => {
    const policy = definePolicy(small);
    // @ts-expect-error: no such table
    expect(() => policy.intake('costumers')).toThrow();
    const columns = { n: { is: 'name', for: ['other'] } } as const;
    // @ts-expect-error: an undeclared purpose does not compile
    expect(() => definePolicy({ ...small, tables: { t: { row: 'id', columns } } })).toThrow();
  });

  it('says the whole policy of the seed for the example servers', () => {
    expect(example.resolved.recipients.size).toBe(8);
    expect([...example.resolved.recipients.values()].map(({ clause }) => clause).sort()).toEqual([
      'a',
      'b',
      'c',
      'd',
      'directed',
      'e',
      'f',
      'g',
    ]);
    const phone = example.table('customers').columns.get('phone');
    expect(phone?.purposes).toEqual(['account', 'orders', 'legal']);
    for (const recipient of example.resolved.recipients.values()) {
      const isPartner = recipient.name === 'isp_partners';
      if (recipient.class !== 'third_party' && recipient.class !== 'affiliate' && !isPartner) continue;
      expect(recipient.categories.some((category) => 'user.contact.phone_number'.startsWith(category))).toBe(false);
    }
  });
});

describe('assertSchema', () => {
  const policy = definePolicy(small);
  const text = { type: 'text', nullable: true };
  const customers = ['id', 'email', 'email_index', 'phone', 'card', 'password', 'created_at'].map((name) => ({
    name,
    ...text,
  }));
  const live = (tables: Record<string, readonly { name: string; type: string; nullable: boolean }[]>): LiveColumns =>
    new Map(Object.entries({ products: [], customers, ...tables }));

  it('accepts a database that is as declared', () => {
    expect(() => policy.assertSchema(live({}))).not.toThrow();
  });

  it.each([
    [
      'an undeclared column',
      { customers: [...customers, { name: 'nickname', ...text }] },
      'customers.nickname is in the database',
    ],
    ['an undeclared table', { surveys: [{ name: 'answer', ...text }] }, 'surveys is in the database'],
    [
      'a missing index column',
      { customers: customers.filter(({ name }) => name !== 'email_index') },
      'email_index is in the policy',
    ],
    [
      'a sealed column that cannot hold text',
      { customers: customers.map((c) => (c.name === 'card' ? { ...c, type: 'bigint' } : c)) },
      'cannot hold a sealed value',
    ],
  ])('stops the start for %s, by name', (_what, tables, words) => {
    expect(() => policy.assertSchema(live(tables))).toThrowError(expect.objectContaining({ code: 'ERR_SCHEMA_DRIFT' }));
    expect(() => policy.assertSchema(live(tables))).toThrow(words);
  });

  it('stops the start for a declared table that is missing', () => {
    expect(() => policy.assertSchema(new Map([['products', []]]))).toThrow(
      'table customers is in the policy and not in the database',
    );
  });

  it('leaves out a table of another server, and holds it to its declaration where it is here after all', () => {
    const columns = { row: 'id', columns: { name: { is: 'name', for: ['account'] } } } as const;
    const two = definePolicy({ ...small, tables: { ...small.tables, subscribers: columns } });
    expect(() => two.assertSchema(live({}))).toThrow('table subscribers is in the policy');
    expect(() => two.assertSchema(live({}), ['subscribers'])).not.toThrow();
    expect(() => two.assertSchema(live({ subscribers: [{ name: 'id', ...text }] }), ['subscribers'])).toThrow(
      'subscribers.name',
    );
    expect(() => two.assertSchema(live({}), ['subscriber' as 'subscribers'])).toThrowError(
      expect.objectContaining({ code: 'ERR_POLICY_TABLE' }),
    );
  });
});
