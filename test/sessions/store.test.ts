import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { migrate } from '../../src/database/index.js';
import { rememberVerified, sqlSessionStore } from '../../src/sessions/index.js';
import { verifiedEpoch } from '../../src/sessions/verified.js';
import { type TestDatabase, testDatabase } from '../services/database.js';

let test: TestDatabase;
const now = new Date(Date.UTC(2026, 0, 1));
const later = new Date(now.getTime() + 60_000);
const idHash = Buffer.alloc(32, 7);

beforeAll(async () => {
  test = await testDatabase();
  await migrate(test.database);
});
afterAll(() => test.drop());
beforeEach(async () => {
  await test.database.query('delete from safekeep.accounts');
  for (const realm of ['customers', 'subscribers']) {
    await test.database.query(
      `insert into safekeep.accounts (realm, account, confirmed_at, password_changed_at) values ($1, 'ada', now(), now())`,
      [realm],
    );
  }
});

const storeOf = (realm: string) => sqlSessionStore({ database: test.database, realm });

describe('the store of sessions', () => {
  it('knows a session in its own realm only, and ends those of its own only', async () => {
    await storeOf('customers').create({ idHash, account: 'ada', epoch: 1, browser: 'Firefox', now, expiresAt: later });
    expect(await storeOf('customers').find(idHash, now, new Date(0))).toMatchObject({ account: 'ada' });
    expect(await storeOf('subscribers').find(idHash, now, new Date(0))).toBeNull();
    await storeOf('subscribers').removeAll('ada');
    expect(await storeOf('customers').find(idHash, now, new Date(0))).toMatchObject({ account: 'ada' });
  });

  it('purges what has expired and nothing else', async () => {
    await storeOf('customers').create({ idHash, account: 'ada', epoch: 1, browser: 'Firefox', now, expiresAt: later });
    expect(await storeOf('customers').purge(now)).toBe(0);
    expect(await storeOf('customers').purge(later)).toBe(1);
  });
});

describe('the epoch a request has proven', () => {
  it('is that of its account and of no other', () => {
    const req = {} as Parameters<typeof rememberVerified>[0];
    rememberVerified(req, 'ada', 7);
    expect([verifiedEpoch(req, 'ada'), verifiedEpoch(req, 'bob')]).toEqual([7, undefined]);
  });
});
