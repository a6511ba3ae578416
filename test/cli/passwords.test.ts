import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileRootKey, openKeyRing } from '../../src/keys/index.js';
import { createPasswords } from '../../src/passwords/index.js';
import { root } from '../house/tree.js';
import { type TestDatabase, testDatabase } from '../services/database.js';

const input = {
  application: 'shop',
  purposes: { account: 'contract' },
  tables: {
    customers: { row: 'id', columns: { email: { is: 'email', for: ['account'] }, password: 'password_hash' } },
  },
} as const;
const scratch = mkdtempSync(join(tmpdir(), 'safekeep-wrap-'));
const password = 'salt marsh at low tide';
// PHP 8.2, password_hash; passlib 1.7.4, phpass.
const bcrypt = '$2y$05$enT0LXXYxNySCUJzgwwBm.M7vArxubyVAQcK0kzrTMfIvVmseKdxm';
const phpass = '$P$6Rbqh9xj10xyVEA95djXE5eQwMOW96/';
let server: TestDatabase;

beforeAll(async () => {
  server = await testDatabase();
  await server.database.query('create table customers (id int primary key, email text, password text)');
  const module = JSON.stringify(pathToFileURL(join(root, 'dist/policy/index.js')).href);
  writeFileSync(
    join(scratch, 'policy.mjs'),
    `import { definePolicy } from ${module};\nexport const policy = definePolicy(${JSON.stringify(input)});\n`,
  );
  const keys = await openKeyRing({
    root: fileRootKey(join(scratch, 'root.key'), { create: true }),
    path: join(scratch, 'keys.json'),
    create: true,
  });
  keys.close();
  for (let id = 1; id <= 6; id += 1) {
    await server.database.query('insert into customers (id, password) values ($1, $2)', [id, id % 2 ? bcrypt : phpass]);
  }
});
afterAll(async () => {
  await server.drop();
  rmSync(scratch, { recursive: true, force: true });
});

const wrap = (...args: readonly string[]) => {
  const files = ['--policy', 'policy.mjs', '--root', 'root.key', '--ring', 'keys.json', '--database', '-'];
  const all = [join(root, 'dist/cli/main.js'), 'passwords', 'wrap', ...files, ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, all, {
    cwd: scratch,
    encoding: 'utf8',
    input: server.url,
  });
  return { status, stdout, stderr };
};
const reason = ['--dangerously-accept-unsealed', 'moved over from the old shop'];

describe('safekeep passwords wrap', () => {
  it('says what it left and why, with status 3', () => {
    const { status, stdout, stderr } = wrap('--legacy', 'phpass:8');
    expect(stderr).toBe('');
    expect(stdout).toBe('customers.password: 0 of 6 hashes written\n  6 are left as they are: ERR_NOT_SEALED\n');
    expect(status).toBe(3);
    expect(wrap(...reason).stdout).toMatch(/3 are left as they are: undeclared \(phpass\)/);
    expect(JSON.parse(wrap('--legacy', 'phpass:7', '--json', ...reason).stdout)).toEqual({
      column: 'customers.password',
      ...{ rows: 6, seen: 6, changed: 0, lost: 0, complete: true },
      left: [
        { because: 'undeclared', part: 'bcrypt', rows: 3 },
        { because: 'bounds', part: 'rounds', rows: 3 },
      ],
    });
  });

  it('wraps the rest, and is done when it is run again', async () => {
    expect(wrap('--legacy', 'bcrypt', 'phpass', ...reason)).toEqual({
      status: 0,
      stdout: 'customers.password: 6 of 6 hashes written\n',
      stderr: '',
    });
    expect(JSON.parse(wrap('--legacy', 'bcrypt', 'phpass', '--json').stdout)).toMatchObject({ changed: 0, left: [] });
    const keys = await openKeyRing({ root: fileRootKey(join(scratch, 'root.key')), path: join(scratch, 'keys.json') });
    const place = { application: 'shop', table: 'customers', column: 'password' };
    const passwords = createPasswords({ keys, place, legacy: ['bcrypt', 'phpass'] });
    for (const { id, stored } of await server.database.query<{ id: number; stored: string }>(
      'select id, password as stored from customers where id < 3',
    )) {
      expect(await passwords.verify(stored, password, { account: String(id) })).not.toBeNull();
    }
    keys.close();
  });

  it.each([
    [2, 'no scheme', ['--legacy', 'bcrypt:1:2']],
    [1, 'ERR_OPTION_INVALID', ['--legacy', 'des']],
    [1, 'ERR_OPTION_INVALID', ['--legacy', 'bcrypt', '--table', 'orders']],
  ])('ends with status %i and one line (%s) for %j', (expected, words, args) => {
    const { status, stderr } = wrap(...args);
    expect(status).toBe(expected);
    expect(stderr).toContain(words);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});
