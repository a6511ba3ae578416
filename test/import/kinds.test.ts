import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database, Row } from '../../src/base/ports/database.js';
import type { ForeignReader } from '../../src/base/ports/foreign-reader.js';
import {
  type ConfirmOptions,
  confirmImport,
  createFields,
  type ImportOptions,
  importFields,
  importResidue,
  importStatus,
  revertImport,
  rotateFields,
  verifyImport,
} from '../../src/fields/index.js';
import type { Policy } from '../../src/policy/index.js';
import { type TestDatabase, testDatabase } from '../services/database.js';
import { clock, create, fieldsOf, fresh, newerRing, policy, rowsOf } from './shop.js';

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
const confirming = (table: string, more: Partial<ConfirmOptions> = {}): ConfirmOptions => ({
  ...of(table),
  erase: 'null',
  ...more,
});
const opened = (table: string, row: Row) => fields.openRow(table, row, 'account').reveal();

describe('an import in place', () => {
  const notes = async (...texts: readonly (string | null)[]) => {
    await fresh(database, 'notes');
    for (const [at, text] of texts.entries())
      await database.query('insert into notes (id, note, points) values ($1, $2, $3)', [at + 1, text, String(at)]);
  };

  it('replaces plaintext by its sealed value with its index, and takes nothing twice', async () => {
    await notes('ring twice', '', null);
    expect(await importFields(of('notes'))).toMatchObject({ changed: 3, left: 0, failures: [] });
    const rows = await rowsOf(database, 'notes');
    expect(rows.map((row) => opened('notes', row))).toMatchObject([
      { note: 'ring twice', points: 0n },
      { note: '', points: 1n },
      { note: null, points: 2n },
    ]);
    expect(fields.confirm('notes', { note: 'ring twice' }, rows)).toHaveLength(1);
    expect(await importFields(of('notes'))).toMatchObject({ changed: 0, left: 0 });
    expect(await rowsOf(database, 'notes')).toEqual(rows);
  });

  it('refuses what looks sealed and does not open, and a value that is none of the type', async () => {
    const sealed = fields.seal('gate', { table: 'notes', column: 'note', row: 1 });
    await notes(`x${sealed.slice(1)}`, 'sf1.a customer wrote this', 'plain');
    await database.query(`update notes set points = 'many' where id = 3`);
    const { failures, left } = await importFields(of('notes'));
    expect(failures.map(({ column, code, keys }) => [column, code, keys])).toEqual([
      ['note', 'ERR_NOT_SEALED', [['1'], ['2']]],
      ['points', 'ERR_VALUE_TYPE', [['3']]],
    ]);
    expect(left).toBe(2);
    expect(await verifyImport(of('notes'))).toMatchObject({ verified: false });
  });

  it('takes the index away when an old version writes plaintext again, and not when a key is changed', async () => {
    await notes('one', 'two');
    await fresh(database, ...Object.keys(create).filter((table) => table !== 'notes'));
    await importFields(of('notes'));
    await database.query(`update notes set note = 'three' where id = 1`);
    const [first, second] = (await rowsOf(database, 'notes')) as [Row, Row];
    expect(first).toMatchObject({ note: 'three', note_index: null });
    const late = createFields({ application: 'shop', keys: newerRing, policy: policy as Policy });
    await rotateFields({ database, fields: late, tables: ['notes'] });
    expect((await rowsOf(database, 'notes'))[1]).toMatchObject({ note_index: second['note_index'] });
    expect(await importStatus(of('notes'))).toMatchObject({ pending: 1, plaintext: 1 });
    await importFields(of('notes', { fields: late }));
    expect(late.confirm('notes', { note: 'three' }, await rowsOf(database, 'notes'))).toHaveLength(1);
  });

  it('gives the plaintext back until it is confirmed, and then takes none', async () => {
    await notes('one', null, '');
    const before = await rowsOf(database, 'notes');
    await importFields(of('notes'));
    expect(await revertImport(of('notes'))).toMatchObject({ left: 0, failures: [] });
    expect(await rowsOf(database, 'notes')).toEqual(before);
    await importFields(of('notes'));
    await verifyImport(of('notes'));
    expect(await confirmImport(confirming('notes'))).toMatchObject({ confirmed: true, tables: [{ erased: 0 }] });
    await expect(database.query(`update notes set note = 'plain'`)).rejects.toMatchObject({
      facts: { sqlState: '23514' },
    });
    await fields.updateRow('notes', { id: 1 }, { note: 'sealed', points: null }, { database });
    await expect(revertImport(of('notes'))).rejects.toMatchObject({ code: 'ERR_IMPORT_STATE' });
  });
});

describe('an import into sealed rows', () => {
  const id = (n: number) => `00000000-0000-4000-8000-00000000000${n}`;
  const bills = async (...rows: readonly (readonly [string | null, string | null])[]) => {
    await fresh(database, 'billing');
    for (const [at, [card, due]] of rows.entries())
      await database.query('insert into billing (id, card, due) values ($1, $2, $3)', [id(at + 1), card, due]);
  };

  it('seals the row, finds it by its index, verifies and erases all of its plaintext together', async () => {
    await bills(['4111111111111111', '2026-12-24'], [null, null], ['', null]);
    expect(await importFields(of('billing'))).toMatchObject({ changed: 2, left: 0, failures: [] });
    const rows = (await rowsOf(database, 'billing')) as [Row, Row, Row];
    expect(opened('billing', rows[0])).toMatchObject({ card: '4111111111111111', due: '2026-12-24', remark: null });
    expect(rows[1]['sealed']).toBeNull();
    expect(opened('billing', rows[2])).toMatchObject({ card: '', due: null });
    expect(fields.blindIndexes('billing', { card: '4111 1111 1111 1111' })).toContain(rows[0]['card_index']);
    expect(await verifyImport(of('billing'))).toMatchObject({ verified: true });
    expect(await confirmImport(confirming('billing'))).toMatchObject({ confirmed: true, tables: [{ erased: 2 }] });
    const after = (await rowsOf(database, 'billing')) as [Row, Row, Row];
    expect(after[0]).toMatchObject({ card: null, due: null, sealed: rows[0]['sealed'] });
  });

  it('makes the row anew when an old version writes a part of it', async () => {
    await bills(['4111111111111111', '2026-12-24']);
    await importFields(of('billing'));
    await database.query(`update billing set due = null`);
    expect((await rowsOf(database, 'billing'))[0]).toMatchObject({ sealed: null, card_index: null });
    await importFields(of('billing'));
    const [row] = (await rowsOf(database, 'billing')) as [Row];
    expect(opened('billing', row)).toMatchObject({ card: '4111111111111111', due: null });
  });

  it('refuses an old version where the new one has taken the row over: it would lose what was never in the clear', async () => {
    await bills(['4111111111111111', '2026-12-24']);
    await importFields(of('billing'));
    await fields.updateRow('billing', { id: id(1) }, { remark: 'ring twice' }, { database });
    const [row] = (await rowsOf(database, 'billing')) as [Row];
    expect(row).toMatchObject({ card: null, due: null });
    expect(opened('billing', row)).toMatchObject({ card: '4111111111111111', remark: 'ring twice' });
    await expect(database.query(`update billing set card = '4242424242424242'`)).rejects.toMatchObject({
      facts: { sqlState: 'SK001' },
    });
    // Nor can it go back: the remark has no plaintext column.
    expect(await revertImport(of('billing'))).toMatchObject({
      left: 2,
      failures: [{ column: 'card', code: 'ERR_IMPORT_STATE', keys: [[id(1)]] }],
    });
  });

  it('goes back, with what the new version wrote', async () => {
    await bills(['4111111111111111', '2026-12-24'], ['4242424242424242', null]);
    await importFields(of('billing'));
    await fields.updateRow('billing', { id: id(1) }, { due: '2027-01-01' }, { database });
    expect(await revertImport(of('billing'))).toMatchObject({ left: 0, failures: [] });
    expect(await database.query('select card, due::text, sealed, card_index from billing order by id')).toEqual([
      { card: '4111111111111111', due: '2027-01-01', sealed: null, card_index: null },
      { card: '4242424242424242', due: null, sealed: null, card_index: null },
    ]);
  });

  it('seals no row of which a part is none of its type', async () => {
    await bills(['4111111111111111', 'infinity']);
    const { failures } = await importFields(of('billing'));
    expect(failures).toMatchObject([{ column: 'due', code: 'ERR_VALUE_TYPE' }]);
    expect((await rowsOf(database, 'billing'))[0]).toMatchObject({ sealed: null });
  });
});

describe('an import for tenants', () => {
  it('binds each value to the tenant that its row names', async () => {
    await fresh(database, 'visits');
    await database.query(
      `insert into visits (id, shop_id, who_plain) values (1, 'north', 'Ada'), (2, 'south', 'Grace')`,
    );
    expect(await importFields(of('visits'))).toMatchObject({ changed: 2, left: 0 });
    const [north] = (await rowsOf(database, 'visits')) as [Row];
    const place = { table: 'visits', column: 'who', row: 1 };
    expect(fields.open(north['who'], { ...place, tenant: 'north' }, 'account').reveal()).toBe('Ada');
    expect(() => fields.open(north['who'], { ...place, tenant: 'south' }, 'account')).toThrow(
      expect.objectContaining({ code: 'ERR_SEAL_BROKEN' }),
    );
    expect(() => fields.open(north['who'], place, 'account')).toThrow(
      expect.objectContaining({ code: 'ERR_PLACE_INVALID' }),
    );
    expect(await verifyImport(of('visits'))).toMatchObject({ verified: true });
    // A row that was moved to another tenant does not open there, and so nothing is confirmed.
    await database.query(`update visits set shop_id = 'south' where id = 1`);
    expect(await verifyImport(of('visits'))).toMatchObject({ verified: false, columns: [{ failed: 1 }] });
    await database.query(`update visits set shop_id = 'north' where id = 1`);
    await verifyImport(of('visits'));
    expect(await confirmImport(confirming('visits'))).toMatchObject({ confirmed: true });
  });

  it('refuses a tenant column that may be empty, and a table that has none to import', async () => {
    await fresh(database, 'visits', 'billing');
    await database.query('alter table visits alter column shop_id drop not null');
    const refused = { code: 'ERR_IMPORT_COLUMN' };
    await expect(importFields(of('visits'))).rejects.toMatchObject(refused);
    await expect(importFields(of('products'))).rejects.toMatchObject({ code: 'ERR_POLICY_TABLE' });
  });
});

describe('an import of what another library sealed', () => {
  /** A stand-in: what it stores is the text backwards; the real ones are tested on what their libraries wrote. */
  const reader: ForeignReader = {
    name: 'backwards',
    read(stored, { table, column, row }) {
      const text = String(stored);
      if (text === 'nothing') return null;
      if (!text.startsWith(`${table}.${column}.${row.join('.')}:`)) throw new Error(`not authentic: ${text}`);
      return [...text.slice(text.indexOf(':') + 1)].reverse().join('');
    },
  };
  const readers = { 'notes.note': reader };
  const notes = async (...texts: readonly string[]) => {
    await fresh(database, 'notes');
    for (const [at, text] of texts.entries())
      await database.query('insert into notes (id, note) values ($1, $2)', [at + 1, text]);
  };

  it('seals what the reader reads, empties what it takes for null, and counts what it refuses', async () => {
    await notes('notes.note.1:olleh', 'nothing', 'notes.note.7:moved');
    const report = await importFields(of('notes', { readers }));
    expect(report).toMatchObject({ changed: 2, left: 1, failures: [{ code: 'ERR_NOT_SEALED', keys: [['3']] }] });
    expect(JSON.stringify(report)).not.toContain('moved');
    const rows = await rowsOf(database, 'notes');
    expect(rows.slice(0, 2).map((row) => opened('notes', row))).toMatchObject([{ note: 'hello' }, { note: null }]);
  });

  it('waits for one that asks a service', async () => {
    await notes('notes.note.1:olleh');
    const slow = { ...reader, read: async (...given: Parameters<ForeignReader['read']>) => reader.read(...given) };
    await importFields(of('notes', { readers: { 'notes.note': slow } }));
    expect(opened('notes', (await rowsOf(database, 'notes'))[0] as Row)).toMatchObject({ note: 'hello' });
  });

  it('does not give back what only the other library can write', async () => {
    await notes('notes.note.1:olleh');
    await importFields(of('notes', { readers }));
    expect(await revertImport(of('notes', { readers }))).toMatchObject({
      left: 1,
      failures: [{ column: 'note', code: 'ERR_IMPORT_STATE', rows: 1 }],
    });
  });

  it('refuses a reader of a place that is not imported: its ciphertext would be sealed as the value', async () => {
    await notes('notes.note.1:olleh');
    await expect(importFields(of('notes', { readers: { 'notes.notes': reader } }))).rejects.toMatchObject({
      code: 'ERR_IMPORT_COLUMN',
      facts: { problems: ['reader of notes.notes: nothing is imported there; did you mean notes.note?'] },
    });
  });

  it('reads beside its column too, where a null has nothing sealed', async () => {
    await fresh(database, 'visits');
    await database.query(
      `insert into visits (id, shop_id, who_plain) values (1, 'n', 'visits.who_plain.1:adA'), (2, 'n', 'nothing')`,
    );
    const beside = { readers: { 'visits.who': reader } };
    expect(await importFields(of('visits', beside))).toMatchObject({ changed: 1, left: 0 });
    expect(await verifyImport(of('visits', beside))).toMatchObject({ verified: true, columns: [{ equal: 2 }] });
    expect(await confirmImport(confirming('visits', beside))).toMatchObject({ confirmed: true });
    expect(await database.query('select from visits where who_plain is not null')).toEqual([]);
  });
});

describe('what is left after the confirmation', () => {
  it('is listed: statistics, old pages, indexes, views, slots and what nobody can ask', async () => {
    await fresh(database, 'visits', 'notes');
    await database.query(
      `insert into visits (id, shop_id, who_plain) select n, 'n', 'Ada ' || n % 3 from generate_series(1, 300) n`,
    );
    await database.query(`insert into notes (id, note) select n, 'note ' || n % 3 from generate_series(1, 300) n`);
    await database.query('create index visits_who on visits (who_plain)');
    await database.query('create materialized view guests as select who_plain from visits');
    await database.query('create statistics visits_both on shop_id, who_plain from visits');
    await database.query('create publication everything for table visits');
    await database.query('analyze visits');
    await database.query('analyze notes');
    for (const table of ['visits', 'notes']) {
      await importFields(of(table));
      await verifyImport(of(table));
      await expect(importResidue(of(table))).rejects.toMatchObject({ code: 'ERR_IMPORT_STATE' });
      expect(await confirmImport(confirming(table))).toMatchObject({ confirmed: true });
    }
    const names = (report: Awaited<ReturnType<typeof importResidue>>) =>
      report.residues.map(({ kind, place, state }) => `${state} ${kind} ${place ?? ''}`.trim());
    const before = await importResidue({ ...of('visits'), backupHorizonDays: 10 });
    expect(names(before)).toEqual(
      expect.arrayContaining([
        'left old pages visits',
        'left statistics visits.who_plain',
        'left extended statistics visits_both',
        'left index visits_who',
        'left materialized view guests',
        'left publication everything',
        'unknown write-ahead log',
        'unknown backups',
      ]),
    );
    expect(JSON.stringify(before)).not.toContain('Ada');
    const days = before.residues.find(({ kind }) => kind === 'backups')?.until ?? '';
    expect(Math.round((Date.parse(days) - Date.now()) / 86_400_000)).toBeGreaterThanOrEqual(9);
    expect(names(await importResidue(of('notes')))).toContain('left statistics notes.note');
    // And swept, as far as SQL reaches.
    await database.query('drop materialized view guests');
    await database.query('drop publication everything');
    await database.query('drop index visits_who');
    const after = [
      ...names(await importResidue({ ...of('visits'), clean: 'full' })),
      ...names(await importResidue({ ...of('notes'), clean: 'vacuum' })),
    ];
    expect(after.filter((line) => /visits|notes|guests|everything/.test(line))).toEqual(['left old pages notes']);
    const all = await importResidue({ ...of('visits'), all: true });
    expect(names(all)).toEqual(expect.arrayContaining(['clean old pages visits', 'clean statistics visits.who_plain']));
  });
});
