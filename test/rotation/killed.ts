import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { systemRandom } from '../../src/base/clock.js';
import { isSafekeepError } from '../../src/base/errors.js';
import { type Database, postgres } from '../../src/database/index.js';
import { type AnyFields, createFields, rotateFields, rotationStatus } from '../../src/fields/index.js';
import { fileRootKey, type KeyRing, openKeyRing } from '../../src/keys/index.js';
import { definePolicy, type Policy } from '../../src/policy/index.js';
import { root } from '../house/tree.js';
import { testDatabase } from '../services/database.js';

export const input = {
  application: 'shop',
  purposes: { account: 'contract' },
  tables: {
    customers: {
      row: 'id',
      columns: {
        email: { is: 'email', for: ['account'], index: { name: 'email', unique: true } },
        points: { is: 'interest', for: ['account'], value: 'int64' },
      },
    },
  },
} as const;
const policy = definePolicy(input) as Policy;
const dist = (path: string) => JSON.stringify(pathToFileURL(join(root, 'dist', path)).href);

export interface Killed {
  readonly kills: number;
  /** Updates by the writers that were told they succeeded, and what the rows say of them afterwards. */
  readonly updates: number;
  readonly counted: number;
  /** Rows whose count differs from the writers' own book. */
  readonly wrong: number;
  /** Rows whose index is not what the active index key makes of their value. */
  readonly stale: number;
  /** Rows that are there, and values that another key still seals. */
  readonly rows: number;
  readonly left: number;
  /** Rows at which a rotation met a writer. */
  readonly lost: number;
}

export interface Bench {
  readonly database: Database;
  readonly folder: string;
  open(): Promise<KeyRing>;
  fieldsOf(keys: KeyRing): AnyFields;
  url: string;
  drop(): Promise<void>;
}

/** A table of sealed rows under a key that is no longer the active one, for the rings that have reloaded. */
export async function oldTable(rows: number): Promise<Bench & { readonly late: KeyRing; readonly keys: KeyRing }> {
  const folder = mkdtempSync(join(tmpdir(), 'safekeep-rotation-'));
  const server = await testDatabase();
  const { database } = server;
  const open = () =>
    openKeyRing({
      root: fileRootKey(join(folder, 'root.key'), { create: true }),
      path: join(folder, 'keys.json'),
      create: true,
    });
  const fieldsOf = (keys: KeyRing): AnyFields => createFields({ application: 'shop', keys, policy });
  const keys = await open();
  await database.query('create table customers (id int primary key, email text, points text, email_index text unique)');
  await fill(database, fieldsOf(keys), rows);
  const late = await open();
  const staged = [await keys.stage('fields'), await keys.stage('index')];
  await late.reload();
  for (const { id } of staged) await keys.activate(id);
  const drop = async () => {
    for (const ring of [keys, late]) ring.close();
    await server.drop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { database, folder, open, fieldsOf, url: server.url, drop, late, keys };
}

async function fill(database: Database, fields: AnyFields, rows: number): Promise<void> {
  for (let first = 1; first <= rows; first += 1000) {
    const batch = Array.from({ length: Math.min(1000, rows - first + 1) }, (_, at) =>
      fields.sealRow('customers', { id: first + at, email: `c${first + at}@example.com`, points: 0n }),
    );
    const column = (name: string) => batch.map((row) => row[name]);
    await database.query(
      'insert into customers select * from unnest($1::int[], $2::text[], $3::text[], $4::text[])',
      ['id', 'email', 'points', 'email_index'].map(column),
    );
  }
}

/**
 * Rotates the table in a process that is killed again and again while writers count up; one of them goes on sealing
 * under the old key until half of the kills are done. Then three rotations at once do the rest, and every row is held
 * against the writers' book.
 */
export async function rotateUnderFire(plan: { rows: number; writers: number; kills: number }): Promise<Killed> {
  if (!existsSync(join(root, 'dist/fields/index.js'))) throw new Error('run first: npm run build');
  const bench = await oldTable(plan.rows);
  const { database, keys, late } = bench;
  const child = join(bench.folder, 'rotate.mjs');
  writeFileSync(child, childText(bench, rotateText));
  const book = new Map<number, number>();
  let writing = true;
  const writer = postgres(bench.url, { maxConnections: plan.writers });
  const write = async (fields: AnyFields) => {
    while (writing) {
      const id = 1 + systemRandom.below(plan.rows);
      const add = (row: Readonly<Record<string, unknown>>) => {
        const { points } = fields.openRow('customers', row, 'account').reveal() as { points: bigint };
        // Every fourth address is another one each time, so that its index is written too.
        const email = id % 4 === 0 ? { email: `c${id}-${points + 1n}@example.com` } : {};
        return { points: points + 1n, ...email };
      };
      try {
        await fields.updateRow('customers', { id }, add, { database: writer });
      } catch (error) {
        if (isSafekeepError(error, 'ERR_ROW_CONTENDED')) continue;
        throw error;
      }
      book.set(id, (book.get(id) ?? 0) + 1);
    }
  };
  try {
    const writers = Array.from({ length: plan.writers }, (_, at) => write(bench.fieldsOf(at === 0 ? late : keys)));
    let lost = 0;
    let kills = 0;
    for (let run = 1; run <= plan.kills; run += 1) {
      if (run === Math.ceil(plan.kills / 2)) await late.reload();
      const ended = await killedRun(child, 1 + systemRandom.below(12));
      lost += ended.lost;
      kills += ended.killed ? 1 : 0;
    }
    // The rest by three processes at once, one of which is killed.
    const together = [2, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY].map((batches) =>
      killedRun(child, batches),
    );
    for (const run of await Promise.all(together)) lost += run.lost;
    writing = false;
    await Promise.all(writers);
    const fields = bench.fieldsOf(keys);
    // A writer's last value may have come behind the rotation while its ring was late.
    await rotateFields({ database, fields });
    const stored = await database.query('select * from customers order by id');
    let [wrong, stale, counted] = [0, 0, 0];
    for (const row of stored) {
      if (fields.reindexRow('customers', row) !== null) stale += 1;
      const opened = fields.openRow('customers', row, 'account').reveal() as { email: string; points: bigint };
      const expected = BigInt(book.get(Number(row['id'])) ?? 0);
      counted += Number(opened.points);
      const moved = Number(row['id']) % 4 === 0 && expected > 0n ? `-${expected}` : '';
      if (opened.points !== expected || opened.email !== `c${row['id']}${moved}@example.com`) wrong += 1;
    }
    const updates = [...book.values()].reduce((sum, count) => sum + count, 0);
    const { left } = await rotationStatus({ database, fields });
    return { kills, updates, counted, wrong, stale, rows: stored.length, left, lost };
  } finally {
    writing = false;
    await writer.close();
    await bench.drop();
  }
}

/** One run of the child, killed a moment after it wrote that many batches. */
async function killedRun(file: string, batches: number): Promise<{ readonly killed: boolean; readonly lost: number }> {
  const child: ChildProcess = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<NodeJS.Signals | number | null>((resolve) => {
    child.once('close', (status, signal) => resolve(signal ?? status));
  });
  let [written, lost] = [0, 0];
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  lines.on('line', (line) => {
    lost = Math.max(lost, Number(/^written (\d+)/.exec(line)?.[1] ?? 0));
    written += 1;
    if (written === batches) void wait(systemRandom.below(15)).then(() => child.kill('SIGKILL'));
  });
  const end = await ended;
  if (end !== 'SIGKILL' && end !== 0) throw new Error(`the rotation ended with ${String(end)}`);
  return { killed: end === 'SIGKILL', lost };
}

/** A program of its own over what is compiled: nothing is shared with the process that kills it. */
export function childText({ folder, url }: Pick<Bench, 'folder' | 'url'>, work: string): string {
  return `
    import { postgres, walkTable } from ${dist('database/index.js')};
    import { createFields, rotateFields } from ${dist('fields/index.js')};
    import { fileRootKey, openKeyRing } from ${dist('keys/index.js')};
    import { definePolicy } from ${dist('policy/index.js')};
    const policy = definePolicy(${JSON.stringify(input)});
    const keys = await openKeyRing({
      root: fileRootKey(${JSON.stringify(join(folder, 'root.key'))}),
      path: ${JSON.stringify(join(folder, 'keys.json'))},
    });
    const database = postgres(${JSON.stringify(url)}, { maxConnections: 1 });
    const fields = createFields({ application: 'shop', keys, policy });
    ${work}
    await database.close();
    keys.close();
  `;
}

const rotateText = `
    let before = 0;
    const report = await rotateFields({
      database, fields, batchRows: 100,
      onProgress: ({ changed, lost }) => {
        if (changed > before) process.stdout.write('written ' + lost + '\\n');
        before = changed;
      },
    });
    process.exitCode = report.failures.length;`;
