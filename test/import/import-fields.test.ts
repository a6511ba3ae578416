import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database, Row } from '../../src/base/ports/database.js';
import {
  type ConfirmOptions,
  confirmImport,
  createFields,
  type ImportOptions,
  importFields,
  importStatus,
  revertImport,
  rotateFields,
  verifyImport,
} from '../../src/fields/index.js';
import type { Policy } from '../../src/policy/index.js';
import { type TestDatabase, testDatabase } from '../services/database.js';
import { at, clock, create, fieldsOf, fresh, newerId, newerRing, policy, rowsOf } from './shop.js';

let server: TestDatabase;
let database: Database;
const fields = fieldsOf();
beforeAll(async () => {
  server = await testDatabase();
  database = server.database;
});
afterAll(() => server.drop());

const of = (table: string, more: Partial<ImportOptions> = {}): ImportOptions => ({
  database,
  fields,
  clock,
  tables: [table],
  ...more,
});
const confirming = (table: string, erase: ConfirmOptions['erase'] = 'null'): ConfirmOptions => ({
  ...of(table),
  erase,
});
const opened = (table: string, row: Row) => fields.openRow(table, row, 'account').reveal();
const people = async (rows: readonly (readonly [number, string | null, string | null])[]) => {
  for (const row of rows)
    await database.query('insert into customers (id, email_plain, name_plain) values ($1, $2, $3)', row);
};

describe('an import beside the plaintext', () => {
  it('fills sealed columns and indexes, leaves the plaintext, and tells null from empty', async () => {
    await fresh(database, 'customers');
    await people([
      [1, 'Ada@example.com', 'Ada'],
      [2, null, ''],
      [3, 'grace@example.com', null],
    ]);
    const report = await importFields(of('customers'));
    expect(report).toMatchObject({ changed: 3, left: 0, failures: [], duplicates: [], complete: true });
    const [ada, empty, grace] = (await rowsOf(database, 'customers')) as [Row, Row, Row];
    expect(opened('customers', ada)).toMatchObject({ email: 'Ada@example.com', name: 'Ada' });
    expect(opened('customers', empty)).toMatchObject({ email: null, name: '' });
    expect(ada).toMatchObject({ email_plain: 'Ada@example.com', name_plain: 'Ada' });
    expect(grace['person_index']).toBeNull();
    expect(fields.confirm('customers', { email: 'ada@EXAMPLE.com' }, [ada, grace])).toEqual([ada]);
    expect(fields.blindIndexes('customers', { email: 'ada@example.com' })).toContain(ada['email_index']);
    expect(fields.blindIndexes('customers', { name: 'Ada', email: 'ada@example.com' })).toContain(ada['person_index']);
  });

  it('takes every type exactly, by a key of two parts, and gives it back as it was', async () => {
    await fresh(database, 'amounts');
    await database.query(
      `insert into amounts (region, line, price_plain, seen_plain, extra_plain, born_plain, count_plain, agreed_plain, photo_plain, score_plain)
       values ('n', 1, 12.50, '2026-11-22 14:00:00.125+05:30', '{"b":[1,2.50],"a":{"10":"x"}}', '1815-12-10', -7, false, '\\x00ff', 0.1),
              ('n', 2, null, null, null, null, null, null, null, null),
              ('s', 1, 0.00, 'epoch', '{"a":null}', '0001-01-01', 2147483647, true, '', '-Infinity')`,
    );
    const before = await rowsOf(database, 'amounts', 'region, line');
    expect(await importFields(of('amounts'))).toMatchObject({ left: 0, failures: [], changed: 2 });
    const [first, , last] = (await rowsOf(database, 'amounts', 'region, line')) as [Row, Row, Row];
    expect(opened('amounts', first)).toMatchObject({
      price: '12.50',
      seen: new Date('2026-11-22T08:30:00.125Z'),
      extra: { a: { 10: 'x' }, b: [1, 2.5] },
      born: '1815-12-10',
      count: -7n,
      agreed: false,
      photo: Buffer.from([0, 255]),
      score: 0.1,
    });
    expect(opened('amounts', last)).toMatchObject({
      price: '0.00',
      extra: { a: null },
      count: 2147483647n,
      score: -Infinity,
    });
    expect(await verifyImport(of('amounts'))).toMatchObject({ verified: true });
    await confirmImport(confirming('amounts')).then((report) => expect(report).toMatchObject({ confirmed: true }));
    // Back again by hand: what was sealed is all there is now.
    await database.query(`update safekeep.imports set state = 'confirming'`);
    const constraints = await database.query<{ name: string }>(
      `select conname as name from pg_constraint where conname like 'safekeep_imported_%'`,
    );
    for (const { name } of constraints) await database.query(`alter table amounts drop constraint "${name}"`);
    expect(await revertImport(of('amounts'))).toMatchObject({ left: 0, failures: [] });
    expect(await rowsOf(database, 'amounts', 'region, line')).toEqual(before);
  });

  it('counts what is none of the type and goes on: more than milliseconds, long numbers in JSON, names of prototypes, a null of JSON', async () => {
    await fresh(database, 'amounts');
    await database.query(
      `insert into amounts (region, line, seen_plain, extra_plain, price_plain, count_plain)
       values ('n', 1, '2026-11-22 14:00:00.000001+00', '{"n":12345678901234567890}', 1, 1),
              ('n', 2, 'infinity', '{"__proto__":1}', 'NaN', 2), ('n', 3, null, 'null', null, null)`,
    );
    const { failures, left } = await importFields(of('amounts'));
    expect(failures.map(({ column, code, rows, keys }) => [column, code, rows, keys])).toEqual([
      [
        'seen',
        'ERR_VALUE_TYPE',
        2,
        [
          ['n', '1'],
          ['n', '2'],
        ],
      ],
      [
        'extra',
        'ERR_VALUE_TYPE',
        3,
        [
          ['n', '1'],
          ['n', '2'],
          ['n', '3'],
        ],
      ],
      ['price', 'ERR_VALUE_TYPE', 1, [['n', '2']]],
    ]);
    expect(left).toBe(6);
    expect(await verifyImport(of('amounts'))).toMatchObject({ verified: false });
    await expect(confirmImport(confirming('amounts'))).rejects.toMatchObject({ code: 'ERR_IMPORT_STATE' });
  });

  it('takes the sealed value away when an old version writes the plaintext, in the same statement', async () => {
    await fresh(database, 'customers');
    await people([[1, 'ada@example.com', 'Ada']]);
    await importFields(of('customers'));
    await database.query(`update customers set vip = true`);
    expect((await rowsOf(database, 'customers'))[0]).not.toMatchObject({ email: null });
    await database.query(`update customers set email_plain = 'ada@example.net'`);
    const [row] = (await rowsOf(database, 'customers')) as [Row];
    expect(row).toMatchObject({ email: null, email_index: null, person_index: null });
    expect(row['name']).not.toBeNull();
    expect(await importStatus(of('customers'))).toMatchObject({ pending: 1 });
    expect(await importFields(of('customers'))).toMatchObject({ left: 0, changed: 1 });
    const [again] = (await rowsOf(database, 'customers')) as [Row];
    expect(opened('customers', again)).toMatchObject({ email: 'ada@example.net' });
    expect(fields.blindIndexes('customers', { name: 'Ada', email: 'ada@example.net' })).toContain(
      again['person_index'],
    );
    await database.query(`update customers set email_plain = null`);
    expect((await rowsOf(database, 'customers'))[0]).toMatchObject({ email: null, email_index: null });
  });

  it('lets rotation move a sealed value without taking it for a new one', async () => {
    await fresh(database, ...Object.keys(create));
    await people([[1, 'ada@example.com', 'Ada']]);
    await importFields(of('customers'));
    const late = createFields({ application: 'shop', keys: newerRing, policy: policy as Policy });
    const [before] = (await rowsOf(database, 'customers')) as [Row];
    await rotateFields({ database, fields: late, tables: ['customers'] });
    const [after] = (await rowsOf(database, 'customers')) as [Row];
    expect(after).toMatchObject({ email_plain: 'ada@example.com', email_index: before['email_index'] });
    expect(late.keyIdOf(after['email'])).toBe(newerId);
    expect(await verifyImport(of('customers', { fields: late }))).toMatchObject({ verified: true });
  });

  it('loses no plaintext that is written between its reading and its writing', async () => {
    await fresh(database, 'customers');
    await people([[1, 'ada@example.com', null]]);
    let raced = false;
    const racing: Database = {
      ...database,
      query: async (sql, values) => {
        if (/^\s*update/.test(sql) && !raced) {
          raced = true;
          await database.query(`update customers set email_plain = 'ada@example.net'`);
        }
        return await database.query(sql, values);
      },
    };
    const report = await importFields(of('customers', { database: racing }));
    expect(report.tables[0]).toMatchObject({ passes: 2, lost: 1, changed: 1, left: 0 });
    const [row] = (await rowsOf(database, 'customers')) as [Row];
    expect(opened('customers', row)).toMatchObject({ email: 'ada@example.net' });
  });

  it('leaves two rows of one unique value in the clear, names their keys and nothing else, and seals the rest', async () => {
    await fresh(database, 'customers');
    await people([
      ...Array.from({ length: 40 }, (_, n) => [n + 1, `c${n + 1}@example.com`, null] as const),
      [41, 'C7@Example.com', null],
    ]);
    const report = await importFields(of('customers'));
    expect(report).toMatchObject({ changed: 40, left: 1 });
    expect(report.tables[0]).toMatchObject({ duplicates: 1, lost: 0, passes: 1 });
    expect(report.duplicates).toHaveLength(1);
    const [{ table, index, row, other } = { table: '', index: '', row: [''], other: [''] }] = report.duplicates;
    expect([table, index, [row[0], other?.[0]].sort()]).toEqual(['customers', 'email_index', ['41', '7']]);
    expect(JSON.stringify(report)).not.toContain('example.com');
    expect(await verifyImport(of('customers'))).toMatchObject({ verified: false });
  });

  it('finds two rows of one unique value in whichever batch they are', async () => {
    await fresh(database, 'customers');
    await people([
      ...Array.from({ length: 20 }, (_, n) => [n + 1, `c${n + 1}@example.com`, null] as const),
      ...[21, 22, 23].map((id) => [id, 'C7@Example.com', null] as const),
      ...Array.from({ length: 20 }, (_, n) => [n + 24, `d${n}@example.com`, null] as const),
    ]);
    const report = await importFields(of('customers', { batchRows: 5 }));
    expect(report).toMatchObject({ changed: 40, left: 3 });
    expect(report.duplicates.map(({ row, other }) => [row[0], other?.[0]])).toEqual([
      ['21', '7'],
      ['22', '7'],
      ['23', '7'],
    ]);
  });

  it('is refused as a whole, with everything that stands in the way', async () => {
    await fresh(database, 'customers');
    await database.query(
      `alter table customers drop constraint customers_email_index_key, drop column name_plain, alter column email type varchar(40),
       alter column email_plain type money using null`,
    );
    await expect(importFields(of('customers'))).rejects.toMatchObject({
      code: 'ERR_IMPORT_COLUMN',
      facts: {
        problems: [
          'customers.email_plain: its SQL type cannot be imported as text',
          'customers.name_plain: is not in the database',
          'customers.email: needs the type text, without a limit',
          'customers.email_index: is unique in the policy, and no unique index of the database says so',
        ],
      },
    });
  });

  it('is refused after its last day', async () => {
    await fresh(database, 'customers');
    await expect(importFields(of('customers', { clock: at('2027-02-01') }))).rejects.toMatchObject({
      code: 'ERR_IMPORT_OVER',
    });
    await importFields(of('customers', { clock: at('2027-01-31') }));
  });

  it('goes on where it was stopped', async () => {
    await fresh(database, 'customers');
    await people(Array.from({ length: 30 }, (_, n) => [n + 1, `c${n}@example.com`, null] as const));
    const control = new AbortController();
    const first = await importFields(
      of('customers', { batchRows: 10, signal: control.signal, onProgress: () => control.abort() }),
    );
    expect(first).toMatchObject({ complete: false, changed: 10, left: 20 });
    expect(await importFields(of('customers'))).toMatchObject({ complete: true, changed: 20, left: 0 });
  });
});

describe('verifying', () => {
  it('finds a sealed value that is another one, one that does not open, and an index that is not its own', async () => {
    await fresh(database, 'customers');
    await people([1, 2, 3, 4].map((n) => [n, `c${n}@example.com`, null] as const));
    await importFields(of('customers'));
    expect(await verifyImport(of('customers'))).toMatchObject({ verified: true });
    await database.query(`update customers set email_index = 'x' where id = 4`);
    expect(await verifyImport(of('customers'))).toMatchObject({ verified: false, staleIndexes: 1, failures: [] });
    await database.query(`update customers set email_index = null where id = 4`);
    await importFields(of('customers'));
    expect(await verifyImport(of('customers'))).toMatchObject({ verified: true });
    const other = fields.sealRow('customers', { id: 1, email: 'other@example.com', name: null });
    await database.query('update customers set email = $1 where id = 1', [other['email']]);
    await database.query('update customers set email_index = $1 where id = 1', [other['email_index']]);
    expect(await verifyImport(of('customers'))).toMatchObject({ verified: false, staleIndexes: 0, failures: [] });
    await database.query(`update customers set email = left(email, -3) || 'AAA' where id = 2`);
    await database.query(`update customers set email_index = 'x' where id = 3`);
    const found = await verifyImport(of('customers'));
    expect(found).toMatchObject({ verified: false, staleIndexes: 1, differing: [{ table: 'customers', key: ['1'] }] });
    expect(found.columns[0]).toMatchObject({ equal: 2, differs: 1, failed: 1, pending: 0 });
    expect(await importStatus(of('customers'))).toMatchObject({ columns: [{ state: 'importing' }, {}] });
  });

  it('does not hold once a row was sealed after it', async () => {
    await fresh(database, 'customers');
    await people([[1, 'ada@example.com', null]]);
    await importFields(of('customers'));
    await verifyImport(of('customers'));
    await importFields(of('customers'));
    expect((await importStatus(of('customers'))).columns[0]).toMatchObject({ state: 'verified' });
    await people([[2, 'grace@example.com', null]]);
    await importFields(of('customers'));
    expect((await importStatus(of('customers'))).columns[0]).toMatchObject({ state: 'importing' });
  });
});

describe('confirming', () => {
  const verified = async () => {
    await fresh(database, 'customers');
    await database.query(
      `alter table customers alter column email_plain set not null, alter column email_plain set default ''`,
    );
    await people([1, 2].map((n) => [n, `c${n}@example.com`, 'Ada'] as const));
    await importFields(of('customers'));
    await verifyImport(of('customers'));
  };

  it('is refused before verifying', async () => {
    await fresh(database, 'customers');
    await people([[1, 'ada@example.com', null]]);
    const refused = {
      code: 'ERR_IMPORT_STATE',
      facts: { place: 'customers.email', needed: ['verified', 'confirming'] },
    };
    await expect(confirmImport(confirming('customers'))).rejects.toMatchObject(refused);
    await importFields(of('customers'));
    await expect(confirmImport(confirming('customers'))).rejects.toMatchObject(refused);
  });

  it('empties the plaintext, keeps the sealed values, and keeps plaintext out', async () => {
    await verified();
    expect(await confirmImport(confirming('customers'))).toMatchObject({
      confirmed: true,
      left: 0,
      tables: [{ erased: 2 }],
    });
    const [row] = (await rowsOf(database, 'customers')) as [Row];
    expect(row).toMatchObject({ email_plain: null, name_plain: null });
    expect(opened('customers', row)).toMatchObject({ email: 'c1@example.com', name: 'Ada' });
    expect(row['email_index']).not.toBeNull();
    await expect(database.query(`update customers set email_plain = 'x'`)).rejects.toMatchObject({
      facts: { sqlState: '23514' },
    });
    await database.query('insert into customers (id) values (9)');
    for (const again of [importFields, revertImport, verifyImport])
      await expect(again(of('customers'))).rejects.toMatchObject({ code: 'ERR_IMPORT_STATE' });
  });

  it('drops the plaintext columns where that is asked for, and updates go on', async () => {
    await verified();
    expect(await confirmImport(confirming('customers', 'drop'))).toMatchObject({ confirmed: true });
    await database.query('update customers set vip = true');
    const [row] = (await rowsOf(database, 'customers')) as [Row];
    expect(Object.keys(row)).not.toContain('email_plain');
    expect((await importStatus(of('customers'))).columns[0]).toMatchObject({
      state: 'confirmed',
      plaintext: 0,
      sealed: 2,
    });
  });

  it('takes no plaintext that it has not compared itself', async () => {
    await verified();
    await database.query(`update customers set email_plain = 'new@example.com' where id = 1`);
    const other = fields.sealRow('customers', { id: 2, email: 'other@example.com', name: null });
    await database.query('update customers set email = $1 where id = 2', [other['email']]);
    expect(await confirmImport(confirming('customers'))).toMatchObject({ confirmed: false, left: 2 });
    const rows = await rowsOf(database, 'customers');
    expect(rows.map((row) => row['email_plain'])).toEqual(['new@example.com', 'c2@example.com']);
    // The old version's row is sealed and confirmed later; of the other somebody has to say which value it is.
    await importFields(of('customers'));
    await database.query(`update customers set email_plain = 'other@example.com', email = email || '' where id = 2`);
    expect(await importFields(of('customers'))).toMatchObject({ left: 0 });
    expect(await confirmImport(confirming('customers'))).toMatchObject({ confirmed: true });
  });

  it('notices a plaintext that comes between its count and its constraint', async () => {
    await verified();
    let raced = false;
    const racing: Database = {
      ...database,
      transaction: (work) =>
        database.transaction((tx) =>
          work({
            ...tx,
            query: async (sql, values) => {
              if (/add constraint/.test(sql) && !raced) {
                raced = true;
                await people([[5, 'late@example.com', null]]);
              }
              return await tx.query(sql, values);
            },
          }),
        ),
    };
    const report = await confirmImport({ ...confirming('customers'), database: racing });
    expect(raced).toBe(true);
    expect(report).toMatchObject({ confirmed: false, left: 1 });
    await database.query(`insert into customers (id, email_plain) values (6, 'later@example.com')`);
  });
});

describe('reverting', () => {
  it('leaves the table as it was, with what the new version wrote since', async () => {
    await fresh(database, 'customers');
    await people([1, 2].map((n) => [n, `c${n}@example.com`, 'Ada'] as const));
    await importFields(of('customers'));
    await fields.updateRow('customers', { id: 2 }, { email: 'new@example.com' }, { database });
    expect((await rowsOf(database, 'customers'))[1]).toMatchObject({ email_plain: null });
    expect(await revertImport(of('customers'))).toMatchObject({ left: 0, complete: true, failures: [] });
    const rows = await rowsOf(database, 'customers');
    expect(rows.map((row) => row['email_plain'])).toEqual(['c1@example.com', 'new@example.com']);
    for (const row of rows)
      expect(row).toMatchObject({ email: null, name: null, email_index: null, person_index: null, name_plain: 'Ada' });
    expect(
      await database.query(
        `select from pg_trigger where tgname = 'zz_safekeep_import' and tgrelid = 'customers'::regclass`,
      ),
    ).toEqual([]);
    // And begins anew.
    expect(await importFields(of('customers'))).toMatchObject({ left: 0, changed: 2 });
  });

  it('counts what does not open and leaves it', async () => {
    await fresh(database, 'customers');
    await people([[1, 'ada@example.com', null]]);
    await importFields(of('customers'));
    await database.query(`update customers set email = left(email, -3) || 'AAA'`);
    const report = await revertImport(of('customers'));
    expect(report).toMatchObject({ left: 1, failures: [{ column: 'email', code: 'ERR_SEAL_BROKEN', rows: 1 }] });
    expect((await importStatus(of('customers'))).columns[0]).toMatchObject({ state: 'importing' });
  });
});
