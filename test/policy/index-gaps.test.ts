import { describe, expect, it } from 'vitest';
import { definePolicy, fieldNumber } from '../../src/policy/index.js';

const text = { is: 'name', for: ['account'] };
const gapsOf = (table: object): string => {
  try {
    definePolicy({ application: 'shop', purposes: { account: 'contract' }, tables: { people: table } } as never);
  } catch (error) {
    return (error as Error).message;
  }
  return '';
};
const withIndex = (index: object) =>
  gapsOf({ row: 'id', columns: { city: { ...text, index: { name: 'city', ...index } } } });
const withIndexes = (indexes: object, columns: object = {}) =>
  gapsOf({
    row: 'id',
    indexes,
    columns: {
      a: text,
      b: text,
      born: { is: 'date_of_birth', for: ['account'] },
      points: { is: 'interest', for: ['account'], value: 'int64' },
      open: { is: 'name', for: ['account'], atRest: 'clear' },
      plain: 'not personal',
      ...columns,
    },
  });
const rows = (columns: object, rest: object = {}) => gapsOf({ row: 'id', seal: 'row', ...rest, columns });

describe('a policy refuses an index', () => {
  it.each([
    [{ bits: 0 }, 'bits is a whole number from 1 to 128'],
    [{ bits: 129 }, 'bits is a whole number from 1 to 128'],
    [{ bits: 7.5 }, 'bits is a whole number from 1 to 128'],
    [{ partitions: 0 }, 'partitions is a whole number from 1 to 255'],
    [{ partitions: 256 }, 'partitions is a whole number from 1 to 255'],
    [{ unique: true, bits: 64 }, 'unique needs 128 bits and one partition'],
    [{ unique: true, partitions: 2 }, 'unique needs 128 bits and one partition'],
    [{ unique: true, previous: [{ bits: 64 }] }, 'unique needs 128 bits and one partition'],
    [{ previous: [{ bits: 0 }] }, 'bits is a whole number from 1 to 128'],
    [{ normaliser: 'soundex/1' }, 'cannot be soundex/1'],
    [{ previous: [{ normaliser: 'text/9' }] }, 'cannot be text/9'],
    [{ partition: 2 }, 'did you mean partitions?'],
  ])('with %j', (index, words) => {
    expect(withIndex(index)).toContain(words);
  });

  it.each([
    [{ x: { of: ['a'] } }, 'names two or more, each once'],
    [{ x: { of: ['a', 'a'] } }, 'names two or more, each once'],
    [{ x: {} }, 'names two or more, each once'],
    [{ x: { of: ['a', 'nobody'] } }, 'nobody is no personal column'],
    [{ x: { of: ['a', 'plain'] } }, 'plain is no personal column'],
    [{ x: { of: ['a', 'open'] } }, 'open is not sealed'],
    [{ x: { of: ['a', 'points'] } }, 'points holds neither text nor a date'],
    [{ x: { of: ['a', 'b'], normalisers: ['text/1'] } }, 'needs one normaliser for each of its columns'],
    [{ x: { of: ['a', 'b'], normaliser: 'text/1' } }, 'did you mean normalisers?'],
  ])('over several columns with %j', (indexes, words) => {
    expect(withIndexes(indexes)).toContain(words);
  });

  it('whose column has the name of another', () => {
    expect(withIndexes({ x: { of: ['a', 'b'] } }, { x_index: 'not personal' })).toContain('two things have this name');
    const twice = { c: { ...text, index: 'x' } };
    expect(withIndexes({ x: { of: ['a', 'b'] } }, twice)).toContain('two things have this name');
  });

  it('and takes one over text and dates, of few bits and many partitions', () => {
    expect(withIndexes({ x: { of: ['a', 'born'], bits: 12, partitions: 255 } })).toBe('');
    expect(withIndex({ bits: 1, partitions: 8, previous: [{ normaliser: 'text/1' }] })).toBe('');
  });
});

describe('a policy of sealed rows', () => {
  it('numbers the sealed columns by their names, whatever the order', () => {
    const table = (columns: object) =>
      definePolicy({
        application: 'shop',
        purposes: { account: 'contract' },
        tables: { people: { row: 'id', seal: 'row', columns } },
      } as never).table('people' as never);
    const one = table({ a: text, b: text, plain: 'not personal' });
    const other = table({ plain: 'not personal', b: text, a: text });
    for (const name of ['a', 'b']) {
      expect(one.columns.get(name)?.field).toBe(fieldNumber(name));
      expect(other.columns.get(name)?.field).toBe(fieldNumber(name));
    }
    expect(table({ renamed: { ...text, field: fieldNumber('a') } }).columns.get('renamed')?.field).toBe(
      fieldNumber('a'),
    );
    expect(one.derived).toEqual(['sealed']);
    expect([fieldNumber('email'), fieldNumber('card')]).toEqual([6958, 21386]);
  });

  it('refuses one number for two columns, and numbers and versions out of range', () => {
    expect(rows({ a: { ...text, field: 5 }, b: { ...text, field: 5 } })).toContain('has the field number 5 of a');
    expect(rows({ a: { ...text, field: 65_536 } })).toContain('field is a whole number from 0 to 65535');
    expect(rows({ a: text }, { version: 0 })).toContain('version is a whole number from 1');
    expect(rows({ a: text }, { version: 2 ** 32 })).toContain('version is a whole number from 1');
  });

  it('refuses a column named like the sealed row, and a table without a sealed column', () => {
    expect(rows({ a: text, sealed: 'not personal' })).toContain('two things have this name');
    expect(rows({ a: { ...text, atRest: 'clear' } })).toContain('has no sealed column');
  });

  it('needs the column sealed in the database, and none for a column that is inside of it', () => {
    const policy = definePolicy({
      application: 'shop',
      purposes: { account: 'contract' },
      tables: {
        people: { row: 'id', seal: 'row', columns: { a: { is: 'name', for: ['account'], index: 'a' } } },
      },
    });
    const live = (...columns: string[]) =>
      new Map([['people', columns.map((name) => ({ name, type: 'text', nullable: true }))]]);
    expect(() => policy.assertSchema(live('id', 'sealed', 'a_index'))).not.toThrow();
    expect(() => policy.assertSchema(live('id', 'a_index'))).toThrow(/people.sealed is in the policy and not/);
    expect(() => policy.assertSchema(live('id', 'sealed', 'a_index', 'a'))).toThrow(/people.a is in the database/);
    const bytes = new Map([
      [
        'people',
        live('id', 'sealed', 'a_index')
          .get('people')!
          .map((c) => ({ ...c, type: 'bytea' })),
      ],
    ]);
    expect(() => policy.assertSchema(bytes)).toThrow(/people.sealed has a type that cannot hold/);
  });
});
