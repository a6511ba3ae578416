import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { runMigrations } from 'graphile-worker';
import { systemRandom } from '../../src/base/clock.js';
import { isSafekeepError } from '../../src/base/errors.js';
import { postgres } from '../../src/database/index.js';
import { type AnyFields, queueRotation, rotationQueue, rotationStatus } from '../../src/fields/index.js';
import { root } from '../house/tree.js';
import { childText, oldTable } from './killed.js';

export interface Worked {
  readonly killed: boolean;
  readonly ranges: number;
  /** Updates that the writers made, and those that the rows say. */
  readonly updates: number;
  readonly counted: number;
  readonly wrong: number;
  /** Rows whose index is not what the active index key makes of their value. */
  readonly stale: number;
  readonly rows: number;
  readonly left: number;
}

/**
 * Three worker processes of graphile-worker, one of them killed in the middle of a range, while writers count up in the
 * same rows. Then every row is held against the writers' book.
 */
export async function workUnderFire(plan: { rows: number; writers: number; rangeRows: number }): Promise<Worked> {
  if (!existsSync(join(root, 'dist/fields/index.js'))) throw new Error('run first: npm run build');
  const bench = await oldTable(plan.rows);
  const { database, keys } = bench;
  const book = new Map<number, number>();
  let writing = true;
  const writer = postgres(bench.url, { maxConnections: plan.writers });
  const fields = bench.fieldsOf(keys);
  const children: ChildProcess[] = [];
  const start = (): ChildProcess => {
    const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    return child;
  };
  const file = join(bench.folder, 'worker.mjs');
  writeFileSync(file, childText(bench, workText(bench.url)));
  try {
    await runMigrations({ connectionString: bench.url, logger: quiet() });
    const { ranges } = await queueRotation({
      ...{ database, fields, rangeRows: plan.rangeRows },
      checkSeconds: 1,
    });
    const writers = Array.from({ length: plan.writers }, () => write(fields));
    // The first to write a batch is killed: in the middle of its range.
    const victim = await Promise.race(
      [1, 2, 3].map(async () => {
        const child = start();
        await once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), 'line');
        return child;
      }),
    );
    victim.kill('SIGKILL');
    await once(victim, 'close');
    const deadline = Date.now() + 60_000;
    for (;;) {
      const { waiting, running } = await rotationQueue({ database });
      if (waiting + running === 0 && (await rotationStatus({ database, fields })).left === 0) break;
      if (Date.now() > deadline) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    writing = false;
    await Promise.all(writers);
    const stored = await database.query('select * from customers order by id');
    let [wrong, stale, counted] = [0, 0, 0];
    for (const row of stored) {
      if (fields.reindexRow('customers', row) !== null) stale += 1;
      const opened = fields.openRow('customers', row, 'account').reveal() as { email: string; points: bigint };
      counted += Number(opened.points);
      const expected = BigInt(book.get(Number(row['id'])) ?? 0);
      if (opened.points !== expected || opened.email !== `c${row['id']}@example.com`) wrong += 1;
    }
    const updates = [...book.values()].reduce((sum, count) => sum + count, 0);
    const { left } = await rotationStatus({ database, fields });
    return {
      killed: victim.signalCode === 'SIGKILL',
      ranges,
      updates,
      counted,
      wrong,
      stale,
      rows: stored.length,
      left,
    };
  } finally {
    writing = false;
    for (const child of children) child.kill('SIGKILL');
    await writer.close();
    await bench.drop();
  }

  async function write(own: AnyFields): Promise<void> {
    while (writing) {
      const id = 1 + systemRandom.below(plan.rows);
      const add = (row: Readonly<Record<string, unknown>>) => {
        const { points } = own.openRow('customers', row, 'account').reveal() as { points: bigint };
        return { points: points + 1n };
      };
      try {
        await own.updateRow('customers', { id }, add, { database: writer });
      } catch (error) {
        if (isSafekeepError(error, 'ERR_ROW_CONTENDED')) continue;
        throw error;
      }
      book.set(id, (book.get(id) ?? 0) + 1);
    }
  }
}

function quiet() {
  const { Logger } = createRequire(import.meta.url)('graphile-worker') as typeof import('graphile-worker');
  return new Logger(() => () => undefined);
}

/** A worker that says when it has written a batch; it ends when it is killed. */
function workText(url: string): string {
  const worker = JSON.stringify(pathToFileURL(createRequire(import.meta.url).resolve('graphile-worker')).href);
  return `
    const { rotationTasks } = await import(${JSON.stringify(pathToFileURL(join(root, 'dist/fields/index.js')).href)});
    const { default: graphile } = await import(${worker});
    const noisy = { ...database, query: async (sql, values) => {
      const rows = await database.query(sql, values);
      if (/^\\s*update/.test(sql)) process.stdout.write('batch\\n');
      return rows;
    } };
    const runner = await graphile.run({
      connectionString: ${JSON.stringify(url)}, concurrency: 1, pollInterval: 100, noHandleSignals: true,
      logger: new graphile.Logger(() => () => undefined),
      taskList: rotationTasks({ database: noisy, fields, batchRows: 50 }),
    });
    await runner.promise;`;
}
