import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/base/ports/database.js';
import { migrate } from '../../src/database/index.js';
import { createEnvelopes } from '../../src/envelope/index.js';
import { createFields, proveUnused, rotateFields, rotationStatus } from '../../src/fields/index.js';
import { constraintName } from '../../src/fields/rotation/key-constraints.js';
import { createPasswords } from '../../src/passwords/index.js';
import type { Policy } from '../../src/policy/index.js';
import { type TestDatabase, testDatabase } from '../services/database.js';
import { insert, newKey, oldKey, policy, ringOf, type TestRing, tables } from './shop.js';

// PHP 8.2: password_hash('salt marsh at low tide', PASSWORD_BCRYPT, ['cost' => 5])
const bcryptHash = '$2y$05$enT0LXXYxNySCUJzgwwBm.M7vArxubyVAQcK0kzrTMfIvVmseKdxm';
const before = ringOf([oldKey, newKey]);
const fieldsOf = (keys: TestRing) => createFields({ application: 'shop', keys, policy: policy as Policy });
const oldFields = fieldsOf(before);
let server: TestDatabase;
let database: Database;
let after: TestRing;
let fields: ReturnType<typeof fieldsOf>;

beforeAll(async () => {
  server = await testDatabase();
  database = server.database;
  await migrate(database);
});
afterAll(() => server.drop());
beforeEach(async () => {
  await database.query('drop table if exists customers, lines, tokens, visits');
  await database.query('truncate safekeep.registrations');
  await database.query(
    `alter table safekeep.registrations drop constraint if exists "${constraintName(oldKey, 'payload')}"`,
  );
  await database.query(
    `alter table safekeep.stream_files drop constraint if exists "${constraintName(oldKey, 'location')}"`,
  );
  await database.query(
    `alter table safekeep.second_factors drop constraint if exists "${constraintName(oldKey, 'secret')}"`,
  );
  await database.query(
    `alter table safekeep.mail_changes drop constraint if exists "${constraintName(oldKey, 'address')}"`,
  );
  for (const sql of tables) await database.query(sql);
  after = ringOf([newKey, oldKey]);
  fields = fieldsOf(after);
});

const customer = (id: number) => oldFields.sealRow('customers', { id, email: `c${id}@example.com` });
const constraints = async () => {
  const rows = await database.query<{ name: string; valid: boolean }>(
    `select conname as name, convalidated as valid from pg_constraint where conname like 'safekeep_unused_%' order by 1`,
  );
  return rows.map(({ name, valid }) => [name, valid]);
};
const columns = [
  'address',
  'card',
  'email',
  'label',
  'location',
  'note',
  'password',
  'payload',
  'points',
  'sealed',
  'secret',
];

describe('proveUnused', () => {
  it('counts every place, keeps the key out of all of them, and has the ring mint the proof', async () => {
    await insert(database, 'customers', customer(1));
    await rotateFields({ database, fields });
    const proof = await proveUnused({ database, fields, keyId: oldKey });
    expect(proof).toMatchObject({ keyId: oldKey });
    expect(after.proved).toHaveLength(1);
    const told = proof.places.map(({ table, column, rows }) => `${table}.${column}: ${rows}`).sort();
    expect(told.filter((place) => !place.includes('*'))).toEqual([
      'customers.card: 0',
      'customers.email: 0',
      'customers.password: 0',
      'customers.points: 0',
      'lines.note: 0',
      'safekeep.mail_changes.address: 0',
      'safekeep.registrations.payload.hash: 0',
      'safekeep.registrations.payload: 0',
      'safekeep.second_factors.secret: 0',
      'safekeep.stream_files.location: 0',
      'tokens.label: 0',
      'visits.sealed: 0',
    ]);
    for (const place of ['customers.*: 0', 'lines.*: 0', 'safekeep.security_events.*: 0', 'safekeep.key_ring.*: 0'])
      expect(told).toContain(place);
    expect(await constraints()).toEqual(columns.map((column) => [constraintName(oldKey, column), true]));
    await expect(insert(database, 'customers', customer(2))).rejects.toMatchObject({ facts: { sqlState: '23514' } });
    await insert(database, 'customers', fields.sealRow('customers', { id: 2, email: 'c2@example.com' }));
  });

  it('may be asked twice', async () => {
    await proveUnused({ database, fields, keyId: oldKey });
    await proveUnused({ database, fields, keyId: oldKey });
    expect(after.proved).toHaveLength(2);
    expect(await constraints()).toHaveLength(columns.length);
  });

  it('refuses while a value is under the key, says where, and leaves the tables as they were', async () => {
    await insert(database, 'customers', customer(1));
    await insert(database, 'lines', oldFields.sealRow('lines', { order_id: 'o', line: 1, note: 'ring twice' }));
    await expect(proveUnused({ database, fields, keyId: oldKey })).rejects.toMatchObject({
      code: 'ERR_KEY_IN_USE',
      facts: { keyId: oldKey, places: ['customers.email: 1', 'lines.note: 1'] },
    });
    expect(await constraints()).toEqual([]);
    expect(after.proved).toEqual([]);
  });

  it('refuses for a value of any suite, and for a password hash inside a registration', async () => {
    const text = customer(1)['email'] as string;
    const row11 = `sf1.${Buffer.concat([Buffer.from([0xc1, 0x11]), Buffer.from(text.slice(4), 'base64url').subarray(2)]).toString('base64url')}`;
    await insert(database, 'customers', { id: 1, email: row11 });
    const hash = createEnvelopes({ application: 'shop', keys: before }).seal(
      { type: 'text', value: '$argon2id$' },
      { table: 'customers', column: 'password', row: 'r-1' },
    );
    const payload = createEnvelopes({ application: 'shop', keys: after }).seal(
      { type: 'json', value: { row: {}, hash, extra: {} } },
      { table: 'safekeep.registrations', column: 'payload', row: 'r-1' },
    );
    await database.query(
      `insert into safekeep.registrations (id, token_hash, realm, login_index, payload, created_at, expires_at)
       values ('r-1', sha256('r'), 'customers', 'i', $1, now(), now())`,
      [payload],
    );
    await expect(proveUnused({ database, fields, keyId: oldKey })).rejects.toMatchObject({
      code: 'ERR_KEY_IN_USE',
      facts: { places: ['customers.email: 1', 'safekeep.registrations.payload.hash: 1'] },
    });
  });

  it('counts an old password hash with argon2id over it like any other', async () => {
    const legacy = ['bcrypt'] as const;
    const place = { application: 'shop', table: 'customers' };
    const passwords = createPasswords({ keys: before, place, legacy, dangerouslyAcceptUnsealed: 'old hashes' });
    const wrapped = await passwords.wrapLegacy(bcryptHash, { account: '1' });
    await insert(database, 'customers', { id: 1, password: wrapped });
    await expect(proveUnused({ database, fields, keyId: oldKey })).rejects.toMatchObject({
      facts: { keyId: oldKey, places: ['customers.password: 1'] },
    });
    await rotateFields({ database, fields });
    await proveUnused({ database, fields, keyId: oldKey });
    const { password } = await database.one<{ password: string }>('select password from customers');
    const alone = createPasswords({ keys: ringOf([newKey]), place, legacy });
    expect(await alone.verify(password, 'salt marsh at low tide', { account: '1' })).not.toBeNull();
  });

  it('takes its constraints away again when a value comes between the count and the constraint', async () => {
    let altered = false;
    const racing: Database = {
      ...database,
      transaction: (work) =>
        database.transaction((tx) =>
          work({
            ...tx,
            query: async (sql, values) => {
              if (sql.startsWith('alter table "customers" add') && !altered) {
                altered = true;
                await insert(database, 'customers', customer(1));
              }
              return await tx.query(sql, values);
            },
          }),
        ),
    };
    await expect(proveUnused({ database: racing, fields, keyId: oldKey })).rejects.toMatchObject({
      code: 'ERR_KEY_IN_USE',
      facts: { places: ['customers.email: 1'] },
    });
    expect(altered).toBe(true);
    expect(await constraints()).toEqual([]);
    await insert(database, 'customers', customer(2));
  });

  it.each(['active', 'staged', 'destroyed'] as const)(
    'refuses a key that is %s, and touches nothing',
    async (state) => {
      const keys = ringOf([newKey, oldKey], { [oldKey]: state });
      await expect(proveUnused({ database, fields: fieldsOf(keys), keyId: oldKey })).rejects.toMatchObject({
        code: 'ERR_KEY_STATE',
      });
      expect(await constraints()).toEqual([]);
    },
  );

  it('takes a key that is suspended, refuses one that the ring does not have, and one of another purpose', async () => {
    const keys = ringOf([newKey, oldKey], { [oldKey]: 'suspended' });
    await proveUnused({ database, fields: fieldsOf(keys), keyId: oldKey });
    await expect(proveUnused({ database, fields, keyId: 12 })).rejects.toMatchObject({ code: 'ERR_KEY_UNKNOWN' });
    await expect(proveUnused({ database, fields, keyId: 9 })).rejects.toMatchObject({ code: 'ERR_KEY_STATE' });
  });
});

describe('rotationStatus', () => {
  it('counts rows by key and column without opening anything, and shows no value that is not sealed', async () => {
    await insert(database, 'customers', customer(1));
    await insert(database, 'customers', customer(2));
    await insert(database, 'customers', fields.sealRow('customers', { id: 3, email: 'c3@example.com' }));
    await insert(database, 'customers', { id: 4, email: 'plain@example.com' });
    const closed = ringOf([newKey]);
    const status = await rotationStatus({ database, fields: fieldsOf(closed) });
    expect(status).toMatchObject({ activeKeyId: newKey, left: 2 });
    expect(status.columns.find(({ column }) => column === 'email')).toEqual({
      table: 'customers',
      column: 'email',
      keys: [
        { suite: 1, keyId: oldKey, rows: 2 },
        { suite: 1, keyId: newKey, rows: 1 },
      ],
      unsealed: 1,
      nulls: 0,
    });
    expect(status.columns.find(({ column }) => column === 'points')).toMatchObject({ keys: [], nulls: 4 });
    expect(JSON.stringify(status)).not.toContain('plain');
  });

  it('leaves out registrations where the schema safekeep is not there', async () => {
    const bare = await testDatabase();
    for (const sql of tables) await bare.database.query(sql);
    const { columns: counted } = await rotationStatus({ database: bare.database, fields });
    expect(new Set(counted.map(({ table }) => table))).toEqual(new Set(['customers', 'lines', 'tokens', 'visits']));
    await bare.drop();
  });
});

describe('the name of a constraint', () => {
  it('is never cut off by PostgreSQL, and differs for long columns that begin alike', () => {
    const [a, b] = ['a', 'b'].map((end) => constraintName(oldKey, `${'x'.repeat(61)}${end}`));
    expect(a).toHaveLength(63);
    expect(a).not.toBe(b);
    expect(constraintName(oldKey, 'email')).toBe('safekeep_unused_a1b2c3d4_email');
  });
});
