import { describe, expect, it } from 'vitest';
import { definePolicy, type ResolvedColumn } from '../../src/policy/index.js';

const input = () => ({
  application: 'shop',
  purposes: { account: 'contract' as const },
  tables: {
    customers: { row: 'id', columns: { email: { is: 'email' as const, for: ['account' as const], index: 'email' } } },
    products: 'not personal' as const,
  },
});

describe('a resolved policy', () => {
  it('cannot be changed while the program runs: not its maps, not what is in them, not its lists', () => {
    const { resolved } = definePolicy(input());
    const tables = resolved.tables as Map<string, unknown>;
    expect(() => tables.set('invoices', {})).toThrow(TypeError);
    expect(() => tables.delete('customers')).toThrow(TypeError);
    expect(() => Map.prototype.set.call(tables, 'invoices', {})).toThrow(TypeError);
    const email = resolved.tables.get('customers')?.columns.get('email') as ResolvedColumn;
    expect(() => Object.assign(email, { atRest: 'clear' })).toThrow(TypeError);
    expect(() => (email.purposes as string[]).push('marketing')).toThrow(TypeError);
    expect(() => Object.assign(resolved, { tables: new Map() })).toThrow(TypeError);
    expect(() => (resolved.plainTables as string[]).push('customers')).toThrow(TypeError);
  });

  it('does not follow what its author does to the lists afterwards, and does not freeze them', () => {
    const given = input();
    const policy = definePolicy(given);
    (given.tables.customers.columns.email.for as string[]).push('marketing');
    expect(policy.table('customers').columns.get('email')?.purposes).toEqual(['account']);
    expect(policy.digest).toBe(definePolicy(input()).digest);
  });

  it('reads like maps: by key, in order, with size, and one index is one object', () => {
    const { resolved } = definePolicy(input());
    const table = resolved.tables.get('customers');
    expect([resolved.tables.size, resolved.tables.has('customers'), [...resolved.tables.keys()]]).toEqual([
      1,
      true,
      ['customers'],
    ]);
    const seen: string[] = [];
    resolved.tables.forEach(({ name }, key, map) => {
      seen.push(`${key} ${name} ${map === resolved.tables}`);
    });
    expect(seen).toEqual(['customers customers true']);
    expect([...new Map(resolved.tables).values()]).toEqual([table]);
    expect([...resolved.tables.entries()]).toEqual([...resolved.tables]);
    expect(table?.indexes[0]).toBe(table?.columns.get('email')?.index);
  });
});
