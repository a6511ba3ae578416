import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileRootKey, openKeyRing } from '../../src/keys/index.js';
import { root } from '../house/tree.js';
import { type TestDatabase, testDatabase } from '../services/database.js';

const input = {
  application: 'shop',
  purposes: { account: 'contract' },
  tables: {
    customers: {
      row: 'id',
      columns: {
        email: { is: 'email', for: ['account'], importedFrom: { column: 'email_plain', until: '9999-12-31' } },
        shop: 'not personal',
      },
    },
    notes: {
      row: 'id',
      columns: { note: { is: 'message', for: ['account'], importedFrom: { column: 'note', until: '9999-12-31' } } },
    },
  },
};
const scratch = mkdtempSync(join(tmpdir(), 'safekeep-import-'));
let server: TestDatabase;

beforeAll(async () => {
  server = await testDatabase();
  await server.database.query(
    `create table customers (id int primary key, email_plain text, email text, shop text not null default 'n')`,
  );
  await server.database.query('create table notes (id int primary key, note text)');
  await server.database.query(
    `insert into customers select n, 'c' || n || '@example.com' from generate_series(1, 60) n`,
  );
  await server.database.query(`insert into notes values (1, 'tsal')`);
  const module = JSON.stringify(pathToFileURL(join(root, 'dist/policy/index.js')).href);
  writeFileSync(
    join(scratch, 'policy.mjs'),
    `import { definePolicy } from ${module};\nexport const policy = definePolicy(${JSON.stringify(input)});\n`,
  );
  writeFileSync(
    join(scratch, 'readers.mjs'),
    `export const readers = { 'notes.note': { name: 'backwards', read: (text) => [...text].reverse().join('') } };\n`,
  );
  writeFileSync(join(scratch, 'none.mjs'), 'export const readers = {};\n');
  const keys = await openKeyRing({
    root: fileRootKey(join(scratch, 'root.key'), { create: true }),
    path: join(scratch, 'keys.json'),
    create: true,
  });
  keys.close();
});
afterAll(async () => {
  await server.drop();
  rmSync(scratch, { recursive: true, force: true });
});

function safekeep(...args: readonly string[]): Promise<{ status: number | null; out: string; err: string }> {
  const common = ['--policy', 'policy.mjs', '--root', 'root.key', '--ring', 'keys.json', '--database', '-'];
  const child = spawn(process.execPath, [join(root, 'dist/cli/main.js'), 'import', ...args, ...common], {
    cwd: scratch,
  });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    out += part;
  });
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    err += part;
  });
  child.stdin.end(server.url);
  return new Promise((resolve) => child.once('close', (status) => resolve({ status, out, err })));
}

describe('safekeep import', () => {
  it('seals, verifies, confirms and lists what is left, with a status for each step', async () => {
    const customers = ['--table', 'customers', '--json'];
    expect(await safekeep('status', '--table', 'customers')).toMatchObject({
      status: 3,
      err: '',
      out: expect.stringContaining('customers.email from email_plain: none, until 9999-12-31'),
    });
    expect(await safekeep('--table', 'customers')).toMatchObject({
      status: 0,
      err: '',
      out: expect.stringContaining('customers: 60 of 60 rows written, 0 plaintexts wait, 0 duplicates'),
    });
    const verified = await safekeep('verify', ...customers);
    expect([verified.status, JSON.parse(verified.out)]).toEqual([
      0,
      expect.objectContaining({ verified: true, columns: [expect.objectContaining({ equal: 60, differs: 0 })] }),
    ]);
    const confirmed = await safekeep('confirm', '--erase', 'drop', ...customers);
    expect([confirmed.status, JSON.parse(confirmed.out).confirmed]).toEqual([0, true]);
    const residue = await safekeep('residue', '--clean', 'full', '--backup-horizon-days', '7', ...customers);
    const places: { kind: string; state: string }[] = JSON.parse(residue.out).residues;
    expect(places.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['backups', 'write-ahead log']));
    expect(places.filter(({ kind }) => ['rows', 'dead rows', 'old pages', 'statistics'].includes(kind))).toEqual([]);
  });

  it('takes readers from a module, and refuses one that has none', async () => {
    const [sealed, refused] = await Promise.all([
      safekeep('--table', 'notes', '--readers', 'readers.mjs', '--json'),
      safekeep('--table', 'notes', '--readers', 'none.mjs', '--json'),
    ]);
    expect([sealed.status, JSON.parse(sealed.out)]).toEqual([0, expect.objectContaining({ changed: 1, left: 0 })]);
    expect([refused.status, JSON.parse(refused.err).error.code]).toEqual([1, 'ERR_OPTION_INVALID']);
  });

  it('refuses a command line that it does not understand', async () => {
    const answers = await Promise.all([safekeep('confirm'), safekeep('--tenant', 'customers=id')]);
    expect(answers.map(({ status }) => status)).toEqual([2, 2]);
  });
});
