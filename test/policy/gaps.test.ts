import { describe, expect, it } from 'vitest';
import { definePolicy } from '../../src/policy/index.js';

/** The gaps that one more column, purpose or recipient makes. */
function gapsOf({ column, purpose, recipient }: { column?: unknown; purpose?: unknown; recipient?: object }): string {
  try {
    definePolicy({
      application: 'shop',
      purposes: { account: 'contract', ...(purpose === undefined ? {} : { extra: purpose }) },
      tables: {
        customers: {
          row: 'id',
          columns: {
            name: { is: 'name', for: ['account'] },
            password: 'password_hash',
            ...(column === undefined ? {} : { extra: column }),
          },
        },
      },
      ...(recipient === undefined ? {} : { recipients: { extra: recipient } }),
    } as never);
  } catch (error) {
    expect(error).toMatchObject({ code: 'ERR_POLICY_GAPS' });
    return (error as Error).message;
  }
  return '';
}
const law = { clause: 'f', class: 'authority', purposes: ['account'], categories: ['user.name'] };
const name = { is: 'name', for: ['account'] };

describe('the gaps of a policy', () => {
  it('are none where every word is known', () => {
    const erase = { retain: 'tax law', days: 3650 };
    expect(gapsOf({ column: { ...name, erase }, purpose: { basis: 'consent' }, recipient: law })).toBe('');
  });

  it.each([
    { is: 'card_verification', for: [], atRest: 'sealed' },
    { is: 'card_verification', for: [], atRest: 'clear' },
    { is: 'password', for: ['account'], atRest: 'sealed' },
    { is: 'password', for: [], atRest: 'clear' },
  ])('name what may never be stored, also where a rule beside it says otherwise: %j', (column) => {
    expect(gapsOf({ column })).toContain('may never be stored');
  });

  it.each([
    [{ is: 'credential', for: ['account'], atRest: 'clear' }, 'never kept readable'],
    [{ ...name, access: 'credential', logs: 'drop', atRest: 'clear' }, 'never kept readable'],
    [{ is: 'credential', for: ['account'], access: 'contact', logs: 'mask' }, 'access class credential'],
    [{ is: 'password_hash', for: [], access: 'contact', logs: 'mask' }, 'access class credential'],
  ])('name a credential that is treated as something less: %j', (column, words) => {
    expect(gapsOf({ column })).toContain(words);
  });

  it.each(['user', 'user.authorization', 'user.authorization.password'])(
    'name a recipient that credentials reach by the category %s',
    (category) => {
      expect(gapsOf({ recipient: { ...law, categories: [category] } })).toContain('never disclosed');
    },
  );

  it.each<[string, Parameters<typeof gapsOf>[0], string]>([
    ['basis', { purpose: 'contrct' }, 'did you mean contract'],
    ['preference', { purpose: { basis: 'consent', preference: 'on' } }, 'preference cannot be on'],
    ['minors', { purpose: { basis: 'consent', minors: 'yes' } }, 'minors cannot be yes'],
    ['atRest', { column: { ...name, atRest: 'seald' } }, 'did you mean sealed'],
    ['atRest, emptied', { column: { ...name, atRest: undefined } }, 'atRest cannot be undefined'],
    ['logs', { column: { ...name, logs: 'shown' } }, 'logs cannot be shown'],
    ['access', { column: { ...name, access: 'toString' } }, 'access cannot be toString'],
    ['value', { column: { ...name, value: 'string' } }, 'value cannot be string'],
    ['correct', { column: { ...name, correct: 'owner' } }, 'correct cannot be owner'],
    ['erase', { column: { ...name, erase: 'shreded' } }, 'did you mean shred'],
    ['retention', { column: { ...name, erase: { retain: 'tax', days: 0 } } }, 'erase cannot be'],
    ['normaliser', { column: { ...name, index: { name: 'n', normaliser: 'email/9' } } }, 'did you mean email/1'],
    ['class', { recipient: { ...law, class: 'thrid_party' } }, 'did you mean third_party'],
    ['clause', { recipient: { ...law, clause: 'z' } }, 'clause cannot be z'],
  ])('name a word that the vocabulary does not have: %s', (_what, change, words) => {
    expect(gapsOf(change)).toContain(words);
  });

  it('name a misspelt way to seal a table', () => {
    const broken = { application: 'shop', purposes: { account: 'contract' }, tables: {} };
    const tables = { t: { row: 'id', seal: 'rows', columns: { n: name } } };
    expect(() => definePolicy({ ...broken, tables } as never)).toThrow('seal cannot be rows');
  });

  it.each([
    [{ purpose: { basis: 'consent', prefrence: 'opt_in' } }, 'did you mean preference'],
    [{ recipient: { ...law, contrct: 'x' } }, 'did you mean contract'],
  ])('name a misspelt key: %j', (change, words) => {
    expect(gapsOf(change)).toContain(words);
  });

  it('name a misspelt key of a table, and table and column names that are none of SQL', () => {
    const tables = {
      'Bad Name': 'not personal',
      t: { row: 'id', seel: 'row', columns: { 'a"b': 'not personal' } },
    };
    const message = (() => {
      try {
        definePolicy({ application: 'shop', purposes: { account: 'contract' }, tables } as never);
        return '';
      } catch (error) {
        return (error as Error).message;
      }
    })();
    expect(message).toContain('did you mean seal');
    expect(message.match(/no lower-case SQL name/g)).toHaveLength(2);
  });

  it.each([
    ['a column', { mail_index: { ...name } }],
    ['a plain column', { mail_index: 'not personal' }],
    ['another index', { other: { is: 'email', for: ['account'], index: 'mail' } }],
  ])('name an index that has the name of %s', (_what, more) => {
    const columns = { mail: { is: 'email', for: ['account'], index: 'mail' }, ...more };
    const tables = { t: { row: 'id', columns } };
    expect(() => definePolicy({ application: 'shop', purposes: { account: 'contract' }, tables } as never)).toThrow(
      'two things have this name',
    );
  });
});
