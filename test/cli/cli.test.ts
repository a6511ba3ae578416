import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LiveColumns } from '../../src/base/ports/database.js';
import { embeddedPostgres } from '../../src/database/index.js';
import { root } from '../house/tree.js';
import { type TestDatabase, testDatabase } from '../services/database.js';

const program = join(root, 'dist/cli/main.js');
const scratch = mkdtempSync(join(tmpdir(), 'safekeep-cli-'));
const safekeep = (args: readonly string[], input = '') => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: scratch,
    encoding: 'utf8',
    input,
  });
  return { status, stdout, stderr };
};
const json = (text: string) => JSON.parse(text) as Record<string, unknown>;

beforeAll(() => {
  if (!existsSync(program)) throw new Error('run first: npm run build');
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('safekeep', () => {
  it('says what it can do', () => {
    const { status, stdout } = safekeep(['--help']);
    expect(status).toBe(0);
    for (const command of ['certs', 'keys', 'policy']) expect(stdout).toContain(command);
  });

  it.each([
    [['cert'], /unknown command 'cert'/],
    [['certs', '--hosts', 'localhost'], /unknown option '--hosts'/],
    [['keys', 'create'], /required option '--root <file>'/],
    [['certs', 'odd'], /too many arguments/],
  ])('does not understand %j, says so on one line and ends with status 2', (args, words) => {
    const { status, stdout, stderr } = safekeep(args);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(words);
    expect(stderr).toMatch(/^safekeep: /);
  });
});

describe('safekeep certs partner', () => {
  it('issues, lists and revokes, and tells the paths of what to hand over', () => {
    const issued = json(
      safekeep(['certs', 'partner', 'issue', 'line_provider', '--days', '30', '-d', 'p', '--json']).stdout,
    );
    expect(existsSync(join(scratch, String(issued['cert'])))).toBe(true);
    expect(statSync(join(scratch, String(issued['key']))).mode & 0o777).toBe(0o600);
    expect(safekeep(['certs', 'partner', 'list', '-d', 'p']).stdout).toMatch(
      /^line_provider +[0-9A-F]{32} {2}good until \d{4}-\d\d-\d\d\n$/,
    );
    expect(safekeep(['certs', 'partner', 'revoke', String(issued['serial']), '-d', 'p']).stdout).toMatch(
      /^Revoked certificate/,
    );
    expect(safekeep(['certs', 'partner', 'list', '--directory', 'p']).stdout).toContain('revoked ');
    for (const args of [
      ['issue', 'Line'],
      ['issue', 'a', '--days', '0'],
      ['revoke', '00'],
      ['list', '-d', 'nowhere'],
    ]) {
      const { status, stderr } = safekeep(['certs', 'partner', ...args]);
      expect(status, args.join(' ')).toBe(1);
      expect(stderr, args.join(' ')).toMatch(/^safekeep: .*ERR_/);
    }
  });
});

describe('safekeep certs', () => {
  it('issues certificates that openssl accepts, with a private key for its owner alone', () => {
    const { status, stdout, stderr } = safekeep([
      'certs',
      '--directory',
      'tls',
      '--host',
      'localhost',
      'shop.test',
      '--json',
    ]);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const made = json(stdout) as { ca: string; cert: string; key: string; issued: boolean };
    expect(made.issued).toBe(true);
    expect(statSync(join(scratch, made.key)).mode & 0o777).toBe(0o600);
    const verified = execFileSync('openssl', ['verify', '-x509_strict', '-CAfile', made.ca, made.cert], {
      cwd: scratch,
    });
    expect(verified.toString()).toContain('OK');
  });

  it('keeps what is still good, and tells a person where it is', () => {
    const { stdout } = safekeep(['certs', '--directory', 'tls', '--host', 'localhost', 'shop.test']);
    expect(stdout).toContain('The certificate for localhost, shop.test is still good.');
    expect(stdout).toMatch(/private key +tls\//);
  });

  it('refuses a host that is none in one line with its code, and ends with status 1', () => {
    const { status, stdout, stderr } = safekeep(['certs', '--host', 'not a host']);
    expect(status).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^safekeep: ERR_OPTION_INVALID: .*\n$/);
    expect(stderr.trimEnd()).not.toContain('\n');
  });

  it('says the same to a program as JSON', () => {
    const { stderr } = safekeep(['certs', '--host', 'not a host', '--json']);
    expect(json(stderr)).toMatchObject({ error: { code: 'ERR_OPTION_INVALID', facts: { option: 'hosts' } } });
  });
});

describe('safekeep keys create', () => {
  const args = ['keys', 'create', '--root', 'root.key', '--ring', 'keys.json'];

  it('makes a root key and a ring that only their owner can read', () => {
    const { status, stdout, stderr } = safekeep([...args, '--json']);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const { keys } = json(stdout) as { keys: { purpose: string; state: string }[] };
    expect(keys.map(({ purpose }) => purpose)).toContain('fields');
    expect(statSync(join(scratch, 'root.key')).mode & 0o777).toBe(0o600);
    expect(statSync(join(scratch, 'root.key')).size).toBe(32);
  });

  it('opens what is there the second time, and makes nothing new', () => {
    const before = json(safekeep([...args, '--json']).stdout);
    expect(json(safekeep([...args, '--json']).stdout)).toEqual(before);
  });

  it('refuses a ring of another root key with its code', () => {
    writeFileSync(join(scratch, 'other.key'), Buffer.alloc(32, 7), { mode: 0o600 });
    const { status, stderr } = safekeep(['keys', 'create', '--root', 'other.key', '--ring', 'keys.json']);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^safekeep: ERR_ROOT_KEY/);
  });
});

describe('safekeep keys epochs', () => {
  const at = ['--root', 'epochs.key', '--ring', 'epochs.json'];

  it('activates a staged key of pseudonyms, destroys what is past retention, and says so', () => {
    safekeep(['keys', 'create', ...at]);
    expect(json(safekeep(['keys', 'epochs', ...at, '--json']).stdout)).toMatchObject({ begun: false, destroyed: [] });
    const { key } = json(safekeep(['keys', 'stage', '--purpose', 'pseudonyms', ...at, '--json']).stdout);
    const turned = json(safekeep(['keys', 'epochs', '--retention-days', '0', ...at, '--json']).stdout);
    expect(turned).toMatchObject({ active: key, begun: true, isWaiting: false });
    expect(turned['destroyed']).toHaveLength(1);
    expect(safekeep(['keys', 'epochs', '--epoch-days', '-1', ...at])).toMatchObject({ status: 2 });
  });
});

describe('safekeep keys backup and restore', () => {
  const at = ['--backup', 'backup.json', '--recovery', 'recovery.key', '--root', 'first.key', '--ring', 'first.json'];
  const restored = [...at.slice(0, 4), '--root', 'second.key', '--ring', 'second.json'];

  it('backs a ring up, drills the restore, and restores it under a new root key', () => {
    const made = json(safekeep(['keys', 'create', ...at.slice(4), '--json']).stdout);
    const backup = safekeep(['keys', 'backup', ...at]);
    expect(backup.stderr).toBe('');
    expect(backup.stdout).toContain('holds 4 keys and opens under recovery.key');
    expect(json(safekeep(['keys', 'restore', '--check', ...at, '--json']).stdout)).toMatchObject({ keys: 4, moved: 0 });
    const again = safekeep(['keys', 'restore', ...restored, '--json']);
    expect(again.stderr).toBe('');
    expect(json(again.stdout)['keys']).toEqual(made['keys']);
    expect(statSync(join(scratch, 'second.key')).mode & 0o777).toBe(0o600);
  });

  it('replaces no ring, and fails the drill for a backup of another one', () => {
    expect(safekeep(['keys', 'restore', ...restored])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^safekeep: ERR_KEY_RING_EXISTS/) as string,
    });
    safekeep(['keys', 'create', '--root', 'third.key', '--ring', 'third.json']);
    const other = [...at.slice(0, 4), '--root', 'third.key', '--ring', 'third.json'];
    expect(safekeep(['keys', 'restore', '--check', ...other])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^safekeep: ERR_KEY_BACKUP/) as string,
    });
  });
});

describe('safekeep policy draft', () => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await testDatabase();
    for (const sql of [
      `create table customers (id text primary key, full_name text, email text, email_index text, phone varchar(20),
        date_of_birth date, card text, password text, remarks text, last_login_ip inet, created_at timestamptz)`,
      'create table products (id serial primary key, name text, description text, price_cents int)',
      'create table order_lines (order_id text, line int, sku text, quantity int, primary key (order_id, line))',
      'create table visits (visitor_id text, user_agent text, seen_at timestamptz)',
      `create table "Odd ' Names" ("Full Name" text, "e-mail" text, email text)`,
    ]) {
      await test.database.query(sql);
    }
  });
  afterAll(async () => {
    await test.drop();
  });

  it('prints a policy that compiles, says what is sure, and marks what is not', () => {
    const { status, stdout, stderr } = safekeep(
      ['policy', 'draft', '--database', '-', '--application', 'larkspur'],
      test.url,
    );
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toContain(`application: 'larkspur'`);
    expect(stdout).toContain(`full_name: { is: 'name', for: ['account'] },`);
    expect(stdout).toContain(`email: { is: 'email', for: ['account'], index: 'email' },`);
    expect(stdout).toMatch(/DECIDE: what is it\?[^\n]*\n +remarks: \{ is: 'message', for: \[\] \},/);
    expect(stdout).toMatch(/DECIDE: a hash\?[^\n]*\n +password: 'password_hash',/);
    expect(stdout).toContain(`products: 'not personal',`);
    expect(stdout).toContain(`created_at: 'not personal',`);
    expect(errorsOf(stdout)).toEqual([]);
  });

  it('lists for a program what is left to decide', () => {
    const { undecided } = json(safekeep(['policy', 'draft', '--database', '-', '--json'], test.url).stdout) as {
      undecided: string[];
    };
    expect(undecided).toEqual(
      expect.arrayContaining(['purposes', 'customers.password', 'customers.remarks', 'visits']),
    );
    expect(undecided).not.toContain('customers.full_name');
  });

  it('prints a policy that the same database passes, once it has no odd names and every row is identified', async () => {
    await test.database.query(`drop table "Odd ' Names", visits`);
    const { stdout } = safekeep(['policy', 'draft', '--database', '-'], test.url);
    const file = join(root, '.build', `draft-${process.pid}.mjs`);
    writeFileSync(file, stdout.replace(/'safekeep\/policy'/, JSON.stringify(join(root, 'dist/policy/index.js'))));
    try {
      const { policy } = (await import(file)) as { policy: { assertSchema(live: LiveColumns): void } };
      const live = await test.database.columns();
      expect(() => policy.assertSchema(live)).not.toThrow();
      expect(() => policy.assertSchema(new Map(live).set('late', []))).toThrow(
        expect.objectContaining({ code: 'ERR_SCHEMA_DRIFT' }),
      );
    } finally {
      rmSync(file);
    }
  });

  it('warns of a password on the command line', () => {
    const { stderr } = safekeep(['policy', 'draft', '--database', 'postgres://ada:planted@127.0.0.1:1/shop']);
    expect(stderr).toContain(`'--database -' reads the URL from the standard input`);
    expect(stderr).not.toContain('planted');
  });

  it('reads an embedded database, and makes none where there is none', async () => {
    const directory = join(scratch, 'embedded');
    const database = await embeddedPostgres({ directory });
    await database.query('create table customers (id text primary key, email text)');
    await database.close();
    expect(safekeep(['policy', 'draft', '--embedded', 'embedded']).stdout).toContain(`email: { is: 'email'`);
    const { status, stderr } = safekeep(['policy', 'draft', '--embedded', 'embeded']);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^safekeep: ERR_OPTION_INVALID: /);
    expect(existsSync(join(scratch, 'embeded'))).toBe(false);
  });

  it('asks for a database, and for one only', () => {
    expect(safekeep(['policy', 'draft'])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/ERR_OPTION_MISSING/),
    });
    expect(safekeep(['policy', 'draft', '--database', '-', '--embedded', 'x']).status).toBe(2);
  });

  it('says in one line with a code that a database does not answer', () => {
    const { status, stderr, stdout } = safekeep(['policy', 'draft', '--database', 'postgres://127.0.0.1:1/shop']);
    expect(status).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^safekeep: ERR_DATABASE_UNAVAILABLE: [^\n]*\n$/);
  });
});

/** What the compiler says of a module that imports the package. */
function errorsOf(text: string): string[] {
  const file = join(root, 'test/cli/draft.virtual.ts');
  const { config } = ts.readConfigFile(join(root, 'test/tsconfig.json'), ts.sys.readFile) as {
    config: { compilerOptions: object };
  };
  const { options } = ts.convertCompilerOptionsFromJson(
    {
      ...(json(ts.sys.readFile(join(root, 'tsconfig.json')) ?? '{}')['compilerOptions'] as object),
      ...config.compilerOptions,
    },
    join(root, 'test'),
  );
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (path) => path === file || fileExists(path);
  host.getSourceFile = (path, ...rest) =>
    path === file ? ts.createSourceFile(path, text, ts.ScriptTarget.ES2023) : getSourceFile.call(host, path, ...rest);
  const program = ts.createProgram([file], options, host);
  const source = program.getSourceFile(file);
  const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
  return found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}
