import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { systemRandom } from '../../src/base/clock.js';
import { isSafekeepError } from '../../src/base/errors.js';
import { postgres } from '../../src/database/index.js';
import { confirmImport, createFields, importFields, importStatus, verifyImport } from '../../src/fields/index.js';
import { fileRootKey, openKeyRing } from '../../src/keys/index.js';
import { definePolicy, type Policy } from '../../src/policy/index.js';
import { root } from '../house/tree.js';
import { testDatabase } from '../services/database.js';

const input = {
  application: 'shop',
  purposes: { account: 'contract' },
  tables: {
    customers: {
      row: 'id',
      columns: {
        email: {
          is: 'email',
          for: ['account'],
          index: { name: 'email', unique: true },
          importedFrom: { column: 'email_plain', until: '9999-12-31' },
        },
        points: {
          is: 'interest',
          for: ['account'],
          value: 'int64',
          importedFrom: { column: 'points_plain', until: '9999-12-31' },
        },
      },
    },
  },
} as const;
const policy = definePolicy(input) as Policy;
const dist = (path: string) => JSON.stringify(pathToFileURL(join(root, 'dist', path)).href);

export interface KilledImport {
  readonly kills: number;
  /** Updates that a writer was told succeeded: by the old version (plaintext) and by the new one (sealed). */
  readonly old: number;
  readonly fresh: number;
  /** What all rows together count afterwards, and rows that differ from the writers' own book. */
  readonly counted: number;
  readonly wrong: number;
  readonly rows: number;
  /** Plaintexts that are left after the confirmation. */
  readonly plaintext: number;
  readonly confirmed: boolean;
  readonly lost: number;
}

/**
 * Imports a table in a process that is killed again and again, while writers of the old version count up in the
 * plaintext and writers of the new one in the sealed value. Then the old version ends, the import is verified, and
 * confirmed by a process that is killed too. Every row is held against the writers' book.
 */
export async function importUnderFire(plan: {
  rows: number;
  writers: number;
  kills: number;
  /** Rows a batch: a large one is long on its way, so that writers meet it. */
  batchRows: number;
}): Promise<KilledImport> {
  if (!existsSync(join(root, 'dist/fields/index.js'))) throw new Error('run first: npm run build');
  const folder = mkdtempSync(join(tmpdir(), 'safekeep-import-'));
  const server = await testDatabase();
  const { database } = server;
  const keys = await openKeyRing({
    root: fileRootKey(join(folder, 'root.key'), { create: true }),
    path: join(folder, 'keys.json'),
    create: true,
  });
  await database.query(
    `create table customers (id int primary key, email_plain text, email text, email_index text unique,
       points_plain bigint, points text)`,
  );
  await database.query(
    `insert into customers (id, email_plain, points_plain) select n, 'c' || n || '@example.com', 0 from generate_series(1, $1::int) n`,
    [plan.rows],
  );
  const columns = ['customers.email', 'customers.points'];
  const fields = createFields({
    application: 'shop',
    keys,
    policy,
    dangerouslyReadPlaintext: { columns, reason: 'the import of this test' },
  });
  const book = new Map<number, number>();
  const writer = postgres(server.url, { maxConnections: plan.writers });
  const writing = { old: true, fresh: true };
  const counts = { old: 0, fresh: 0 };
  const count = (id: number, which: 'old' | 'fresh') => {
    book.set(id, (book.get(id) ?? 0) + 1);
    counts[which] += 1;
  };
  const oldVersion = async () => {
    while (writing.old) {
      const id = 1 + systemRandom.below(plan.rows);
      // It knows of the plaintext only, and finds none where the new version has written.
      const written = await writer.query(
        'update customers set points_plain = points_plain + 1 where id = $1 and points_plain is not null returning id',
        [id],
      );
      if (written.length > 0) count(id, 'old');
    }
  };
  const newVersion = async () => {
    while (writing.fresh) {
      const id = 1 + systemRandom.below(plan.rows);
      const add = (row: Readonly<Record<string, unknown>>) => {
        const { points } = fields.openRow('customers', row, 'account').reveal() as { points: bigint };
        return { points: points + 1n };
      };
      try {
        await fields.updateRow('customers', { id }, add, { database: writer });
      } catch (error) {
        if (isSafekeepError(error, 'ERR_ROW_CONTENDED')) continue;
        throw error;
      }
      count(id, 'fresh');
      // Slower than the old one, or soon no plaintext is left to fight about.
      await wait(2);
    }
  };
  const childOf = (work: string, options: string) => {
    const file = join(folder, `${work}.mjs`);
    writeFileSync(file, childText(folder, server.url, work, `, batchRows: ${plan.batchRows}${options}`));
    return file;
  };
  try {
    const half = Math.max(1, Math.floor(plan.writers / 2));
    const old = Array.from({ length: half }, oldVersion);
    const fresh = Array.from({ length: Math.max(1, plan.writers - half) }, newVersion);
    let [kills, lost] = [0, 0];
    const fire = async (file: string) => {
      const ended = await killedRun(file, 1 + systemRandom.below(4));
      kills += ended.killed ? 1 : 0;
      lost += ended.lost;
    };
    const importing = childOf('importFields', '');
    for (let run = 1; run < plan.kills; run += 1) await fire(importing);
    writing.old = false;
    await Promise.all(old);
    const given = { database, fields };
    await importFields(given);
    const { verified } = await verifyImport(given);
    if (!verified) throw new Error('the import does not verify');
    await fire(childOf('confirmImport', `, erase: 'null'`));
    const { confirmed } = await confirmImport({ ...given, erase: 'null' }).catch((error: unknown) => {
      // The child may have come to the end before it was killed.
      if (isSafekeepError(error, 'ERR_IMPORT_STATE')) return { confirmed: true };
      throw error;
    });
    writing.fresh = false;
    await Promise.all(fresh);
    const stored = await database.query('select * from customers order by id');
    let [wrong, counted] = [0, 0];
    for (const row of stored) {
      const opened = fields.openRow('customers', row, 'account').reveal() as { email: string; points: bigint };
      counted += Number(opened.points);
      if (opened.points !== BigInt(book.get(Number(row['id'])) ?? 0)) wrong += 1;
      else if (opened.email !== `c${row['id']}@example.com` || row['email_index'] === null) wrong += 1;
    }
    const { plaintext } = await importStatus(given);
    return { kills, ...counts, counted, wrong, rows: stored.length, plaintext, confirmed, lost };
  } finally {
    [writing.old, writing.fresh] = [false, false];
    await writer.close();
    keys.close();
    await server.drop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One run of the child, killed a moment after it wrote that many batches. */
async function killedRun(file: string, batches: number): Promise<{ readonly killed: boolean; readonly lost: number }> {
  const child: ChildProcess = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<NodeJS.Signals | number | null>((resolve) => {
    child.once('close', (status, signal) => resolve(signal ?? status));
  });
  let [written, lost] = [0, 0];
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
    lost = Math.max(lost, Number(/^written (\d+)/.exec(line)?.[1] ?? 0));
    written += 1;
    if (written === batches) void wait(systemRandom.below(15)).then(() => child.kill('SIGKILL'));
  });
  const end = await ended;
  if (end !== 'SIGKILL' && end !== 0) throw new Error(`the import ended with ${String(end)}`);
  return { killed: end === 'SIGKILL', lost };
}

function childText(folder: string, url: string, work: string, options: string): string {
  return `
    import { postgres } from ${dist('database/index.js')};
    import { createFields, ${work} } from ${dist('fields/index.js')};
    import { fileRootKey, openKeyRing } from ${dist('keys/index.js')};
    import { definePolicy } from ${dist('policy/index.js')};
    const policy = definePolicy(${JSON.stringify(input)});
    const keys = await openKeyRing({
      root: fileRootKey(${JSON.stringify(join(folder, 'root.key'))}),
      path: ${JSON.stringify(join(folder, 'keys.json'))},
    });
    const database = postgres(${JSON.stringify(url)}, { maxConnections: 1 });
    const fields = createFields({ application: 'shop', keys, policy });
    let before = 0;
    await ${work}({
      database, fields${options},
      onProgress: ({ changed, lost }) => {
        if (changed > before) process.stdout.write('written ' + lost + '\\n');
        before = changed;
      },
    });
    await database.close();
    keys.close();`;
}
