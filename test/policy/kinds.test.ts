import { describe, expect, it } from 'vitest';
import { policy } from '../../examples/policy.js';
import { type KindValues, kinds } from '../../src/policy/kinds.js';

describe('kinds', () => {
  it('have the value types that the compiler is told', () => {
    const told: Record<keyof KindValues, string> = { date_of_birth: 'date', preference: 'boolean' };
    for (const [kind, rule] of Object.entries(kinds)) {
      expect(rule.value, kind).toBe(Object.hasOwn(told, kind) ? told[kind as keyof KindValues] : 'text');
    }
  });

  it('never show in logs what is not readable at rest', () => {
    for (const [kind, rule] of Object.entries(kinds)) {
      if (rule.atRest !== 'clear') expect(rule.logs, kind).not.toBe('show');
    }
  });
});

describe('describe', () => {
  it('lists every personal column with who may receive it', () => {
    const { sections } = policy.describe('inventory');
    const customers = sections.find(({ heading }) => heading === 'customers');
    const phone = customers?.rows.find(({ column }) => column === 'phone');
    expect(phone?.['recipients']).toBe('payment_and_parcel, authorities, successor');
    expect(phone?.['at rest']).toBe('sealed');
  });

  it('gives every purpose a basis in the record of processing', () => {
    const [purposes] = policy.describe('ropa').sections;
    expect(purposes?.rows).toHaveLength(9);
    expect(purposes?.rows.every(({ basis }) => basis !== undefined && basis !== '')).toBe(true);
  });

  it('tells visitors what is collected, for what and who may receive it', () => {
    expect(policy.describe('notice').sections.map(({ heading }) => heading)).toEqual([
      'What we collect',
      'What we use it for',
      'Who may receive it',
    ]);
  });
});
