import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SafekeepError } from '../../src/base/errors.js';
import { nameOf } from '../../src/base/names.js';
import type { Database } from '../../src/base/ports/database.js';
import {
  confirmImport,
  createFields,
  type ImportOptions,
  importFields,
  importStatus,
  revertImport,
  verifyImport,
} from '../../src/fields/index.js';
import type { Policy } from '../../src/policy/index.js';
import { fixedRing } from '../envelope/fixed-ring.js';
import { type TestDatabase, testDatabase } from '../services/database.js';
import { clock, fieldsOf, fresh, policy, rowsOf } from './shop.js';

let server: TestDatabase;
let database: Database;
const fields = fieldsOf();
beforeAll(async () => {
  server = await testDatabase();
  database = server.database;
});
afterAll(() => server.drop());

const of = (table: string, more: Partial<ImportOptions> = {}): ImportOptions => ({
  ...{ database, fields, clock, tables: [table] },
  ...more,
});
const verified = async (table: string) => {
  await importFields(of(table));
  expect(await verifyImport(of(table))).toMatchObject({ verified: true });
};
const customers = async () => {
  await fresh(database, 'customers');
  for (const id of [1, 2])
    await database.query('insert into customers (id, email_plain) values ($1, $2)', [id, `c${id}@example.com`]);
  await verified('customers');
};
/** As somebody who owns the table may write past the trigger of the import. */
const unguarded = async (table: string, sql: string, on = database) => {
  await on.query(`alter table ${table} disable trigger all`);
  await on.query(sql);
  await on.query(`alter table ${table} enable trigger all`);
};
/** A database in which `before` runs ahead of each statement of a transaction that begins so. */
const interrupted = (pattern: RegExp, before: () => Promise<void>): Database => ({
  ...database,
  transaction: (work) =>
    database.transaction((tx) =>
      work({
        ...tx,
        query: async (sql, values) => {
          if (pattern.test(sql)) await before();
          return await tx.query(sql, values);
        },
      }),
    ),
});

describe('confirming an import', () => {
  it('erases all plaintexts of a sealed row or none, when one of them is no longer what is sealed', async () => {
    await fresh(database, 'billing');
    for (const digit of [1, 2])
      await database.query('insert into billing (id, card, due) values ($1, $2, $3)', [
        ...[`00000000-0000-4000-8000-00000000000${digit}`, '4111111111111111', '2027-01-02'],
      ]);
    await verified('billing');
    await unguarded('billing', `update billing set card = '4242424242424242' where id::text like '%1'`);
    expect(await confirmImport({ ...of('billing'), erase: 'null' })).toMatchObject({ confirmed: false, left: 2 });
    const [changed, same] = await rowsOf(database, 'billing');
    expect(changed?.['due']).not.toBeNull();
    expect([same?.['card'], same?.['due']]).toEqual([null, null]);
  });

  it('does not end while a sealed value does not open, though no plaintext is left beside it', async () => {
    await customers();
    await unguarded('customers', 'update customers set email_plain = null, email = left(email, 120) where id = 2');
    const report = await confirmImport({ ...of('customers'), erase: 'null' });
    expect(report).toMatchObject({ confirmed: false, left: 0, failures: [{ column: 'email', rows: 1 }] });
  });

  it('does not end where it was stopped, though every row was done, and goes on from there', async () => {
    await customers();
    const stop = new AbortController();
    const stopped = {
      ...of('customers', { signal: stop.signal, onProgress: () => stop.abort() }),
      erase: 'null',
    } as const;
    expect(await confirmImport(stopped)).toMatchObject({ confirmed: false, left: 0, complete: false });
    expect(await confirmImport({ ...of('customers'), erase: 'null' })).toMatchObject({
      confirmed: true,
      complete: true,
    });
  });

  it('takes no other failure of the database for a plaintext that came between', async () => {
    await customers();
    const failing = interrupted(/validate constraint/, async () => {
      throw new SafekeepError('ERR_DATABASE', { sqlState: nameOf('57014') });
    });
    await expect(confirmImport({ ...of('customers', { database: failing }), erase: 'null' })).rejects.toMatchObject({
      facts: { sqlState: '57014' },
    });
  });

  it('ends where plaintext comes again and again between its count and its constraint, and says so', async () => {
    await customers();
    let came = 0;
    const racing = interrupted(/add constraint/, async () => {
      came += 1;
      await unguarded('customers', `update customers set email_plain = 'c1@example.com' where id = 1`);
    });
    const report = await confirmImport({ ...of('customers', { database: racing }), erase: 'null' });
    expect(report).toMatchObject({ confirmed: false, left: 1 });
    expect(came).toBe(20);
  });
});

describe('verifying an import', () => {
  it('proves nothing where it was stopped', async () => {
    await fresh(database, 'customers');
    await database.query(`insert into customers (id, email_plain) values (1, 'c1@example.com')`);
    await importFields(of('customers'));
    const stop = new AbortController();
    const stopped = of('customers', { signal: stop.signal, onProgress: () => stop.abort() });
    expect(await verifyImport(stopped)).toMatchObject({ verified: false, complete: false });
    await expect(confirmImport({ ...of('customers'), erase: 'null' })).rejects.toMatchObject({
      code: 'ERR_IMPORT_STATE',
    });
    expect(JSON.stringify(await importStatus(of('customers')))).not.toContain('verified');
  });
});

describe('an import', () => {
  const two = async () => {
    await fresh(database, 'customers');
    for (const id of [1, 2])
      await database.query('insert into customers (id, email_plain) values ($1, $2)', [id, `c${id}@example.com`]);
  };

  it('ends when its key ring is closed, instead of counting every row as a failure', async () => {
    await two();
    const keys = fixedRing([
      { id: 5, key: Buffer.alloc(32, 5) },
      { id: 9, key: Buffer.alloc(32, 9), purpose: 'index' },
    ]);
    const own = createFields({ application: 'shop', keys, policy: policy as Policy });
    keys.close();
    await expect(importFields({ ...of('customers'), fields: own })).rejects.toMatchObject({
      code: 'ERR_KEY_RING_CLOSED',
    });
  });

  it('ends when a reader cannot have its key, and counts what it cannot read otherwise', async () => {
    await two();
    const refusing = (error: Error) => ({
      'customers.email': {
        read: () => {
          throw error;
        },
      },
    });
    const readers = refusing(new SafekeepError('ERR_FOREIGN_KEY'));
    await expect(importFields(of('customers', { readers } as never))).rejects.toMatchObject({
      code: 'ERR_FOREIGN_KEY',
    });
    const told = await importFields(of('customers', { readers: refusing(new Error('c1@example.com')) } as never));
    expect(told.failures).toMatchObject([{ column: 'email', code: 'ERR_NOT_SEALED', rows: 2 }]);
    expect(JSON.stringify(told)).not.toContain('example.com');
  });

  it('refuses a plaintext that the database computes, and an index that may not be empty', async () => {
    await fresh(database, 'customers');
    await database.query(
      `alter table customers drop column name_plain, add column name_plain text generated always as ('x') stored,
       alter column person_index set not null`,
    );
    await expect(importFields(of('customers'))).rejects.toMatchObject({
      facts: {
        problems: [
          'customers.name_plain: is generated from other columns',
          'customers.person_index: an index column takes nulls',
        ],
      },
    });
  });

  it('is not reverted where reverting was stopped, though every row was done', async () => {
    await two();
    await importFields(of('customers'));
    const stop = new AbortController();
    const stopped = of('customers', { signal: stop.signal, onProgress: () => stop.abort() });
    expect(await revertImport(stopped)).toMatchObject({ left: 0, complete: false });
    expect(JSON.stringify(await importStatus(of('customers')))).not.toContain('reverted');
    expect(await revertImport(of('customers'))).toMatchObject({ left: 0, complete: true });
    expect(JSON.stringify(await importStatus(of('customers')))).toContain('reverted');
  });
});

describe('plaintext that is read meanwhile', () => {
  it('is refused as what is not sealed in a column that nobody named', () => {
    const reading = fieldsOf({ columns: ['notes.points'], reason: 'import of the notes', clock } as never);
    const row = { id: 1, note: 'ring twice', points: '7' };
    const open = (column: 'note' | 'points') =>
      reading.open(row[column], { table: 'notes', column, row: 1 }, 'account').reveal();
    expect(open('points')).toBe(7n);
    expect(() => open('note')).toThrow(expect.objectContaining({ code: 'ERR_NOT_SEALED' }));
  });
});
