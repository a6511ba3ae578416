import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/base/ports/database.js';
import { migrate } from '../../src/database/index.js';
import {
  type AnyFields,
  createFields,
  forgetStream,
  proveUnused,
  registerStream,
  rotateFields,
  rotateStreams,
  rotationStatus,
  type StreamFiles,
  streamFolder,
} from '../../src/fields/index.js';
import { constraintName } from '../../src/fields/rotation/key-constraints.js';
import { createPasswords } from '../../src/passwords/index.js';
import { definePolicy, type Policy } from '../../src/policy/index.js';
import { fakeEngine } from '../passwords/fake-engine.js';
import { type TestDatabase, testDatabase } from '../services/database.js';
import { insert, newKey, oldKey, ringOf, type TestRing } from './shop.js';

const policy = definePolicy({
  application: 'shop',
  purposes: { account: 'contract' },
  tables: {
    members: {
      row: 'id',
      tenant: 'shop_id',
      columns: {
        shop_id: 'not personal',
        email: { is: 'email', for: ['account'], index: 'email' },
        photo: { is: 'message', for: ['account'], value: 'bytes', form: 'bytes' },
        password: 'password_hash',
      },
    },
    parcels: {
      row: ['shop_id', 'no'],
      tenant: 'shop_id',
      seal: 'row',
      form: 'bytes',
      pad: 256,
      columns: { to: { is: 'postal_address', for: ['account'] }, note: { is: 'message', for: ['account'] } },
    },
    invoices: {
      row: 'id',
      columns: { file: { is: 'message', for: ['account'], value: 'bytes', atRest: 'sealed', form: 'bytes' } },
    },
  },
}) as Policy;
const fieldsOf = (keys: TestRing, database?: Database): AnyFields =>
  createFields({ application: 'shop', keys, policy, database });
const [before, after] = [ringOf([oldKey, newKey]), ringOf([newKey, oldKey])];
const [oldFields, fields] = [fieldsOf(before), fieldsOf(after)];
let server: TestDatabase;
let database: Database;

beforeAll(async () => {
  server = await testDatabase();
  database = server.database;
  await migrate(database);
});
afterAll(() => server.drop());
beforeEach(async () => {
  await database.query('drop table if exists members, parcels, invoices, archive cascade');
  await database.query('truncate safekeep.stream_files');
  for (const [table, column] of [
    ['stream_files', 'location'],
    ['registrations', 'payload'],
    ['second_factors', 'secret'],
    ['mail_changes', 'address'],
  ] as const)
    await database.query(`alter table safekeep.${table} drop constraint if exists "${constraintName(oldKey, column)}"`);
  await database.query(
    'create table members (id int primary key, shop_id int not null, email text, email_index text, photo bytea, password text)',
  );
  await database.query('create table parcels (no int, shop_id text, sealed bytea, primary key (shop_id, no))');
  await database.query('create table invoices (id int primary key, file bytea)');
});

const photo = Buffer.from('ffd8ffe0', 'hex');
const member = (id: number, shop_id: number) => ({ id, shop_id, email: `c${id}@example.com`, photo });
const parcel = (no: number, shop_id: string) => ({ shop_id, no, to: 'Mill Lane 4', note: 'ring twice' });
const fill = async () => {
  for (const [id, shop] of [
    [1, 7],
    [2, 7],
    [3, 8],
  ] as const)
    await insert(database, 'members', oldFields.sealRow('members', member(id, shop)));
  await insert(database, 'parcels', oldFields.sealRow('parcels', parcel(1, 'north')));
};

describe('a table with tenants and columns of bytes', () => {
  it('stores the envelope itself in a column of bytes, a quarter smaller, and opens it for its tenant only', async () => {
    await fill();
    const [row] = await database.query('select * from members where id = 1');
    const stored = row?.['photo'] as Buffer;
    expect([stored[0], stored.readUInt32BE(2)]).toEqual([0xc1, oldKey]);
    expect(oldFields.keyIdOf(stored)).toBe(oldKey);
    expect(fields.openRow('members', row ?? {}, 'account').reveal()).toMatchObject({ email: 'c1@example.com', photo });
    const moved = { ...row, shop_id: 8 };
    expect(() => fields.openRow('members', moved, 'account')).toThrow(/ERR_SEAL_BROKEN/);
    const { shop_id: _, ...without } = row ?? {};
    expect(() => fields.openRow('members', without, 'account')).toThrow(/ERR_ROW_KEY_MISSING/);
    const place = { table: 'members', column: 'email', row: 1 };
    expect(() => fields.seal('x', place)).toThrow(/ERR_PLACE_INVALID/);
    expect(() => fields.open(row?.['email'], place, 'account')).toThrow(/ERR_PLACE_INVALID/);
    expect(fields.open(row?.['email'], { ...place, tenant: '7' }, 'account').reveal()).toBe('c1@example.com');
  });

  it('refuses a row without its tenant, sealed bytes where bytes belong, and text that is cut', async () => {
    expect(() => fields.sealRow('members', { id: 1, email: 'x' })).toThrow(/ERR_ROW_KEY_MISSING/);
    expect(() => fields.sealRow('members', { id: 1, shop_id: '', email: 'x' })).toThrow(/ERR_ROW_KEY_MISSING/);
    const { photo: sealed } = fields.sealRow('members', member(1, 7)) as { photo: Buffer };
    expect(() => fields.sealRow('members', { ...member(1, 7), photo: sealed })).toThrow(/ERR_ALREADY_SEALED/);
    const stored = { id: 1, shop_id: 7, photo: sealed.subarray(0, -1) };
    expect(() => fields.openRow('members', stored, 'account')).toThrow(/ERR_SEAL_BROKEN/);
    expect(() => fields.openRow('members', { ...stored, photo: photo }, 'account')).toThrow(/ERR_NOT_SEALED/);
  });

  it('is updated by compare and swap, and keeps its tenant', async () => {
    await fill();
    const updated = await fields.updateRow('members', { id: 1 }, { photo: Buffer.from('00', 'hex') }, { database });
    expect(fields.openRow('members', updated, 'account').reveal()['photo']).toEqual(Buffer.from('00', 'hex'));
    const refused = fields.updateRow('members', { id: 1 }, { shop_id: 8 }, { database });
    await expect(refused).rejects.toMatchObject({ code: 'ERR_COLUMN_REFUSED' });
    const first = { shop_id: 'north', no: 1 };
    const whole = await fields.updateRow('parcels', first, { note: 'leave it' }, { database });
    expect(fields.openRow('parcels', whole, 'account').reveal()).toMatchObject({ to: 'Mill Lane 4', note: 'leave it' });
  });

  it('writes nothing when the row changed its tenant between reading and writing', async () => {
    await fill();
    let moved = false;
    const racing: Pick<Database, 'query'> = {
      query: async (sql, values) => {
        if (/^\s*update/.test(sql) && !moved) {
          moved = true;
          await database.query('update members set shop_id = 8, photo = null where id = 1');
        }
        return await database.query(sql, values);
      },
    };
    const updated = await fields.updateRow('members', { id: 1 }, { email: 'new@example.com' }, { database: racing });
    expect(fields.openRow('members', updated, 'account').reveal()).toMatchObject({
      shop_id: 8,
      email: 'new@example.com',
    });
  });

  it('pads its sealed rows as the policy says', async () => {
    const { sealed } = fields.sealRow('parcels', parcel(1, 'north')) as { sealed: Buffer };
    expect((sealed.length - 78) % 256).toBe(0);
    await insert(database, 'parcels', oldFields.sealRow('parcels', parcel(1, 'north')));
    await rotateFields({ database, fields });
    const [row] = await database.query<{ sealed: Buffer }>('select sealed from parcels');
    expect(((row?.sealed.length ?? 0) - 78) % 256).toBe(0);
  });

  it.each(['hex', 'escape'])('is rotated whole, whatever form the server writes bytes in (%s)', async (form) => {
    await fill();
    const hashing = (keys: TestRing, tenant?: string) =>
      createPasswords({ keys, engine: fakeEngine(), place: { application: 'shop', table: 'members', tenant } });
    const password = await hashing(before, '7').hash('salt marsh at low tide', { account: '2' });
    await database.query('update members set password = $1 where id = 2', [password]);
    const plain = await hashing(before).hash('salt marsh at low tide', { account: '3' });
    await database.query('update members set password = $1 where id = 3', [plain]);
    const other: Database = {
      ...database,
      query: (sql, values) =>
        database.transaction(async (tx) => {
          await tx.query(`set local bytea_output = ${form}`);
          return await tx.query(sql, values);
        }),
    };
    expect(await rotateFields({ database: other, fields })).toMatchObject({ changed: 4, left: 0, failures: [] });
    const [row] = await database.query('select * from members where id = 2');
    expect(fields.keyIdOf(row?.['photo'])).toBe(newKey);
    expect(fields.openRow('members', row ?? {}, 'account').reveal()).toMatchObject({ email: 'c2@example.com', photo });
    expect(
      await hashing(after, '7').verify(row?.['password'] as never, 'salt marsh at low tide', { account: '2' }),
    ).not.toBeNull();
    const [box] = await database.query('select * from parcels');
    expect(fields.openRow('parcels', box ?? {}, 'account').reveal()).toMatchObject({ note: 'ring twice' });
    expect(await rotateFields({ database, fields })).toMatchObject({
      changed: 0,
      tables: [{ passes: 0 }, { passes: 0 }, { passes: 0 }, {}, { passes: 0 }, { passes: 0 }],
    });
  });

  it('counts a row that lost its tenant as one that does not open', async () => {
    await fill();
    await database.query('alter table members alter shop_id drop not null');
    await database.query('update members set shop_id = null where id = 3');
    const report = await rotateFields({ database, fields });
    expect(report.failures).toEqual([
      { table: 'members', column: 'email', code: 'ERR_PLACE_INVALID', rows: 1 },
      { table: 'members', column: 'photo', code: 'ERR_PLACE_INVALID', rows: 1 },
    ]);
  });

  it('is counted by tenant in one pass', async () => {
    await fill();
    await rotateFields({ database, fields, tables: ['parcels'] });
    let passes = 0;
    const watched: Database = {
      ...database,
      transaction: (work) =>
        database.transaction((tx) =>
          work({
            ...tx,
            query: (sql, values) => {
              if (sql.includes('"members"')) passes += 1;
              return tx.query(sql, values);
            },
          }),
        ),
    };
    const { columns, left } = await rotationStatus({ database: watched, fields, by: 'tenant' });
    expect(passes).toBe(1);
    expect(left).toBe(6);
    expect(columns.filter(({ column }) => column === 'photo')).toEqual([
      {
        table: 'members',
        column: 'photo',
        tenant: '7',
        keys: [{ suite: 1, keyId: oldKey, rows: 2 }],
        unsealed: 0,
        nulls: 0,
      },
      {
        table: 'members',
        column: 'photo',
        tenant: '8',
        keys: [{ suite: 1, keyId: oldKey, rows: 1 }],
        unsealed: 0,
        nulls: 0,
      },
    ]);
    expect(columns.find(({ table }) => table === 'invoices')).toMatchObject({ column: 'file', keys: [] });
  });
});

describe('a proof over every place', () => {
  const inUse = (...places: string[]) => ({ code: 'ERR_KEY_IN_USE', facts: { places } });
  const prove = () => fieldsOf(after, database).proveUnused(oldKey);

  it('is a method of fields that know their database', async () => {
    await expect(fields.proveUnused(oldKey)).rejects.toMatchObject({
      code: 'ERR_OPTION_MISSING',
      facts: { option: 'database' },
    });
    expect(await prove()).toMatchObject({ keyId: oldKey });
  });

  it('finds the key in a column of bytes, and keeps it out of it', async () => {
    await insert(database, 'members', oldFields.sealRow('members', { id: 1, shop_id: 7, photo }));
    await expect(prove()).rejects.toMatchObject(inUse('members.photo: 1'));
    await rotateFields({ database, fields });
    await prove();
    const late = oldFields.sealRow('members', { id: 2, shop_id: 7, photo });
    await expect(insert(database, 'members', late)).rejects.toMatchObject({ facts: { sqlState: '23514' } });
    await insert(database, 'members', { id: 3, shop_id: 7, photo: null });
    await insert(database, 'members', fields.sealRow('members', { id: 4, shop_id: 7, photo }));
  });

  it.each([
    ['JSON of a job', 'jsonb', (text: string) => JSON.stringify({ job: [{ email: text }] })],
    ['a list', 'text[]', (text: string) => [text]],
    ['a text around it', 'text', (text: string) => `<td>${text}</td>`],
    ['bytes that are the text', 'bytea', (text: string) => Buffer.from(`x${text}`)],
    ['bytes', 'bytea', (text: string) => Buffer.from(text.slice(4), 'base64url')],
  ] as const)('finds the key in an archive that no policy declares: in %s', async (_, type, held) => {
    await database.query(`create table archive (id int, seen timestamptz, doc ${type})`);
    const { email } = oldFields.sealRow('members', member(1, 7)) as { email: string };
    // With its type: a text of before may have been prepared for another table of that name.
    await database.query(`insert into archive (id, doc) values (1, $1::${type})`, [held(email)]);
    await expect(prove()).rejects.toMatchObject(inUse('archive.doc: 1'));
    const left = await database.query(`select 1 from pg_constraint where conname like 'safekeep_unused%'`);
    expect(left).toEqual([]);
    const { email: moved } = fields.sealRow('members', member(1, 7)) as { email: string };
    await database.query(`update archive set doc = $1::${type}`, [held(moved)]);
    const { places } = await prove();
    expect(places).toContainEqual({ table: 'archive', column: '*', rows: 0 });
  });

  it('counts materialised views, whose rows are copies', async () => {
    await insert(database, 'members', oldFields.sealRow('members', { id: 1, shop_id: 7, photo }));
    await database.query('create materialized view archive_view as select photo from members');
    await rotateFields({ database, fields });
    await expect(prove()).rejects.toMatchObject(inUse('archive_view.photo: 1'));
    await database.query('refresh materialized view archive_view');
    await prove();
    await database.query('drop materialized view archive_view');
  });

  it('is refused to a role from which row-level security hides rows', async () => {
    await insert(database, 'invoices', oldFields.sealRow('invoices', { id: 1, file: photo }));
    await database.query('alter table invoices enable row level security');
    await database.query('create policy own on invoices using (false)');
    await database.query('alter table invoices force row level security');
    const role = `r_${Math.floor(Math.random() * 1e9)}`;
    await database.query(`create role ${role}`);
    await database.query(
      `grant all on all tables in schema public, safekeep to ${role}; grant all on schema safekeep to ${role}`,
    );
    const asRole: Database = {
      ...database,
      transaction: (work) =>
        database.transaction(async (tx) => {
          await tx.query(`set local role ${role}`);
          return await work({
            ...tx,
            query: (sql, values) => {
              if (sql.startsWith('alter table')) altered += 1;
              return tx.query(sql, values);
            },
          });
        }),
    };
    // Refused by the count itself: an owner would come through to the constraints, and to a proof.
    let altered = 0;
    const hidden = proveUnused({ database: asRole, fields, keyId: oldKey });
    await expect(hidden).rejects.toMatchObject({ code: 'ERR_DATABASE', facts: { sqlState: '42501' } });
    expect(altered).toBe(0);
    await database.query(`drop owned by ${role}; drop role ${role}`);
  });
});

describe('the register of stream files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'safekeep-streams-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const files = streamFolder(folder);
  const place = { table: 'invoices', column: 'file', row: 4 };
  const content = Buffer.alloc(70_000, 'invoice ');
  const store = async (sealing: AnyFields, location: string, at = place) => {
    const entry = registerStream({ database, place: at, location });
    const parts: Buffer[] = [];
    // In small pieces: the header itself is cut.
    await pipeline(
      Readable.from([content.subarray(0, 3), content.subarray(3)]),
      sealing.sealStream(at),
      async function* (source) {
        for await (const part of source as AsyncIterable<Buffer>) {
          yield part.subarray(0, 4);
          yield part.subarray(4);
        }
      },
      entry,
      async (source) => {
        for await (const part of source as AsyncIterable<Buffer>) parts.push(part);
      },
    );
    writeFileSync(join(folder, location), Buffer.concat(parts));
  };
  const read = async (opening: AnyFields, location: string) => {
    const parts: Buffer[] = [];
    await pipeline(
      Readable.from([readFileSync(join(folder, location))]),
      opening.openStream(place, 'account'),
      async (source) => {
        for await (const part of source as AsyncIterable<Buffer>) parts.push(part);
      },
    );
    return Buffer.concat(parts);
  };
  const entries = () =>
    database.query('select location, key_id::bigint::text as key, row_key from safekeep.stream_files order by 1, 2');

  it('enters a file under the key that its bytes name, before they pass, and is counted', async () => {
    await store(oldFields, 'a.sealed');
    expect(await entries()).toEqual([{ location: 'a.sealed', key: String(oldKey), row_key: ['n:4'] }]);
    const { left, columns } = await rotationStatus({ database, fields });
    expect(left).toBe(1);
    expect(columns.at(-1)).toMatchObject({
      table: 'safekeep.stream_files',
      keys: [{ suite: 0x21, keyId: oldKey, rows: 1 }],
    });
    await expect(fieldsOf(after, database).proveUnused(oldKey)).rejects.toMatchObject({
      facts: { places: ['safekeep.stream_files.location: 1'] },
    });
  });

  it('lets no byte through that it could not enter, and refuses what is no sealed stream', async () => {
    const passed: unknown[] = [];
    const through = (bytes: readonly Buffer[], over: Pick<Database, 'query'> = database) =>
      pipeline(Readable.from(bytes), registerStream({ database: over, place, location: 'b' }), async (source) => {
        for await (const part of source as AsyncIterable<Buffer>) passed.push(part);
      });
    await expect(through([Buffer.from('a plain file')])).rejects.toMatchObject({ code: 'ERR_NOT_SEALED' });
    await expect(through([Buffer.from('c121', 'hex')])).rejects.toMatchObject({ code: 'ERR_NOT_SEALED' });
    const down = { query: () => Promise.reject(new Error('down')) };
    await expect(through([Buffer.from('c121a1b2c3d4ff', 'hex')], down)).rejects.toThrow('down');
    expect(passed).toEqual([]);
    expect(await entries()).toEqual([]);
  });

  it('is moved file by file, and the key can go', async () => {
    await store(oldFields, 'a.sealed');
    await store(fields, 'b.sealed');
    const report = await rotateStreams({ database, fields, files, settleSeconds: 0 });
    expect(report).toMatchObject({ seen: 1, changed: 1, lost: 0, left: 0, failures: [], complete: true });
    expect(await read(fields, 'a.sealed')).toEqual(content);
    expect(readdirSync(folder).filter((name) => name.includes('rotating'))).toEqual([]);
    await fieldsOf(after, database).proveUnused(oldKey);
    await expect(store(oldFields, 'c.sealed')).rejects.toMatchObject({ facts: { sqlState: '23514' } });
  });

  it('keeps the entry of a file that may still be on its way, and takes it out when it has settled', async () => {
    await store(oldFields, 'a.sealed');
    expect(await rotateStreams({ database, fields, files })).toMatchObject({ changed: 1, left: 1 });
    expect((await entries()).length).toBe(2);
    await database.query(`update safekeep.stream_files set registered_at = now() - interval '2 hours'`);
    expect(await rotateStreams({ database, fields, files })).toMatchObject({ changed: 0, left: 0 });
    expect((await entries()).length).toBe(1);
  });

  it('goes round a file that does not open, and forgets one that is gone', async () => {
    await store(oldFields, 'a.sealed');
    const whole = readFileSync(join(folder, 'a.sealed'));
    writeFileSync(join(folder, 'a.sealed'), whole.subarray(0, -1));
    await store(oldFields, 'gone.sealed');
    rmSync(join(folder, 'gone.sealed'));
    const report = await rotateStreams({ database, fields, files, settleSeconds: 0 });
    expect(report).toMatchObject({ seen: 2, changed: 0, left: 1, failures: [{ code: 'ERR_SEAL_BROKEN', files: 1 }] });
    expect(readFileSync(join(folder, 'a.sealed')).equals(whole.subarray(0, -1))).toBe(true);
    await forgetStream({ database, location: 'a.sealed' });
    // What was entered for the new key while it failed is gone too.
    expect(await entries()).toEqual([]);
  });

  it('leaves a file that somebody replaced meanwhile', async () => {
    await store(oldFields, 'a.sealed');
    const racing: StreamFiles = {
      ...files,
      replace: async (location, sealed, isUnchanged) =>
        await files.replace(location, sealed, async () => {
          await store(fields, 'a.sealed');
          return await isUnchanged();
        }),
    };
    const newer = await rotateStreams({ database, fields, files: racing, settleSeconds: 0 });
    expect(newer).toMatchObject({ changed: 0, lost: 1 });
    expect(await read(fields, 'a.sealed')).toEqual(content);
  });

  it('does not wait for a store that gives up, and does not believe one that took only a part', async () => {
    await store(oldFields, 'a.sealed');
    const giving: StreamFiles = { ...files, replace: () => Promise.reject(new Error('full')) };
    await expect(rotateStreams({ database, fields, files: giving })).rejects.toThrow('full');
    const lying: StreamFiles = { ...files, replace: () => Promise.resolve(true) };
    await expect(rotateStreams({ database, fields, files: lying })).rejects.toThrow();
    expect((await rotationStatus({ database, fields })).left).toBe(1);
  });

  it.each(['../a', '/etc/a', 'a/../../b', 'a\0b'])('keeps to its folder: not %j', async (location) => {
    await expect(files.read(location)).rejects.toMatchObject({ code: 'ERR_OPTION_INVALID' });
  });
});
