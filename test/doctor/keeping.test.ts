import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.js';
import { migrate } from '../../src/database/index.js';
import { examine } from '../../src/doctor/examine.js';
import { lookAtFiles, lookAtPair } from '../../src/doctor/look/files.js';
import { lookAtRepository } from '../../src/doctor/look/repository.js';
import { lookAtRing } from '../../src/doctor/look/ring.js';
import { clockOfDatabase, lookAtSchema } from '../../src/doctor/look/schema.js';
import { fileRootKey, type KeyRing, openKeyRing } from '../../src/keys/index.js';
import { definePolicy } from '../../src/policy/index.js';
import { type TestDatabase, testDatabase } from '../services/database.js';
import { developmentPair } from '../transport/loopback.js';

const scratch = mkdtempSync(join(tmpdir(), 'safekeep-doctor-'));
const at = (name: string) => join(scratch, name);
let test: TestDatabase;
beforeAll(async () => {
  test = await testDatabase();
});
afterAll(async () => {
  await test.drop();
  rmSync(scratch, { recursive: true, force: true });
});

describe('the doctor at a key ring', () => {
  const paths = { root: at('root.key'), ring: at('keys.json') };
  const opened: KeyRing[] = [];
  const open = async () => {
    const ring = await openKeyRing({ root: fileRootKey(paths.root), path: paths.ring });
    opened.push(ring);
    return ring;
  };
  afterAll(() => {
    for (const ring of opened) ring.close();
  });

  it('lists the keys, and sees that the root key lies beside them', async () => {
    const root = fileRootKey(paths.root, { create: true });
    (await openKeyRing({ root, path: paths.ring, create: true })).close();
    const view = await lookAtRing({ name: 'keys.json', open, paths });
    expect(view).toMatchObject({ problem: undefined, behind: 0, rootBesideRing: true });
    expect(view.keys.map(({ state }) => state)).toEqual(['active', 'active', 'active', 'active']);
  });

  it('sees a ring that was edited, one that is not there, and a root key that is another', async () => {
    const edited = readFileSync(paths.ring, 'utf8').replace('"active"', '"decrypt-only"');
    writeFileSync(at('edited.json'), edited, { mode: 0o600 });
    writeFileSync(at('other.key'), Buffer.alloc(32, 7), { mode: 0o600 });
    const problemOf = async (root: string, ring: string) =>
      (await lookAtRing({ name: ring, open: () => openKeyRing({ root: fileRootKey(at(root)), path: at(ring) }) }))
        .problem;
    expect(await problemOf('root.key', 'edited.json')).toBe('ERR_KEY_RING_EDITED');
    expect(await problemOf('root.key', 'nothing.json')).toBe('ERR_KEY_RING_MISSING');
    expect(await problemOf('other.key', 'keys.json')).toBe('ERR_ROOT_KEY');
  });

  it('sees a root key that went silent after the ring was opened', async () => {
    const root = fileRootKey(paths.root);
    let silent = false;
    const flaky = {
      ...root,
      unwrap: (...given: Parameters<typeof root.unwrap>) =>
        silent ? Promise.reject(new Error('CKR_DEVICE_REMOVED')) : root.unwrap(...given),
    };
    const view = await lookAtRing({
      name: 'keys.json',
      open: async () => {
        const ring = await openKeyRing({ root: flaky, path: paths.ring });
        opened.push(ring);
        silent = true;
        return ring;
      },
    });
    expect(view.problem).toBe('ERR_ROOT_KEY_UNAVAILABLE');
    expect(view.keys).toHaveLength(4);
  });

  it('sees, in a database, a process that holds an older list', async () => {
    await migrate(test.database);
    const inDatabase = () => openKeyRing({ root: fileRootKey(paths.root), database: test.database, create: true });
    const ring = await inDatabase();
    opened.push(ring);
    const look = () => lookAtRing({ name: 'safekeep.key_ring', open: async () => ring, database: test.database });
    expect((await look()).behind).toBe(0);
    await test.database.query(
      `insert into safekeep.key_ring_holders (holder, counter, opens, seals, expires_at)
       values ('another', 0, '{}', '{}', now() + interval '1 minute')`,
    );
    expect((await look()).behind).toBe(1);
  });
});

describe('the doctor at a database', () => {
  const policy = definePolicy({
    application: 'shop',
    purposes: { account: 'contract' },
    tables: { customers: { row: 'id', columns: { email: { is: 'email', for: ['account'] } } } },
  });

  it('tells every difference to the policy, and which of our steps are missing or unknown', async () => {
    await migrate(test.database);
    await test.database.query('create table customers (id text primary key, email text, shoe_size int)');
    await test.database.query("update safekeep.migrations set version = 99 where owner = 'safekeep' and version = 1");
    const view = await lookAtSchema(test.database, policy, []);
    expect(view.drift).toEqual(['column customers.shoe_size is in the database and not in the policy']);
    expect(view).toMatchObject({ missing: [1], unknown: [99] });
  });

  it('says that everything is missing where nothing was migrated', async () => {
    const empty = await testDatabase();
    try {
      const view = await lookAtSchema(empty.database, undefined, []);
      expect(view.missing[0]).toBe(1);
      expect(view.drift).toEqual([]);
    } finally {
      await empty.drop();
    }
  });

  it('asks what time it is there', async () => {
    const right = await clockOfDatabase(test.database, systemClock.nowMs);
    const ids = (clocks: readonly (typeof right)[]) =>
      examine({ name: 'x', nowMs: 0, clocks }).findings.map(({ kind }) => kind.id);
    expect(ids([right])).toEqual([]);
    expect(ids([await clockOfDatabase(test.database, () => Date.now() - 300_000)])).toEqual(['clock.skew']);
  });
});

describe('the doctor at files', () => {
  it('sees modes of files and of their folders, through links', async () => {
    const folder = at('open');
    mkdirSync(folder);
    chmodSync(folder, 0o777);
    writeFileSync(join(folder, 'tls.key'), '');
    chmodSync(join(folder, 'tls.key'), 0o644);
    const files = await lookAtFiles([
      { path: join(folder, 'tls.key'), secret: true },
      { path: at('nothing'), secret: false },
    ]);
    expect(files).toMatchObject([{ mode: 0o644, folderMode: 0o777 }, { mode: undefined }]);
    const ids = examine({ name: 'x', nowMs: 0, files }).findings.map(({ kind }) => kind.id);
    expect(ids.sort()).toEqual(['file.folder_writable', 'file.missing', 'file.secret_readable']);
  });

  it('reads a pair as a server would', async () => {
    const [one, other] = [await developmentPair(['localhost']), await developmentPair(['localhost'])];
    expect(lookAtPair(one.key, one.cert, 'localhost', systemClock)).toMatchObject({ problem: undefined });
    expect(lookAtPair(other.key, one.cert, 'localhost', systemClock).problem).toBe('ERR_CERTIFICATE_PAIR');
    expect(lookAtPair(one.key, one.cert, 'isp.example', systemClock).problem).toBe('ERR_CERTIFICATE_NAME');
  });
});

describe('the doctor at a repository', () => {
  /** Put together here, so that this file does not hold what is looked for. */
  const dashes = '-----';
  const block = `${dashes}BEGIN PRIVATE ${'KEY'}${dashes}\n${'A'.repeat(64)}\n${dashes}END PRIVATE ${'KEY'}${dashes}\n`;
  const token = `gh${'p_'}${'a1B2c3D4e5'.repeat(4)}`;

  it('finds keys, tokens and passwords with their lines, and says none of them', async () => {
    const folder = at('repository');
    mkdirSync(join(folder, 'config'), { recursive: true });
    const files: Readonly<Record<string, string>> = {
      'config/tls.txt': `\n\n${block}`,
      'src.ts': `// none\nconst key = '${token}';\nconst password = 'not a setting, but code';\n`,
      'config/production.yaml': 'database:\n  host: db\n  password: Tr0ub4dor-and-3\n',
      'config/safe.yaml': 'database:\n  password: $DATABASE_PASSWORD\n  secret: "{{ vault.secret }}"\n',
      'config/url.json': '{ "url": "postgres://shop:Tr0ub4dor-and-3@db.example/shop" }\n',
      'locales/en.json': '{ "password": "Password-Label" }\n',
      '.env': 'MODE=production\n',
      '.env.example': 'DATABASE_PASSWORD=\n',
      'README.md': `Keys begin with ${dashes}BEGIN PRIVATE ${'KEY'}${dashes}.\n`,
      'picture.bin': `\0${block}`,
    };
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(join(folder, name, '..'), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    const git = (...args: string[]) => execFileSync('git', ['-C', folder, ...args], { stdio: 'ignore' });
    git('init', '--quiet');
    git('add', '-A');
    writeFileSync(join(folder, 'tls.key'), '');
    writeFileSync(join(folder, 'root.key'), '');
    writeFileSync(join(folder, '.gitignore'), 'root.key\n');
    const view = await lookAtRepository(folder);
    expect(view.secrets).toEqual([
      { path: 'config/production.yaml', line: 3, type: 'password' },
      { path: 'config/tls.txt', line: 3, type: 'private_key' },
      { path: 'config/url.json', line: 1, type: 'credential' },
      { path: 'src.ts', line: 2, type: 'api_key' },
    ]);
    expect(view.tracked).toEqual(['.env']);
    expect(view.unignored).toEqual(['tls.key']);
    const report = JSON.stringify(examine({ name: 'x', nowMs: 0, repository: view }));
    for (const secret of [token, 'Tr0ub4dor', 'AAAA']) expect(report).not.toContain(secret);
  });

  it('refuses a folder that is in no repository', async () => {
    await expect(lookAtRepository(at('nowhere'))).rejects.toMatchObject({ code: 'ERR_OPTION_INVALID' });
  });
});
