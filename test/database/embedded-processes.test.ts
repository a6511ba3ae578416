import { existsSync, lstatSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { processOf } from '../../src/database/embedded/processes.js';
import { type Clone, type CloneProcess, clone } from '../services/clone.js';

const isRoot = process.getuid?.() === 0;
const nobody = { uid: 65534, gid: 65534 };

/** Opens the clone's database, says so, does `work`, and stays until it is told to end or is killed. */
const program = (work: string, start = 'embeddedPostgres({ directory })') => `
import { join } from 'node:path';
import { embeddedPostgres, startEmbedded } from './src/database/embedded/embedded-postgres.js';
const directory = join(import.meta.dirname, '.data/postgres');
const database = await ${start}.catch((error) => { console.log('refused', error.code, error.facts.pid, error.facts.step); process.exit(3); });
console.log('open');
process.stdin.once('data', () => database.close().then(() => { console.log('closed'); process.exit(0); }));
${work}
`;
/** Inserts one row after the other and prints each id only when its commit was acknowledged. */
const insert = `
await database.query('create table if not exists acknowledged (id int primary key)');
const { n } = await database.one('select coalesce(max(id), 0) as n from acknowledged');
for (let id = n + 1; ; id += 1) {
  await database.query('insert into acknowledged values ($1)', [id]);
  console.log('id ' + id);
}`;
const count = `
const { rows } = await database.one('select count(*)::int as rows from acknowledged');
console.log('rows ' + rows);`;

/** Lets it insert for a while, kills it, and gives the last id that it was told. */
async function killWhileInserting(inserting: CloneProcess): Promise<number> {
  await inserting.line('id 40');
  inserting.child.kill('SIGKILL');
  await inserting.end;
  return Number(
    inserting.lines
      .filter((line) => line.startsWith('id '))
      .at(-1)
      ?.slice(3),
  );
}

async function rowsOf(counting: CloneProcess): Promise<number> {
  const rows = Number((await counting.line('rows ')).slice(5));
  counting.child.stdin?.write('end\n');
  expect(await counting.end).toBe(0);
  return rows;
}

const users: readonly (readonly [string, { uid: number; gid: number } | undefined])[] = isRoot
  ? [
      ['root', undefined],
      ['an ordinary user', nobody],
    ]
  : [['an ordinary user', undefined]];

describe.each(users)('embeddedPostgres in a clone below a closed folder, run by %s', (_, user) => {
  let checkout: Clone;
  beforeAll(() => {
    checkout = clone(['base', 'database'], ['pg', 'embedded-postgres'], user);
    expect(statSync(checkout.folder).mode & 0o777).toBe(0o700);
  });
  afterAll(() => checkout.remove());

  it('keeps every acknowledged row through kill -9, start at once, kill -9, start at once', async () => {
    let acknowledged = 0;
    for (let round = 0; round < 2; round += 1) {
      const last = await killWhileInserting(checkout.start(program(insert)));
      expect(last).toBeGreaterThan(acknowledged);
      acknowledged = last;
    }
    // What was committed when the kill came may not have been acknowledged: one row at most.
    const rows = await rowsOf(checkout.start(program(count)));
    expect(rows - acknowledged).toBeGreaterThanOrEqual(0);
    expect(rows - acknowledged).toBeLessThanOrEqual(1);
  });

  it('refuses a second process while the first lives, and takes it when the first is dead', async () => {
    const first = checkout.start(program(''));
    await first.line('open');
    const second = checkout.start(program(''));
    expect(await second.line('refused')).toBe(`refused ERR_DATABASE_IN_USE ${first.child.pid} undefined`);
    first.child.kill('SIGKILL');
    await first.end;
    const third = checkout.start(program(''));
    await third.line('open');
    third.child.stdin?.write('end\n');
    expect(await third.end).toBe(0);
  });

  it.runIf(process.platform === 'linux')(
    'ends the server with its process, with nobody there to end it (needs Linux)',
    async () => {
      const app = checkout.start(program(''));
      await app.line('open');
      const pid = Number(
        readFileSync(join(checkout.folder, '.data/postgres/cluster/postmaster.pid'), 'utf8').split('\n')[0],
      );
      expect(processOf(pid)).toMatchObject({ program: 'postgres' });
      app.child.kill('SIGKILL');
      await vi.waitUntil(() => processOf(pid) === null, { timeout: 20_000, interval: 20 });
    },
  );

  it('lets requests finish when Ctrl-C reaches the whole process group', async () => {
    const work = `
process.on('SIGINT', async () => {
  console.log('after ' + (await database.one('select count(*)::int as n from acknowledged')).n);
  await database.close();
  process.exit(0);
});
console.log('ready');`;
    const app = checkout.start(program(work));
    await app.line('ready');
    process.kill(-(app.child.pid ?? 0), 'SIGINT');
    await app.line('after ');
    expect(await app.end).toBe(0);
  });

  it('starts one of several that begin at the same moment', async () => {
    const all = Array.from({ length: 3 }, () => checkout.start(program('')));
    const said = await Promise.all(all.map((one) => Promise.race([one.line('open'), one.line('refused')])));
    expect(said.filter((line) => line === 'open')).toHaveLength(1);
    expect(said.filter((line) => line.startsWith('refused ERR_DATABASE_IN_USE'))).toHaveLength(2);
    for (const one of all) one.child.stdin?.write('end\n');
    await Promise.all(all.map((one) => one.end));
  });
});

describe.runIf(isRoot)('embeddedPostgres as root where user namespaces are refused (needs root)', () => {
  const refused = 'startEmbedded({ directory }, { namespaces: false, stateFolder: STATE })';
  const allowed = 'startEmbedded({ directory }, { namespaces: true, stateFolder: STATE })';
  let checkout: Clone;
  let state: string;
  const start = (work: string, how: string) =>
    checkout.start(program(work, how.replace('STATE', JSON.stringify(state))));
  beforeAll(() => {
    checkout = clone(['base', 'database'], ['pg', 'embedded-postgres']);
    // Beside the clone: `nobody` must be able to walk there.
    state = `${checkout.folder}-state`;
  });
  afterAll(() => {
    checkout.remove();
    rmSync(state, { recursive: true, force: true });
  });

  it('moves a cluster that is there to the state folder of `nobody`, and loses nothing on the way or through kill -9', async () => {
    const inNamespace = await killWhileInserting(start(insert, allowed));
    const last = await killWhileInserting(start(insert, refused));
    expect(last).toBeGreaterThan(inNamespace);
    const link = join(checkout.folder, '.data/postgres/cluster');
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(dirname(dirname(readlinkSync(link)))).toBe(state);
    expect(statSync(link).uid).toBe(nobody.uid);
    expect(existsSync(`${link}.moving`)).toBe(false);
    expect(await rowsOf(start(count, refused))).toBeGreaterThanOrEqual(last);
    // Allowed again, it stays where it is.
    expect(await rowsOf(start(count, allowed))).toBeGreaterThanOrEqual(last);
  });
});

describe('processOf', () => {
  it('knows this process, and none that is gone', () => {
    // Node 24 names its main thread, and Linux tells that name.
    expect(processOf(process.pid)).toMatchObject({ program: expect.stringMatching(/node|vitest|MainThread/i) });
    expect(processOf(2 ** 22 + 1)).toBeNull();
    expect(processOf(0)).toBeNull();
    expect(processOf(Number.NaN)).toBeNull();
  });
});
