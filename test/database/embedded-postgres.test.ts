import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/base/ports/database.js';
import { type EmbeddedPostgresOptions, startEmbedded } from '../../src/database/embedded/embedded-postgres.js';
import { migrate } from '../../src/database/migrate.js';
import { postgres } from '../../src/database/postgres.js';

const parent = mkdtempSync(join(tmpdir(), 'safekeep-embedded-'));
const directory = join(parent, 'postgres');
afterAll(() => rmSync(parent, { recursive: true, force: true }));
// Beside it, not in it: where root cannot use a namespace, `nobody` must be able to walk there.
const stateFolder = `${parent}-state`;
afterAll(() => rmSync(stateFolder, { recursive: true, force: true }));
const embeddedPostgres = (options: EmbeddedPostgresOptions) =>
  startEmbedded(options, { stateFolder, namespaces: true });
/** Where cluster and socket lie: in the directory itself, or behind a link in the state folder. */
const baseOf = (folder: string) => dirname(realpathSync(join(folder, 'cluster')));
const mode = (path: string) => statSync(path).mode & 0o777;

describe('embeddedPostgres while it runs', () => {
  const heard: string[] = [];
  let database: Database;
  beforeAll(async () => {
    database = await embeddedPostgres({ directory, log: (line) => heard.push(line) });
  });
  afterAll(() => database.close());

  it('says what it does', () => {
    expect(heard).toEqual([`creating a database in ${directory}`, `the database of ${directory} is running`]);
  });

  it('takes our migrations', async () => {
    expect(await migrate(database)).toMatchObject({ version: 7 });
  });

  it('gives the application a role that is no superuser and cannot become one', async () => {
    const role =
      'select rolname, rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls from pg_roles where rolname = current_user';
    expect(await database.one(role)).toEqual({
      rolname: 'application',
      rolsuper: false,
      rolcreaterole: false,
      rolcreatedb: false,
      rolreplication: false,
      rolbypassrls: false,
    });
    for (const sql of [
      'set session_replication_role = replica',
      "copy (select 1) to program 'true'",
      "select pg_read_file('PG_VERSION')",
      'set log_min_messages = debug1',
    ]) {
      await expect(database.query(sql)).rejects.toMatchObject({ facts: { sqlState: '42501' } });
    }
  });

  it('is closed to other users of the machine: folders 0700, files 0600, no port', async () => {
    for (const folder of [directory, baseOf(directory)]) expect(mode(folder)).toBe(0o700);
    for (const folder of ['cluster', 'run']) expect(mode(join(baseOf(directory), folder))).toBe(0o700);
    expect(mode(join(baseOf(directory), 'run/.s.PGSQL.5432'))).toBe(0o700);
    for (const file of ['secret', 'owner', 'server.log']) expect(mode(join(directory, file))).toBe(0o600);
    expect(await database.one("select current_setting('listen_addresses') as ports")).toEqual({ ports: '' });
  });

  it('asks for the password even on the socket', async () => {
    const url = `postgres:///application?host=${join(baseOf(directory), 'run')}&user=`;
    for (const user of ['postgres', 'application']) {
      const stranger = postgres(`${url}${user}`);
      await expect(stranger.query('select 1')).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_DATABASE/) });
      await stranger.close();
    }
    expect(readFileSync(join(directory, 'cluster/pg_hba.conf'), 'utf8')).not.toMatch(/^[^#].*\btrust\b/m);
  });

  it('is durable', async () => {
    const settings = await database.query(
      "select name, setting from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit', 'data_checksums') order by name",
    );
    expect(settings.map(({ setting }) => setting)).toEqual(['on', 'on', 'on', 'on']);
  });

  it('writes nothing personal into its log, whatever fails', async () => {
    const planted = ['ada@example.com', '4111111111111111', '+1 202 555-0147'];
    const [email, card, phone] = planted;
    await database.query(
      'create table customers (email text unique, card text check (length(card) < 5), phone text not null)',
    );
    await database.query("insert into customers values ($1, '1', $2)", [email, phone]);
    const attempts: [string, unknown[]][] = [
      ["insert into customers values ($1, '1', $2)", [email, phone]],
      ["insert into customers values ('x', $1, $2)", [card, phone]],
      ['select $1::int', [email]],
      [`select '${phone}'::int`, []],
      [`do $$ begin raise exception '%', '${email}'; end $$`, []],
      [`do $$ begin raise warning '%', '${card}'; end $$`, []],
      [`do $$ begin raise log '%', '${'nothing personal'}'; end $$`, []],
    ];
    for (const [sql, values] of attempts) await database.query(sql, values).catch(() => undefined);
    const log = readFileSync(join(directory, 'server.log'), 'latin1');
    // It is the log of this server, and it does get lines.
    expect(log).toContain('nothing personal');
    for (const value of planted) expect(log).not.toContain(value);
  });

  it('refuses a second start in the same process', async () => {
    await expect(embeddedPostgres({ directory })).rejects.toMatchObject({
      code: 'ERR_DATABASE_IN_USE',
      facts: { pid: process.pid },
    });
    expect(await database.one('select 1 as n')).toEqual({ n: 1 });
  });
});

describe('embeddedPostgres between starts', () => {
  const start = () => embeddedPostgres({ directory });
  /** Starts, closes, and leaves the folder as it is between two runs. */
  const startsAgain = async () => {
    const database = await start();
    expect(await database.one('select count(*)::int as n from customers')).toEqual({ n: 1 });
    await database.close();
  };
  const failsAt = (step: string) => ({ code: 'ERR_EMBEDDED_DATABASE', facts: { step } });
  const serverFile = join(directory, 'cluster/postmaster.pid');

  it('leaves no server, socket or owner behind when it is closed, even twice', async () => {
    const database = await start();
    const pid = Number(readFileSync(serverFile, 'utf8').split('\n')[0]);
    await Promise.all([database.close(), database.close()]);
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    expect(readdirSync(directory).sort()).toEqual(['cluster', 'secret', 'server.log']);
    await expect(database.query('select 1')).rejects.toMatchObject({ code: 'ERR_DATABASE_UNAVAILABLE' });
  });

  it.each([
    ['the file of a server that a crash left, whose id is another process now', () => `${process.pid}\n/elsewhere\n`],
    ['one whose id is a process that nothing is known about', () => '1\n/elsewhere\n'],
    ['half a file of a server', () => ''],
  ])('starts over %s', async (_, text) => {
    writeFileSync(serverFile, text());
    await startsAgain();
  });

  it('takes over from an owner whose process id another process has now', async () => {
    writeFileSync(join(directory, 'owner'), `${process.pid} 1\n`);
    await startsAgain();
  });

  it('ends a server that outlived its process where no guard did', async () => {
    const database = await start();
    const pid = Number(readFileSync(serverFile, 'utf8').split('\n')[0]);
    // What the folder looks like when the owner died: its file names a process that is gone.
    const gone = spawn('true');
    await new Promise((resolve) => gone.once('exit', resolve));
    writeFileSync(join(directory, 'owner'), `${gone.pid} 1\n`);
    await startsAgain();
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    await database.close();
  });

  it('says that the secret is lost instead of making another', async () => {
    renameSync(join(directory, 'secret'), join(directory, 'kept'));
    await expect(start()).rejects.toMatchObject(failsAt('secret'));
    expect(existsSync(join(directory, 'secret'))).toBe(false);
    renameSync(join(directory, 'kept'), join(directory, 'secret'));
    await startsAgain();
  });

  it('refuses a cluster of another major version', async () => {
    const version = join(directory, 'cluster/PG_VERSION');
    const own = readFileSync(version, 'utf8');
    writeFileSync(version, '15\n');
    await expect(start()).rejects.toMatchObject({
      code: 'ERR_EMBEDDED_DATABASE',
      facts: { step: 'version', cluster: 15, binaries: 18 },
    });
    writeFileSync(version, own);
    await startsAgain();
  });

  it('names the log of a server that does not start, and frees the folder', async () => {
    const control = join(directory, 'cluster/global/pg_control');
    renameSync(control, `${control}.kept`);
    await expect(start()).rejects.toMatchObject({
      ...failsAt('start'),
      facts: { step: 'start', log: join(directory, 'server.log') },
    });
    renameSync(`${control}.kept`, control);
    await startsAgain();
  });

  it('says which folder cannot be made', async () => {
    writeFileSync(join(parent, 'file'), '');
    const failing = embeddedPostgres({ directory: join(parent, 'file/postgres') });
    await expect(failing).rejects.toMatchObject({
      code: 'ERR_EMBEDDED_DATABASE',
      facts: { step: 'files', folder: join(parent, 'file/postgres'), reason: 'ENOTDIR' },
    });
  });
});

describe('embeddedPostgres below a path too long for a socket', () => {
  const long = join(parent, 'a'.repeat(60), 'b, c'.repeat(10), 'postgres');
  afterEach(() => rmSync(long, { recursive: true, force: true }));

  it('puts the socket into a closed folder elsewhere, records it, and removes it (needs a cluster in its directory)', async ({
    skip,
  }) => {
    mkdirSync(long, { recursive: true });
    chmodSync(long, 0o700);
    // A start that was killed left this.
    const left = mkdtempSync(join(tmpdir(), 'safekeep-socket-'));
    writeFileSync(join(long, 'socket'), left);
    writeFileSync(join(long, 'cluster.new-1'), 'half');
    const database = await embeddedPostgres({ directory: long });
    if (baseOf(long) !== long) {
      await database.close();
      return skip('the cluster lies below the short path of the state folder');
    }
    const folder = readFileSync(join(long, 'socket'), 'utf8');
    expect(existsSync(left)).toBe(false);
    expect(mode(folder)).toBe(0o700);
    expect(folder.startsWith(join(tmpdir(), 'safekeep-socket-'))).toBe(true);
    expect(await database.one('select 1 as n')).toEqual({ n: 1 });
    await database.close();
    expect(existsSync(folder)).toBe(false);
    // A record that names anything else removes nothing.
    writeFileSync(join(parent, 'file'), '');
    writeFileSync(join(long, 'socket'), join(parent, 'file'));
    await (await embeddedPostgres({ directory: long })).close();
    expect(existsSync(join(parent, 'file'))).toBe(true);
    expect(existsSync(join(long, 'cluster.new-1'))).toBe(false);
  });
});
