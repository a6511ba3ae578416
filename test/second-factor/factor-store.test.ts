import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate } from '../../src/database/index.js';
import { sqlFactorStore } from '../../src/second-factor/factor-store.js';
import { type TestDatabase, testDatabase } from '../services/database.js';

let test: TestDatabase;
const now = new Date(Date.UTC(2026, 0, 1));

beforeAll(async () => {
  test = await testDatabase();
  await migrate(test.database);
  await test.database.query(
    `insert into safekeep.accounts (realm, account, confirmed_at, password_changed_at) values ('customers', 'ada', now(), now())`,
  );
});
afterAll(() => test.drop());

describe('the store of second factors', () => {
  it('confirms the secret that the code was checked against, and none that was proposed meanwhile', async () => {
    const store = sqlFactorStore({ database: test.database, realm: 'customers' });
    await store.propose('ada', 'the one that was checked', now);
    await store.propose('ada', 'another one', now);
    const confirm = (sealed: string) =>
      test.database.transaction((tx) => store.confirm('ada', { sealed, step: 7 }, now, tx));
    expect(await confirm('the one that was checked')).toBe(false);
    expect(await store.isOn('ada')).toBe(false);
    expect(await confirm('another one')).toBe(true);
    expect(await store.isOn('ada')).toBe(true);
    expect(await confirm('another one')).toBe(false);
  });
});
