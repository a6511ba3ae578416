import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDisclosures, type Disclosure, sqlSecurityEvents } from '../../src/audit/index.js';
import { migrate } from '../../src/database/migrate.js';
import { definePolicy } from '../../src/policy/index.js';
import { type TestDatabase, testDatabase } from '../services/database.js';

const policy = definePolicy({
  application: 'isp',
  purposes: { account: 'contract', provisioning: 'contract' },
  tables: {
    subscribers: {
      row: 'id',
      columns: {
        name: { is: 'name', for: ['account', 'provisioning'] },
        email: { is: 'email', for: ['account'] },
        phone: { is: 'phone', for: ['account', 'provisioning'] },
        secret: { is: 'credential', for: ['provisioning'] },
        password: 'password_hash',
      },
    },
  },
  recipients: {
    builders: {
      clause: 'a',
      class: 'processor',
      contract: 'line agreement',
      purposes: ['provisioning'],
      categories: ['user.name', 'user.contact.email'],
    },
  },
});
const handed: Disclosure = {
  account: '17',
  recipient: 'builders',
  purpose: 'provisioning',
  table: 'subscribers',
  columns: ['name'],
};

let db: TestDatabase;
const open = (realm = 'subscribers') => createDisclosures({ database: db.database, policy, realm });
beforeAll(async () => {
  db = await testDatabase();
  await migrate(db.database);
});
afterAll(() => db.drop());

describe('disclosures', () => {
  it('are kept with recipient, purpose, columns and certificate, and told to the person alone, the newest first', async () => {
    const disclosures = open();
    const by = { name: 'north_lines', serial: '0A1B' };
    await disclosures.record(
      [
        { ...handed, by },
        { ...handed, account: '18' },
      ],
      db.database,
    );
    await disclosures.record([{ ...handed, columns: [] }], db.database);
    const { recipient, purpose, table } = handed;
    expect(await disclosures.of('17')).toEqual([
      { at: expect.any(Date), recipient, purpose, table, columns: [], partner: null },
      { at: expect.any(Date), recipient, purpose, table, columns: ['name'], partner: 'north_lines' },
    ]);
    expect(await disclosures.of('17', 1)).toHaveLength(1);
    expect(await disclosures.of('19')).toEqual([]);
    expect(await open('customers').of('17')).toEqual([]);
    const [event] = await sqlSecurityEvents({ database: db.database, realm: 'subscribers' }).latest(1);
    expect(event).toMatchObject({ kind: 'data.disclosed', account: '17' });
    const events = await db.database.query(
      "select facts->>'serial' as serial from safekeep.security_events order by id",
    );
    expect(events[0]).toEqual({ serial: '0A1B' });
  });

  it.each<[string, Partial<Disclosure>]>([
    ['a column that the purpose may not open', { columns: ['name', 'email'] }],
    ['a column of a category that is not the recipient’s', { columns: ['phone'] }],
    ['a credential', { columns: ['secret'] }],
    ['a password hash', { columns: ['password'] }],
    ['a column that nobody declared', { columns: ['shoe_size'] }],
    ['a purpose that is not the recipient’s', { purpose: 'account' }],
    ['a recipient that nobody declared, even of nothing', { recipient: 'strangers', columns: [] }],
  ])('are refused for %s, and nothing is written of the others either', async (_what, wrong) => {
    const disclosures = open('refused');
    const record = disclosures.record([handed, { ...handed, ...wrong }], db.database);
    await expect(record).rejects.toMatchObject({ code: 'ERR_DISCLOSURE_REFUSED' });
    expect(await disclosures.of('17')).toEqual([]);
  });

  it('commit with the transaction that read the data, or not at all', async () => {
    const disclosures = open('rolled-back');
    const failing = db.database.transaction(async (tx) => {
      await disclosures.record([handed], tx);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await disclosures.of('17')).toEqual([]);
  });

  it('cannot be taken back', async () => {
    await open('kept').record([handed], db.database);
    await expect(db.database.query("delete from safekeep.security_events where realm = 'kept'")).rejects.toThrow();
    await expect(open('kept').of('17', 0)).rejects.toMatchObject({ code: 'ERR_OPTION_INVALID' });
  });
});
