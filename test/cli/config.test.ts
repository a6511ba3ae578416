import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig, made } from '../../src/cli/load-config.js';
import { createFields } from '../../src/fields/index.js';
import { fileRootKey, type KeyRing, openKeyRing } from '../../src/keys/index.js';
import { definePolicy, type Policy } from '../../src/policy/index.js';
import { root } from '../house/tree.js';
import { insert } from '../rotation/shop.js';
import { type TestDatabase, testDatabase } from '../services/database.js';

const input = {
  application: 'shop',
  purposes: { account: 'contract' },
  tables: {
    visits: {
      row: 'id',
      tenant: 'shop_id',
      seal: 'row',
      form: 'bytes',
      columns: { shop_id: 'not personal', town: { is: 'postal_address', for: ['account'] } },
    },
  },
} as const;
const scratch = mkdtempSync(join(tmpdir(), 'safekeep-config-'));
const program = join(root, 'dist/cli/main.js');
let server: TestDatabase;
const safekeep = (args: readonly string[], stdin = server.url) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: scratch,
    encoding: 'utf8',
    input: stdin,
  });
  return { status, stdout, stderr };
};
const holders = () => server.database.query('select holder from safekeep.key_ring_holders');
let ring: KeyRing;

/** A root key that is no file, as an HSM's or a KMS's is none, and a ring in the database: no flag can say either. */
beforeAll(async () => {
  if (!existsSync(program)) throw new Error('run first: npm run build');
  server = await testDatabase();
  const dist = (path: string) => JSON.stringify(pathToFileURL(join(root, 'dist', path)).href);
  writeFileSync(
    join(scratch, 'safekeep.config.mjs'),
    `import { readFileSync } from 'node:fs';
     import { postgres } from ${dist('database/index.js')};
     import { fileRootKey } from ${dist('keys/index.js')};
     import { definePolicy } from ${dist('policy/index.js')};
     const kept = fileRootKey('root.key', { create: true });
     export const config = {
       policy: definePolicy(${JSON.stringify(input)}),
       root: () => ({ kind: 'kms', wrap: kept.wrap, unwrap: kept.unwrap }),
       ring: 'database',
       database: () => postgres(readFileSync('url.txt', 'utf8').trim(), { maxConnections: 1 }),
       recovery: fileRootKey('recovery.key', { create: true }),
     };`,
  );
  writeFileSync(join(scratch, 'url.txt'), server.url);
  expect(safekeep(['keys', 'create', '--config', 'safekeep.config.mjs']).stderr).toBe('');
  ring = await openKeyRing({
    root: fileRootKey(join(scratch, 'root.key')),
    database: server.database,
    refreshSeconds: 3600,
  });
  await server.database.query('create table visits (id int primary key, shop_id int not null, sealed bytea)');
  const fields = createFields({ application: 'shop', keys: ring, policy: definePolicy(input) as Policy });
  for (let id = 1; id <= 40; id += 1) {
    const row = { id, shop_id: id % 2, town: id % 4 === 0 ? 'York' : 'Leeds' };
    await insert(server.database, 'visits', fields.sealRow('visits', row));
  }
}, 60_000);
afterAll(async () => {
  ring.close();
  await server.drop();
  rmSync(scratch, { recursive: true, force: true });
});
const config = ['--config', 'safekeep.config.mjs'];

describe('the command line over a ring in PostgreSQL and a root key that is no file', () => {
  it('rolls a key out with a server that holds the ring, and leaves no holder behind', async () => {
    const { key } = JSON.parse(safekeep(['keys', 'stage', ...config, '--json']).stdout) as { key: string };
    expect(await holders()).toHaveLength(1);
    expect(safekeep(['keys', 'activate', key, ...config])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('ERR_KEY_ROLL_OUT'),
    });
    await ring.reload();
    expect(safekeep(['keys', 'activate', key, ...config])).toMatchObject({ status: 0, stderr: '' });
    await ring.reload();
    const { keys } = JSON.parse(safekeep(['keys', 'list', ...config, '--json']).stdout) as {
      keys: { id: string; state: string }[];
    };
    expect(keys.find(({ id }) => id === key)?.state).toBe('active');
    expect(await holders()).toHaveLength(1);
  }, 60_000);

  it('rotates, counts by tenant, and explains', () => {
    const by = safekeep(['rotate', 'status', ...config, '--by-tenant']);
    expect(by.status).toBe(3);
    expect(by.stdout).toMatch(/visits\.sealed {2}of 0\n {2}[0-9a-f]{8} {2}decrypt-only +20\nvisits\.sealed {2}of 1\n/);
    expect(safekeep(['rotate', ...config])).toMatchObject({ status: 0, stderr: '' });
    // Flags win: the ring by flags, from another place, over the same database.
    const flags = ['--root', 'root.key', '--ring-in-database', '--database', '-'];
    expect(safekeep(['keys', 'list', ...flags]).stdout).toContain('active');
    // There is a register of registrations, and nobody has set a queue up.
    expect(safekeep(['rotate', 'queue', ...config]).stderr).toContain('ERR_QUEUE_MISSING');
  }, 60_000);

  it('measures what the index of a column inside of sealed rows would give away', () => {
    const { stdout, stderr, status } = safekeep([
      'keys',
      'leakage',
      ...config,
      '--table',
      'visits',
      '--column',
      'town',
      '--json',
    ]);
    expect(stderr).toContain('ERR_INDEX_LEAKS');
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ leaks: true, measured: { rows: 40, distinctValues: 2 } });
    expect(stdout + stderr).not.toMatch(/York|Leeds/);
  }, 60_000);

  it('backs the ring up under the second key of the module', () => {
    expect(safekeep(['keys', 'backup', ...config, '--backup', 'backup.json'])).toMatchObject({ status: 0, stderr: '' });
    expect(safekeep(['keys', 'restore', '--check', ...config, '--backup', 'backup.json'])).toMatchObject({ status: 0 });
  }, 60_000);

  it.each([
    ['export const other = 1;', 'exports its settings'],
    ['export default { rot: 1 };', 'no setting rot; did you mean root?'],
    ['export default { root: {} };', 'another value for the setting root'],
    ["export default { ring: 'postgres' };", 'another value for the setting ring'],
    ["export default { ring: { path: 'k' }, root: () => ({}) };", 'another value for the setting root'],
  ])('refuses the module %j', async (text, words) => {
    const file = join(scratch, `bad-${Math.floor(Math.random() * 1e9)}.mjs`);
    writeFileSync(file, text);
    const refused = async () => {
      const { root: given } = await loadConfig('keys:list', file);
      await made('keys:list', file, 'root', given ?? {}, 'wrap' as never);
    };
    await expect(refused()).rejects.toThrow(words);
  });

  it('asks for what neither flags nor module say', () => {
    writeFileSync(join(scratch, 'empty.mjs'), 'export default {};');
    expect(safekeep(['keys', 'list', '--config', 'empty.mjs']).stderr).toMatch(/ERR_OPTION_MISSING.*option: root/);
    expect(safekeep(['rotate', '--root', 'root.key', '--ring-in-database']).status).toBe(2);
  });
});
