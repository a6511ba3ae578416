import { describe, expect, it } from 'vitest';
import { definePolicy } from '../../src/policy/index.js';
import type { ResolvedColumn, ResolvedPolicy } from '../../src/policy/rules.js';
import { createRedactor } from '../../src/redaction/index.js';

const policy = definePolicy({
  application: 'shop',
  purposes: { account: 'contract', orders: 'contract' },
  tables: {
    customers: {
      row: 'id',
      columns: {
        nickname: { is: 'name', for: ['account'] },
        login: { is: 'email', for: ['account'], index: 'login' },
        reachable_at: { is: 'phone', for: ['account'] },
        number: { is: 'customer_number', for: ['account'] },
        pan: { is: 'card_number', for: ['orders'] },
        last_ip: { is: 'ip_address', for: ['account'] },
        newsletter: { is: 'preference', for: ['account'] },
        created_at: 'not personal',
      },
    },
  },
});
const row = {
  nickname: 'Ada',
  Login: 'ada@example.com',
  reachableAt: '+44 20 7946 0958',
  number: 'C-1017',
  pan: '4111 1111 1111 1111',
  lastIp: '203.0.113.7',
  newsletter: true,
  created_at: '2026-11-22',
};
const pseudonyms = {
  of: (type: string, value: string) => `t1:${type}:0000002a:${(value.length + 'A'.repeat(22)).slice(0, 22)}`,
};

describe('a policy', () => {
  it('decides by the name of a column, at any depth and however it is written', () => {
    const redactor = createRedactor({ policy });
    expect(redactor.value({ deep: [row] })).toEqual({
      deep: [
        {
          nickname: '[user.name]',
          Login: '***@example.com',
          reachableAt: '[phone 58]',
          number: '[user.unique_id]',
          pan: '[card 1111]',
          lastIp: '203.0.113.0/24',
          newsletter: true,
          created_at: '2026-11-22',
        },
      ],
    });
  });

  it('holds when the source of tokens redacts a text of its own meanwhile', () => {
    const nested = {
      of: (type: string, value: string) => {
        redactor.text('x'.repeat(300));
        return pseudonyms.of(type, value);
      },
    };
    const redactor = createRedactor({ policy, pseudonyms: nested });
    const tail = 'then the card 4111111111111111 was declined for ada@example.com and tried again a minute later';
    expect(redactor.text(`number=C-1017 ${tail}`)).toBe(
      `number=${pseudonyms.of('customer_number', 'C-1017')} then the card [card 1111] was declined for ***@example.com and tried again a minute later`,
    );
  });

  it('never prints a token and a mask of one card, whatever its column is called', () => {
    const redactor = createRedactor({ policy, pseudonyms });
    for (const card of ['4111111111111111', '4111 1111 1111 1111', '4111-1111-1111-1111', 4111111111111111]) {
      const lines = [
        redactor.serialize({ number: card, pan: card, note: `paid with ${card}` }),
        redactor.text(`number=${String(card).replaceAll(' ', '-')} paid with ${card}`),
      ].join('\n');
      expect(lines).toContain('[card 1111]');
      expect(lines).not.toContain('t1:');
    }
  });

  it('gives a token only with pseudonyms, and the same for what is a token already', () => {
    const redactor = createRedactor({ policy, pseudonyms });
    const once = redactor.value({ number: 'C-1017' });
    expect(once).toEqual({ number: 't1:customer_number:0000002a:6AAAAAAAAAAAAAAAAAAAAA' });
    expect(redactor.value(once)).toEqual(once);
    expect(redactor.text('{"number":"C-1017"}')).toBe(
      '{"number":"t1:customer_number:0000002a:6AAAAAAAAAAAAAAAAAAAAA"}',
    );
  });

  it('erases when the pseudonyms fail', () => {
    const broken = createRedactor({
      policy,
      pseudonyms: {
        of: () => {
          throw new Error('C-1017');
        },
      },
    });
    expect(broken.serialize({ number: 'C-1017' })).toBe('{"number":"[user.unique_id]"}');
  });

  it('never makes a token of a card, because its last digits may print elsewhere', () => {
    const resolved = withColumn(policy.resolved, 'pan', { logs: 'token' });
    const redactor = createRedactor({ policy: { resolved }, pseudonyms });
    expect(redactor.serialize({ pan: '4111111111111111' })).toBe('{"pan":"[user.financial.credit_card]"}');
  });

  it('erases under a rule or a mask that is not known', () => {
    const unknown = withColumn(policy.resolved, 'newsletter', { logs: 'glimpse' as 'show' });
    expect(createRedactor({ policy: { resolved: unknown } }).serialize({ newsletter: 'weekly' })).toBe(
      '{"newsletter":"[user.privacy_preferences]"}',
    );
    const unmaskable = withColumn(policy.resolved, 'nickname', { logs: 'mask' });
    expect(createRedactor({ policy: { resolved: unmaskable } }).serialize({ nickname: 'Ada' })).toBe(
      '{"nickname":"[user.name]"}',
    );
  });

  it('erases objects and unfit texts under a masked column', () => {
    expect(
      createRedactor({ policy }).value({
        login: { raw: 'ada' },
        reachable_at: 'home 1234567',
        pan: '4111 1111 1111 1112',
      }),
    ).toEqual({
      login: '[user.contact.email]',
      reachable_at: '[user.contact.phone_number]',
      pan: '[user.financial.credit_card]',
    });
  });

  it('erases blind indexes, which would join a log to the database', () => {
    expect(createRedactor({ policy }).serialize({ login_index: 'abc' })).toBe('{"login_index":"[blind_index]"}');
  });

  it('erases an index over several columns too', () => {
    const compound = definePolicy({
      application: 'shop',
      purposes: { account: 'contract' },
      tables: {
        people: {
          row: 'id',
          indexes: { home: { of: ['a', 'b'] } },
          columns: { a: { is: 'name', for: ['account'] }, b: { is: 'name', for: ['account'] } },
        },
      },
    });
    expect(createRedactor({ policy: compound }).serialize({ home_index: 'abc' })).toBe(
      '{"home_index":"[blind_index]"}',
    );
  });

  it('takes the strictest rule where two tables share a name, and never shows a credential', () => {
    const shown = withColumn(policy.resolved, 'number', { logs: 'show' });
    const both: ResolvedPolicy = {
      ...shown,
      tables: new Map([...shown.tables, ['partners', { ...table(policy.resolved), name: 'partners' }]]),
    };
    expect(createRedactor({ policy: { resolved: both } }).serialize({ number: 'C-1' })).toBe(
      '{"number":"[user.unique_id]"}',
    );
    const reversed = { ...both, tables: new Map([...both.tables].reverse()) };
    expect(createRedactor({ policy: { resolved: reversed } }).serialize({ number: 'C-1' })).toBe(
      '{"number":"[user.unique_id]"}',
    );
    const masked = withColumn(policy.resolved, 'login', { name: 'token' });
    expect(createRedactor({ policy: { resolved: masked } }).serialize({ token: 'ada@example.com' })).toBe(
      '{"token":"[token]"}',
    );
    const named = withColumn(policy.resolved, 'number', { logs: 'show', name: 'token' });
    expect(createRedactor({ policy: { resolved: named } }).serialize({ token: 'C-1' })).toBe('{"token":"[token]"}');
  });

  it('applies to JSON and parameters inside a text', () => {
    const redactor = createRedactor({ policy });
    expect(redactor.text('body {"nickname":"Ada","n":1} for ?nickname=Ada&x=1')).toBe(
      'body {"nickname":"[user.name]","n":1} for ?nickname=[user.name]&x=1',
    );
  });
});

function table(resolved: ResolvedPolicy) {
  const customers = resolved.tables.get('customers');
  if (customers === undefined) throw new Error('no table');
  return customers;
}

/** The policy with one column changed; a new name adds a column. */
function withColumn(resolved: ResolvedPolicy, name: string, change: Partial<ResolvedColumn>): ResolvedPolicy {
  const customers = table(resolved);
  const column = customers.columns.get(name);
  if (column === undefined) throw new Error('no column');
  const changed = { ...column, ...change };
  const columns = new Map([...customers.columns, [changed.name, changed]]);
  return { ...resolved, tables: new Map([['customers', { ...customers, columns }]]) };
}
