import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/base/ports/database.js';
import { createFields, rotateFields, rotationStatus } from '../../src/fields/index.js';
import { createPasswords, type Passwords, type PasswordsOptions, wrapPasswords } from '../../src/passwords/index.js';
import type { Policy } from '../../src/policy/index.js';
import { newKey, oldKey, policy, ringOf, tables } from '../rotation/shop.js';
import { type TestDatabase, testDatabase } from '../services/database.js';
import { fakeEngine } from './fake-engine.js';
import { fixtures } from './legacy/fixtures.js';

const before = ringOf([oldKey, newKey]);
const after = ringOf([newKey, oldKey]);
const legacy = ['ldap', 'salted-digest', 'phpass', 'pbkdf2'] as const;
const old = fixtures.filter(({ scheme }) => (legacy as readonly string[]).includes(scheme));
const dangerouslyAcceptUnsealed = 'hashes from before the ring';
let server: TestDatabase;
let database: Database;

function hashing(options: PasswordsOptions = {}): Passwords {
  const place = { application: 'shop', table: 'customers', column: 'password' };
  return createPasswords({
    engine: fakeEngine(),
    legacy,
    keys: before,
    place,
    dangerouslyAcceptUnsealed,
    ...options,
  });
}
const customers = { table: 'customers', key: 'id', column: 'password' } as const;
async function fill(): Promise<void> {
  for (const [index, { stored }] of old.entries()) {
    await database.query('insert into customers (id, password) values ($1, $2)', [index + 1, stored]);
  }
}
const read = async () =>
  (await database.query<{ password: string }>('select password from customers order by id')).map(
    ({ password }) => password,
  );

beforeAll(async () => {
  server = await testDatabase();
  database = server.database;
  for (const sql of tables) await database.query(sql);
});
afterAll(() => server.drop());
beforeEach(() => database.query('truncate customers'));

describe('wrapPasswords', () => {
  it('leaves no old digest in the table, and every password still signs in and comes out plain argon2id', async () => {
    await fill();
    const passwords = hashing();
    const report = await wrapPasswords({ database, passwords, ...customers, batchRows: 7 });
    const rows = old.length;
    expect(report).toEqual({ rows, seen: rows, changed: rows, lost: 0, left: [], complete: true });
    const strict = hashing({ dangerouslyAcceptUnsealed: undefined });
    for (const [index, stored] of (await read()).entries()) {
      const { password = '' } = old[index] ?? {};
      const account = String(index + 1);
      expect(stored).toMatch(/^sf1\./);
      const verified = await strict.verify(stored, password, { account });
      const fresh = await verified?.rehash();
      expect((await strict.verify(fresh ?? null, password, { account }))?.rehash()).toBeUndefined();
      expect(await strict.verify(stored, `${password}.`, { account })).toBeNull();
      expect(await strict.verify(stored, password, { account: '999' })).toBeNull();
    }
  });

  it('goes on where it stopped, and writes nothing that is done', async () => {
    await fill();
    const control = new AbortController();
    const heard: number[] = [];
    const engine = fakeEngine();
    const options = { database, passwords: hashing({ engine }), ...customers, batchRows: 5 };
    const onProgress = ({ changed }: { changed: number }) => {
      heard.push(changed);
      control.abort();
    };
    expect(await wrapPasswords({ ...options, signal: control.signal, onProgress })).toMatchObject({
      changed: 5,
      complete: false,
    });
    const done = (await read()).slice(0, 5);
    expect(await wrapPasswords(options)).toMatchObject({ seen: old.length, changed: old.length - 5, complete: true });
    expect((await read()).slice(0, 5)).toEqual(done);
    expect(engine.requests).toHaveLength(old.length);
    expect(await wrapPasswords(options)).toMatchObject({ changed: 0, left: [], complete: true });
    expect(engine.requests).toHaveLength(old.length);
  });

  it('lets a password stand that was changed meanwhile', async () => {
    await fill();
    const passwords = hashing();
    const changed = await passwords.hash('nine quiet tractors climb', { account: '3' });
    const busy: Database = {
      ...database,
      query: async (sql, values) => {
        if (/^\s*update/.test(sql)) await database.query('update customers set password = $1 where id = 3', [changed]);
        return await database.query(sql, values);
      },
    };
    const report = await wrapPasswords({ ...customers, database: busy, passwords });
    expect(report).toMatchObject({ changed: old.length - 1, lost: 1 });
    expect((await read())[2]).toBe(changed);
  });

  it('says how many it cannot take and why, and leaves those', async () => {
    const passwords = hashing();
    const values = [
      `$2b$12$${'.'.repeat(53)}`,
      `$2b$12$${'.'.repeat(53)}`,
      `$P$zsaltsalt${'.'.repeat(22)}`,
      'hunter2',
      null,
    ];
    for (const [index, value] of values.entries()) {
      await database.query('insert into customers (id, password) values ($1, $2)', [index + 1, value]);
    }
    const report = await wrapPasswords({ database, passwords, ...customers });
    expect(report).toMatchObject({ rows: 4, seen: 5, changed: 0, complete: true });
    expect(report.left).toEqual([
      { because: 'undeclared', part: 'bcrypt', rows: 2 },
      { because: 'bounds', part: 'rounds', rows: 1 },
      { because: 'form', part: undefined, rows: 1 },
    ]);
    expect(JSON.stringify(report)).not.toContain('hunter2');
    expect(await read()).toEqual(values);
  });

  it('takes nothing that is not sealed for genuine unless it is told to', async () => {
    await fill();
    const passwords = hashing({ dangerouslyAcceptUnsealed: undefined });
    const report = await wrapPasswords({ database, passwords, ...customers });
    expect(report).toMatchObject({ changed: 0, left: [{ because: 'ERR_NOT_SEALED', rows: old.length }] });
  });

  it('works on so many hashes at once as it is told, and stops at the first that cannot be decided', async () => {
    await fill();
    const engine = fakeEngine();
    await wrapPasswords({ database, passwords: hashing({ engine }), ...customers, concurrency: 2 });
    expect(engine.most()).toBe(2);
    await database.query('truncate customers');
    await fill();
    let asked = 0;
    const passwords = {
      wrapLegacy: async () => {
        asked += 1;
        throw new Error('the ring is closed');
      },
    };
    await expect(wrapPasswords({ database, passwords, ...customers, concurrency: 3 })).rejects.toThrow('closed');
    expect(asked).toBe(3);
    expect(await read()).toEqual(old.map(({ stored }) => stored));
  });

  it('seals what is argon2 already, and leaves what is sealed as it is', async () => {
    const plain = await createPasswords({ engine: fakeEngine() }).hash('salt marsh at low tide', { account: '1' });
    const sealed = await hashing().hash('salt marsh at low tide', { account: '2' });
    await database.query('insert into customers (id, password) values (1, $1), (2, $2)', [plain, sealed]);
    expect(await wrapPasswords({ database, passwords: hashing(), ...customers })).toMatchObject({ changed: 1 });
    const [first, second] = await read();
    expect(second).toBe(sealed);
    const strict = hashing({ dangerouslyAcceptUnsealed: undefined });
    expect((await strict.verify(first ?? null, 'salt marsh at low tide', { account: '1' }))?.rehash()).toBeUndefined();
  });
});

describe('the pepper of wrapped and of old hashes', () => {
  it('rotates without any password, and both verify under the new key and open no other account', async () => {
    const oldHash = old.find(({ scheme }) => scheme === 'phpass')?.stored ?? '';
    const password = 'salt marsh at low tide';
    const [wrapped, argon2] = [
      await hashing().wrapLegacy(oldHash, { account: '1' }),
      await hashing().hash(password, { account: '2' }),
    ];
    // Sealed as it came, by whoever imported it.
    const { createEnvelopes } = await import('../../src/envelope/index.js');
    const imported = createEnvelopes({ application: 'shop', keys: before }).seal(
      { type: 'text', value: oldHash },
      { table: 'customers', column: 'password', row: '3' },
    );
    await database.query('insert into customers (id, password) values (1, $1), (2, $2), (3, $3)', [
      ...[wrapped, argon2, imported],
    ]);
    const fields = createFields({ application: 'shop', keys: after, policy: policy as Policy });
    expect(await rotateFields({ database, fields, tables: ['customers'] })).toMatchObject({
      changed: 3,
      left: 0,
      failures: [],
    });
    const { columns } = await rotationStatus({ database, fields });
    expect(columns.find(({ column }) => column === 'password')?.keys).toMatchObject([{ keyId: newKey, rows: 3 }]);
    const rotated = hashing({ keys: ringOf([newKey]), dangerouslyAcceptUnsealed: undefined });
    for (const [index, stored] of (await read()).entries()) {
      expect(await rotated.verify(stored, password, { account: String(index + 1) })).not.toBeNull();
      expect(await rotated.verify(stored, 'another', { account: String(index + 1) })).toBeNull();
      expect(await rotated.verify(stored, password, { account: '9' })).toBeNull();
    }
  });
});
