import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { issueDevelopmentCertificates } from '../../src/certificates/index.js';
import { fileRootKey, openKeyRing } from '../../src/keys/index.js';
import { type TestDatabase, testDatabase } from '../services/database.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const [server = '', policy = ''] = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code ?? '');
// Below the package, so that `safekeep` resolves to the built package by its own name.
const project = join(root, '.build/quick-start');

let test: TestDatabase;
let home: string;
let port: number;
let child: ChildProcess;
let output = '';

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

function ask(path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port,
      path,
      ca: readFileSync(join(home, 'ca.pem')),
      servername: 'shop.example',
    };
    get({ ...options, headers: { host: 'shop.example' } }, (res) => {
      let body = '';
      res.setEncoding('utf8').on('data', (part: string) => {
        body += part;
      });
      res.once('end', () => resolve({ status: res.statusCode ?? 0, body }));
    }).once('error', reject);
  });
}

beforeAll(async () => {
  test = await testDatabase();
  await test.database.query(`create table customers (id text primary key, email text, email_index text unique,
    phone text, card text, password text not null, created_at timestamptz not null default now())`);
  await test.database.query('create table products (id text primary key)');
  home = mkdtempSync(join(tmpdir(), 'safekeep-quick-start-'));
  const keys = await openKeyRing({
    root: fileRootKey(join(home, 'root.key'), { create: true }),
    path: join(home, 'keys.json'),
    create: true,
  });
  keys.close();
  const issued = await issueDevelopmentCertificates({ directory: home, hosts: ['shop.example'] });
  for (const [name, path] of [
    ['ca.pem', issued.ca],
    ['tls.crt', issued.cert],
    ['tls.key', issued.key],
  ] as const) {
    writeFileSync(join(home, name), readFileSync(path), { mode: 0o600 });
  }
  port = await freePort();
  rmSync(project, { recursive: true, force: true });
  mkdirSync(project, { recursive: true });
  // The only edits: where this machine's database is, and a port that needs no privilege.
  writeFileSync(
    join(project, 'server.ts'),
    server.replace('postgres://127.0.0.1/shop', test.url).replace('port: 443', `port: ${port}`),
  );
  writeFileSync(join(project, 'policy.ts'), policy);
  const compiler = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')) as { compilerOptions: object };
  const compilerOptions = {
    ...compiler.compilerOptions,
    rootDir: '.',
    outDir: 'out',
    declaration: false,
    isolatedDeclarations: false,
  };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', project], {
    encoding: 'utf8',
    stdio: 'pipe',
  });
  child = spawn(process.execPath, [join(project, 'out/server.js')], { cwd: home });
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (part: Buffer) => {
      output += part.toString();
    });
  await vi.waitFor(
    async () => {
      expect(child.exitCode, output).toBeNull();
      await ask('/forgot');
    },
    { timeout: 30_000 },
  );
});
afterAll(async () => {
  child?.kill('SIGKILL');
  await test?.drop();
  if (home !== undefined) rmSync(home, { recursive: true, force: true });
});

describe('the quick start of the README', () => {
  it('compiles and serves over TLS as it stands', async () => {
    expect((await ask('/forgot')).status).toBe(200);
  });

  it('lets nobody see an account who is not signed in', async () => {
    expect((await ask('/account')).status).toBe(401);
  });

  it('logs one redacted line per response', async () => {
    await ask('/account?token=abc');
    await vi.waitFor(() => expect(output).toContain('"route":"/account"'));
    expect(output).not.toContain('abc');
  });
});
