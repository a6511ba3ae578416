import { describe, expect, it } from 'vitest';
import type { SafekeepError } from '../../src/base/errors.js';
import type { LiveColumns } from '../../src/base/ports/database.js';
import { definePolicy } from '../../src/policy/index.js';

const until = '2027-01-31';
const policyOf = (columns: object, more: object = {}) =>
  definePolicy({
    application: 'shop',
    purposes: { account: 'contract' },
    tables: { customers: { row: 'id', columns: columns as never, ...more } },
  });
function gapsOf(columns: object, more?: object): string {
  try {
    policyOf(columns, more);
    return '';
  } catch (error) {
    return String((error as SafekeepError).facts['gaps']);
  }
}
const card = (importedFrom: unknown, more: object = {}) => ({
  is: 'card_number',
  for: ['account'],
  importedFrom,
  ...more,
});

describe('importedFrom', () => {
  it('is taken beside the sealed column, in place, and under its own name where rows are sealed whole', () => {
    const beside = policyOf({ card: card({ column: 'card_plain', until }) });
    expect(beside.table('customers').sources).toEqual(['card_plain']);
    const inPlace = policyOf({ card: card({ column: 'card', until }) });
    expect(inPlace.table('customers').sources).toEqual([]);
    const whole = policyOf({ card: card({ column: 'card', until }) }, { seal: 'row' });
    expect(whole.table('customers').sources).toEqual(['card']);
  });

  it.each<[string, object]>([
    ['until is a day', { card: card({ column: 'card_plain', until: '2027-02-30' }) }],
    ['until is a day', { card: card({ column: 'card_plain' }) }],
    ['is no lower-case SQL name', { card: card({ column: 'Card', until }) }],
    ['importedFrom names a column', { card: card('card_plain') }],
    ['importedFrom names a column', { card: card(null) }],
    ['is not known here; did you mean until?', { card: card({ column: 'card_plain', until, untill: until }) }],
    [
      'two columns are imported from plain',
      { card: card({ column: 'plain', until }), other: card({ column: 'plain', until }) },
    ],
    ['which the policy declares as something else', { card: card({ column: 'vip', until }), vip: 'not personal' }],
    ['which the policy declares as something else', { card: card({ column: 'id', until }) }],
    [
      'which the policy declares as something else',
      { card: card({ column: 'name', until }), name: { is: 'name', for: ['account'] } },
    ],
    [
      'only a sealed column is imported',
      { band: { is: 'age_band', for: ['account'], importedFrom: { column: 'band_plain', until } } },
    ],
  ])('has the gap "%s"', (gap, columns) => {
    expect(gapsOf(columns)).toContain(gap);
  });

  it('admits the plaintext column in the database, and its absence', () => {
    const policy = policyOf({ card: card({ column: 'card_plain', until }) });
    const live = (...names: readonly string[]): LiveColumns =>
      new Map([['customers', names.map((name) => ({ name, type: 'text', nullable: true }))]]);
    policy.assertSchema(live('id', 'card', 'card_plain'));
    policy.assertSchema(live('id', 'card'));
    expect(() => policy.assertSchema(live('id', 'card', 'card_clear'))).toThrow(
      expect.objectContaining({ code: 'ERR_SCHEMA_DRIFT' }),
    );
  });
});
