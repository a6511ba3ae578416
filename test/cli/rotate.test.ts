import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFields } from '../../src/fields/index.js';
import { fileRootKey, openKeyRing } from '../../src/keys/index.js';
import { definePolicy, type Policy } from '../../src/policy/index.js';
import { root } from '../house/tree.js';
import { insert } from '../rotation/shop.js';
import { type TestDatabase, testDatabase } from '../services/database.js';

const input = {
  application: 'shop',
  purposes: { account: 'contract' },
  tables: { customers: { row: 'id', columns: { email: { is: 'email', for: ['account'], index: 'email' } } } },
} as const;
const scratch = mkdtempSync(join(tmpdir(), 'safekeep-rotate-'));
let server: TestDatabase;
let [oldId, newId] = ['', ''];

beforeAll(async () => {
  server = await testDatabase();
  await server.database.query('create table customers (id int primary key, email text, email_index text)');
  const module = JSON.stringify(pathToFileURL(join(root, 'dist/policy/index.js')).href);
  writeFileSync(
    join(scratch, 'policy.mjs'),
    `import { definePolicy } from ${module};\nexport const policy = definePolicy(${JSON.stringify(input)});\n`,
  );
  writeFileSync(join(scratch, 'empty.mjs'), 'export const policies = [];\n');
  const keys = await openKeyRing({
    root: fileRootKey(join(scratch, 'root.key'), { create: true }),
    path: join(scratch, 'keys.json'),
    create: true,
  });
  const fields = createFields({ application: 'shop', keys, policy: definePolicy(input) as Policy });
  for (let id = 1; id <= 60; id += 1) {
    await insert(server.database, 'customers', fields.sealRow('customers', { id, email: `c${id}@example.com` }));
  }
  oldId = keys.active('fields').id.toString(16).padStart(8, '0');
  const { id } = await keys.stage('fields');
  await keys.activate(id);
  newId = id.toString(16).padStart(8, '0');
  keys.close();
});
afterAll(async () => {
  await server.drop();
  rmSync(scratch, { recursive: true, force: true });
});

const program = join(root, 'dist/cli/main.js');
const options = (policy = 'policy.mjs') => [
  '--policy',
  policy,
  '--root',
  'root.key',
  '--ring',
  'keys.json',
  '--database',
  '-',
];
const safekeep = (args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: scratch,
    encoding: 'utf8',
    input: server.url,
  });
  return { status, stdout, stderr };
};

describe('safekeep rotate', () => {
  it('counts before: which key holds how much, with status 3 while something is left', () => {
    const { status, stdout, stderr } = safekeep(['rotate', 'status', ...options()]);
    expect(stderr).toBe('');
    expect(stdout).toBe(`customers.email\n  ${oldId}  decrypt-only               60\n60 values are left to rotate.\n`);
    expect(status).toBe(3);
  });

  it('stops between two batches when it is told to, and says how it goes on', async () => {
    const child = spawn(
      process.execPath,
      [program, 'rotate', ...options(), '--batch-rows', '5', '--rows-per-second', '5', '--json'],
      { cwd: scratch },
    );
    child.stdin.end(server.url);
    const { signal, ended, output } = started(child);
    // Written rows are the sign that it runs: a signal to a process that starts would only end it.
    await expect
      .poll(
        () => server.database.one('select count(*)::int as n from customers where email like $1', [`${prefix()}%`]),
        {
          timeout: 15_000,
        },
      )
      .toMatchObject({ n: 5 });
    signal('SIGINT');
    expect(await ended).toBe(3);
    const report = JSON.parse(output()) as { complete: boolean; left: number };
    expect(report.complete).toBe(false);
    expect(report.left).toBeGreaterThan(0);
  });

  it('moves everything, and prints the same for a person and a program', () => {
    const { status, stdout, stderr } = safekeep(['rotate', ...options()]);
    expect(stderr).toBe('');
    expect(stdout).toMatch(
      new RegExp(`^Everything is under the key ${newId}\\.\n  customers: \\d+ of 60 rows written, 0 values left\n$`),
    );
    expect(status).toBe(0);
    expect(JSON.parse(safekeep(['rotate', ...options(), '--json']).stdout)).toMatchObject({
      activeKeyId: newId,
      changed: 0,
      left: 0,
      complete: true,
    });
  });

  it('counts after, as JSON too', () => {
    expect(JSON.parse(safekeep(['rotate', 'status', ...options(), '--json']).stdout)).toEqual({
      activeKeyId: newId,
      left: 0,
      columns: [
        {
          table: 'customers',
          column: 'email',
          keys: [{ key: newId, state: 'active', suite: 1, rows: 60 }],
          unsealed: 0,
          nulls: 0,
        },
      ],
    });
  });

  it('ends with status 3 when values do not open, and says how many', async () => {
    await server.database.query(`update customers set email = $1 where id = 7`, [
      `sf1.${Buffer.concat([Buffer.from('c101000000ff', 'hex'), Buffer.alloc(104)]).toString('base64url')}`,
    ]);
    const { status, stdout } = safekeep(['rotate', ...options()]);
    expect(status).toBe(3);
    expect(stdout).toContain('customers.email: 1 values do not open (ERR_KEY_UNKNOWN)');
    await server.database.query('delete from customers where id = 7');
  });

  it('takes the old key out: proved unused, suspended, destroyed with its proof and not without', () => {
    const ring = ['--root', 'root.key', '--ring', 'keys.json'];
    const { status, stdout, stderr } = safekeep(['keys', 'prove', oldId, ...options()]);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      keyId: Number.parseInt(oldId, 16),
      places: ['email', '*'].map((column) => ({ table: 'customers', column, rows: 0 })),
    });
    writeFileSync(join(scratch, 'proof.json'), stdout);
    const destroying = ['keys', 'destroy', oldId, ...ring, '--backup-horizon-days', '0'];
    expect(safekeep(destroying)).toMatchObject({ status: 2, stderr: expect.stringContaining('--proof') });
    expect(safekeep([...destroying, '--proof', 'proof.json'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('ERR_KEY_STATE'),
    });
    expect(safekeep(['keys', 'suspend', oldId, ...ring]).stdout).toContain('is suspended');
    expect(safekeep(['keys', 'resume', oldId, ...ring]).stdout).toContain('opens values again');
    expect(JSON.parse(safekeep(['keys', 'suspend', oldId, ...ring, '--json']).stdout)).toEqual({
      key: oldId,
      state: 'suspended',
    });
    expect(safekeep([...destroying, '--proof', 'policy.mjs'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('ERR_OPTION_INVALID'),
    });
    expect(safekeep(['keys', 'destroy', oldId, ...ring, '--proof', 'proof.json'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('ERR_KEY_PROOF'),
    });
    const destroyed = safekeep([...destroying, '--proof', 'proof.json']);
    expect(destroyed.stderr).toBe('');
    expect(destroyed.stdout).toContain('customers.email: 0 rows');
    expect(safekeep(['keys', 'resume', oldId, ...ring])).toMatchObject({ status: 1 });
  });

  it('takes an index key out: counted, computed anew, proved unused, and destroyed with its proof', () => {
    const ring = ['--root', 'root.key', '--ring', 'keys.json'];
    const listed = JSON.parse(safekeep(['keys', 'list', ...ring, '--json']).stdout) as Listed;
    const old = listed.keys.find(({ purpose }) => purpose === 'index')?.id as string;
    const staged = JSON.parse(safekeep(['keys', 'stage', '--purpose', 'index', ...ring, '--json']).stdout) as {
      key: string;
    };
    expect(safekeep(['keys', 'activate', staged.key, ...ring]).status).toBe(0);
    const hint = 'An older index key is still in use: --indexes opens the rows and counts what it made.';
    expect(safekeep(['rotate', 'status', ...options()])).toMatchObject({
      status: 0,
      stdout: expect.stringContaining(hint),
    });
    expect(safekeep(['rotate', 'status', ...options(), '--indexes'])).toMatchObject({
      status: 3,
      stdout: expect.stringMatching(
        new RegExp(`customers\\.email_index\\n  ${old}  decrypt-only +59\\n.*\\n59 indexes are left to rotate\\.\\n$`),
      ),
    });
    expect(safekeep(['rotate', ...options(), '--no-indexes']).stdout).not.toContain('indexes');
    expect(safekeep(['rotate', ...options()])).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('customers, indexes: 59 of 59 rows written'),
    });
    const { stdout, status } = safekeep(['keys', 'prove', old, ...options()]);
    expect(status).toBe(0);
    writeFileSync(join(scratch, 'index-proof.json'), stdout);
    safekeep(['keys', 'suspend', old, ...ring]);
    const destroying = ['keys', 'destroy', old, ...ring, '--backup-horizon-days', '0', '--proof', 'index-proof.json'];
    expect(safekeep(destroying)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('customers.email_index: 0 rows'),
    });
  });

  it('does not prove a key that seals, and does not understand an id that is none', () => {
    expect(safekeep(['keys', 'prove', newId, ...options()])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('ERR_KEY_STATE'),
    });
    expect(safekeep(['keys', 'prove', 'first', ...options()]).status).toBe(2);
  });

  it.each([
    ['a policy that is not there', 'missing.mjs', 'a file that exists'],
    ['a policy that is not compiled', 'keys.json', 'compiled JavaScript'],
    ['a module without a policy', 'empty.mjs', 'a module that exports a policy'],
  ])('refuses %s in one line', (_, file, words) => {
    const { status, stderr } = safekeep(['rotate', ...options(file)]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^safekeep: ERR_OPTION_INVALID: [^\n]*\n$/);
    expect(stderr).toContain(words);
  });

  it('does not understand a rate that is none', () => {
    expect(safekeep(['rotate', ...options(), '--rows-per-second', 'fast']).status).toBe(2);
    expect(safekeep(['rotate', '--policy', 'policy.mjs']).status).toBe(2);
  });
});

interface Listed {
  readonly keys: readonly { readonly id: string; readonly purpose: string }[];
}

function prefix(): string {
  const header = Buffer.concat([Buffer.from([0xc1, 1]), Buffer.from(newId, 'hex')]);
  return `sf1.${header.toString('base64url')}`.replaceAll('_', '\\_');
}

function started(child: ReturnType<typeof spawn>) {
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { signal: (name: NodeJS.Signals) => child.kill(name), ended, output: () => text };
}
