import { Logger, runMigrations, runTaskListOnce, type TaskList } from 'graphile-worker';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/base/ports/database.js';
import {
  createFields,
  queueRotation,
  type RotatedRange,
  rotationQueue,
  rotationStatus,
  rotationTasks,
} from '../../src/fields/index.js';
import { definePolicy, type Policy } from '../../src/policy/index.js';
import { type TestDatabase, testDatabase } from '../services/database.js';
import { insert, newKey, oldKey, policy, ringOf, tables } from './shop.js';

const oldFields = createFields({ application: 'shop', keys: ringOf([oldKey, newKey]), policy: policy as Policy });
const fields = createFields({ application: 'shop', keys: ringOf([newKey, oldKey]), policy: policy as Policy });
const quiet = new Logger(() => () => undefined);
let server: TestDatabase;
let database: Database;
let pool: pg.Pool;

beforeAll(async () => {
  server = await testDatabase();
  database = server.database;
  pool = new pg.Pool({ connectionString: server.url, max: 2 });
  for (const sql of tables) await database.query(sql);
});
afterAll(async () => {
  await pool.end();
  await server.drop();
});
beforeEach(() => database.query('truncate customers, lines, tokens, visits'));

const lines = async (count: number, order = 'o') => {
  for (let line = 1; line <= count; line += 1)
    await insert(
      database,
      'lines',
      oldFields.sealRow('lines', { order_id: `${order}-${line % 3}`, line, note: `n${line}` }),
    );
};
const jobs = () =>
  database.query<{ key: string; identifier: string; payload: { after: unknown; until: unknown } }>(
    `select j.key, t.identifier, j.payload from graphile_worker._private_jobs j
       join graphile_worker._private_tasks t on t.id = j.task_id order by j.key`,
  );
const work = async (taskList: TaskList) => {
  const client = await pool.connect();
  try {
    await runTaskListOnce({ logger: quiet }, taskList, client);
  } finally {
    client.release();
  }
};
/** As if the time of the next look had come. */
const hurry = () => database.query('update graphile_worker._private_jobs set run_at = now()');

describe('queueRotation', () => {
  it('says what is missing where graphile-worker has no tables yet', async () => {
    await lines(1);
    await expect(queueRotation({ database, fields })).rejects.toMatchObject({ code: 'ERR_QUEUE_MISSING' });
    await expect(rotationQueue({ database })).rejects.toMatchObject({ code: 'ERR_QUEUE_MISSING' });
    await runMigrations({ connectionString: server.url, logger: quiet });
  });

  it('cuts tables with something left into ranges that leave no row out, and tasks of the list do them', async () => {
    await lines(25);
    const queued = await queueRotation({ database, fields, rangeRows: 10 });
    expect(queued).toEqual({
      activeKeyId: newKey,
      ranges: 3,
      tables: [{ table: 'lines', left: 25, ranges: 3 }],
    });
    expect(await rotationQueue({ database })).toMatchObject({ waiting: 3, running: 0, failed: 0 });
    // Rows that came meanwhile, before the first and behind the last of them.
    for (const [order, line] of [
      ['a', 0],
      ['z', 999],
    ] as const)
      await insert(database, 'lines', oldFields.sealRow('lines', { order_id: order, line, note: 'late' }));
    const heard: RotatedRange[] = [];
    await work(rotationTasks({ database, fields, batchRows: 3, onRange: (range) => heard.push(range) }));
    expect(heard.map(({ seen }) => seen).sort()).toEqual([11, 10, 6].sort());
    expect(heard.reduce((sum, { changed }) => sum + changed, 0)).toBe(27);
    expect(await rotationStatus({ database, fields })).toMatchObject({ left: 0 });
    await hurry();
    await work(rotationTasks({ database, fields }));
    expect(await jobs()).toEqual([]);
  });

  it('replaces what waits when it is queued again, and hands out anew what a dead worker holds', async () => {
    await lines(15);
    await queueRotation({ database, fields, rangeRows: 10 });
    await queueRotation({ database, fields, rangeRows: 10 });
    expect(await rotationQueue({ database })).toMatchObject({ waiting: 2 });
    await database.query(
      `update graphile_worker._private_jobs set locked_at = now() - interval '90 seconds', locked_by = 'dead', attempts = 1
        where key like 'safekeep.rotate:%:0'`,
    );
    expect(await rotationQueue({ database })).toMatchObject({ waiting: 1, running: 1, longestSeconds: 90 });
    const tasks = rotationTasks({ database, fields });
    await work(tasks);
    expect((await rotationStatus({ database, fields })).left).toBe(10);
    await hurry();
    // The look, and then the range it found.
    await work(tasks);
    await work(tasks);
    expect((await rotationStatus({ database, fields })).left).toBe(0);
    // The dead worker's job is still there, and counts no more.
    expect(await database.query('select key, locked_by from graphile_worker._private_jobs')).toContainEqual({
      ...{ key: null, locked_by: 'dead' },
    });
    expect(await rotationQueue({ database })).toMatchObject({ waiting: 0, running: 0, failed: 0 });
    await database.query('delete from graphile_worker._private_jobs');
  });

  it('lets a worker that is slow keep its range until the time is over', async () => {
    await lines(10);
    await queueRotation({ database, fields, rangeRows: 10, checkSeconds: 60 });
    await database.query(
      `update graphile_worker._private_jobs set locked_at = now() - interval '5 seconds', locked_by = 'slow', attempts = 1
        where key like 'safekeep.rotate:%'`,
    );
    await hurry();
    await work(rotationTasks({ database, fields }));
    expect(await rotationQueue({ database })).toMatchObject({ waiting: 0, running: 2 });
    expect((await jobs()).map(({ key }) => key)).toContain('safekeep.rotate.check');
    await database.query('delete from graphile_worker._private_jobs');
  });

  it('stops handing out what does not open', async () => {
    await lines(1);
    await database.query(`update lines set line = 77`);
    await queueRotation({ database, fields });
    const heard: RotatedRange[] = [];
    const tasks = rotationTasks({ database, fields, onRange: (range) => heard.push(range) });
    for (let round = 0; round < 12; round += 1) {
      await work(tasks);
      await hurry();
    }
    expect(heard).toHaveLength(5);
    expect(heard[0]?.failures).toEqual([{ table: 'lines', column: 'note', code: 'ERR_SEAL_BROKEN', rows: 1 }]);
    expect(await jobs()).toEqual([]);
  });

  it('puts no row key into the queue that the policy calls personal', async () => {
    await database.query('create table letters (email text primary key, body text)');
    const personal = definePolicy({
      application: 'shop',
      purposes: { account: 'contract' },
      tables: {
        letters: {
          row: 'email',
          columns: {
            email: { is: 'email', for: ['account'], atRest: 'clear', logs: 'mask' },
            body: { is: 'message', for: ['account'] },
          },
        },
      },
    }) as Policy;
    const at = (keys: ReturnType<typeof ringOf>) => createFields({ application: 'shop', keys, policy: personal });
    const before = at(ringOf([oldKey, newKey]));
    for (let n = 0; n < 15; n += 1)
      await insert(database, 'letters', before.sealRow('letters', { email: `c${n}@example.com`, body: 'x' }));
    const after = at(ringOf([newKey, oldKey]));
    expect(await queueRotation({ database, fields: after, rangeRows: 10 })).toMatchObject({ ranges: 1 });
    expect(JSON.stringify(await jobs())).not.toContain('example.com');
    await work(rotationTasks({ database, fields: after }));
    expect(await rotationStatus({ database, fields: after })).toMatchObject({ left: 0 });
    await database.query('delete from graphile_worker._private_jobs');
  });
});

describe('a rotation task', () => {
  const range = { table: 'lines', keyId: newKey, after: null, until: null };
  const task = (given: unknown, over = fields) => rotationTasks({ database, fields: over })['safekeep.rotate']?.(given);

  it.each([
    null,
    {},
    { ...range, after: 'o-1' },
    { ...range, until: [1, 2] },
    { ...range, keyId: '7' },
    { ...range, table: 7 },
  ])('refuses the job %j, which is none of ours', async (payload) => {
    await expect(task(payload)).rejects.toMatchObject({ code: 'ERR_OPTION_INVALID' });
  });

  it('refuses a table that the policy does not have', async () => {
    await expect(task({ ...range, table: 'products' })).rejects.toMatchObject({ code: 'ERR_POLICY_TABLE' });
  });

  it('is put off by a worker whose ring is behind, before it moves anything to an older key', async () => {
    await lines(1);
    const behind = createFields({ application: 'shop', keys: ringOf([oldKey]), policy: policy as Policy });
    await expect(task(range, behind)).rejects.toMatchObject({ code: 'ERR_KEY_UNKNOWN', facts: { keyId: newKey } });
    const staged = ringOf([oldKey, newKey], { [newKey]: 'staged' });
    const waiting = createFields({ application: 'shop', keys: staged, policy: policy as Policy });
    await expect(task(range, waiting)).rejects.toMatchObject({ code: 'ERR_KEY_STATE' });
    expect((await rotationStatus({ database, fields })).left).toBe(1);
  });

  it('ends between two batches when its worker is told to stop, and is tried again', async () => {
    await lines(30);
    const control = new AbortController();
    const stopping: Database = {
      ...database,
      query: async (sql, values) => {
        if (/^\s*update/.test(sql)) control.abort();
        return await database.query(sql, values);
      },
    };
    const tasks = rotationTasks({ database: stopping, fields, batchRows: 10 });
    await expect(tasks['safekeep.rotate']?.(range, { abortSignal: control.signal })).rejects.toThrow();
    expect((await rotationStatus({ database, fields })).left).toBe(20);
  });
});
