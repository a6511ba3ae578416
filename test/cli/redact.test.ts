import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apart } from '../../src/cli/redact/read-blocks.js';
import { root } from '../house/tree.js';

const program = join(root, 'dist/cli/main.js');
const scratch = mkdtempSync(join(tmpdir(), 'safekeep-cli-redact-'));
const safekeep = (args: readonly string[], input = '') => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, 'redact', ...args], {
    cwd: scratch,
    encoding: 'utf8',
    input,
    maxBuffer: 2 ** 28,
  });
  return { status, stdout, stderr };
};
const key = `-----BEGIN PRIVATE KEY-----\n${`${'MIIFake'.repeat(9)}\n`.repeat(20)}-----END PRIVATE KEY-----\n`;

beforeAll(() => {
  if (!existsSync(program)) throw new Error('run first: npm run build');
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('safekeep redact', () => {
  it('redacts the standard input and leaves clean lines byte for byte', () => {
    expect(safekeep([], 'é GET /items/17 200\r\nmail ada@example.com\nno end')).toEqual({
      status: 0,
      stdout: 'é GET /items/17 200\r\nmail ***@example.com\nno end',
      stderr: '',
    });
  });

  it('lets keys decide in lines of JSON, and says why without the value', () => {
    const lines = '{"user":{"new_password":["hunter2"]},"id":12345678901234567890}\nplain +1 415 555 0132\n';
    const { status, stdout, stderr } = safekeep(['--json', '--explain'], lines);
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: '{"user":{"new_password":"[password]"},"id":12345678901234567890}\nplain [phone 32]\n',
    });
    expect(
      stderr
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { line: 1, path: 'user.new_password', type: 'password', rule: 'key/password' },
      { line: 2, start: 6, end: 21, type: 'phone', rule: 'value/phone' },
      { lines: 2, touched: 2, findings: 2, cutLines: 0, types: { password: 1, phone: 1 } },
    ]);
    expect(stderr).not.toMatch(/hunter2|555/);
    expect(safekeep(['--explain'], 'to ada@example.com\n').stderr).toBe(
      'line 1, characters 3 to 18: email (value/email)\n1 found in 1 of 1 lines.\n  email  1\n',
    );
  });

  it('answers a pipeline that checks: status 3 and no line when there is something', () => {
    expect(safekeep(['--check'], 'a\nto ada@example.com\n')).toEqual({
      status: 3,
      stdout: '1 found in 1 of 2 lines.\n  email  1\n',
      stderr: '',
    });
    expect(safekeep(['--check', '--json'], '{"a":1}\n')).toMatchObject({
      status: 0,
      stdout: '{"lines":1,"touched":0,"findings":0,"cutLines":0,"types":{}}\n',
    });
  });

  it('gives the same output from several workers as from one, in order', () => {
    const lines = Array.from(
      { length: 16_000 },
      (_, at) => `${at} mail a${at}@example.com from 203.0.113.${at % 256}\n`,
    );
    for (let at = 1000; at < lines.length; at += 500) lines[at] = key;
    writeFileSync(join(scratch, 'large.log'), lines.join(''));
    const one = safekeep(['large.log', '--workers', '1', '--explain']);
    const four = safekeep(['large.log', '--workers', '4', '--explain']);
    expect(one.status).toBe(0);
    expect(one.stdout).not.toMatch(/a\d+@|MIIFake/);
    expect(one.stdout.split('\n')[15_001]).toContain('***@example.com from 203.0.113.0/24');
    expect(four.stdout === one.stdout).toBe(true);
    expect(four.stderr === one.stderr).toBe(true);
  });

  it('never ends a block inside a private key', async () => {
    const text = Buffer.from(`a\n${key}b\nx: ${key}`);
    async function* blocks() {
      for (const line of text.toString().match(/.*\n/g) ?? []) yield Buffer.from(line);
    }
    const parts: string[] = [];
    for await (const part of apart(blocks())) parts.push(part.toString());
    expect(parts.join('')).toBe(text.toString());
    for (const part of parts) expect(part.includes('BEGIN')).toBe(part.includes('END '));
  });

  it('goes by the policy, also in threads', () => {
    const policy = join(root, '.build/examples/policy.js');
    const words = safekeep(['--policy', policy, '--json', '--workers', '2'], '{"email":"ada@example.com"}\n');
    expect(words).toMatchObject({ status: 0, stderr: '' });
    expect(words.stdout).not.toContain('ada@');
  });

  it('prints a line as soon as its end is there, and stops when nobody reads on', async () => {
    const child = spawn(process.execPath, [program, 'redact'], { stdio: ['pipe', 'pipe', 'pipe'] });
    child.stdin.write('to ada@example.com\nrest');
    const [first] = (await once(child.stdout, 'data')) as [Buffer];
    expect(first.toString()).toBe('to ***@example.com\n');
    child.stdout.destroy();
    let errors = '';
    child.stderr.on('data', (part: Buffer) => {
      errors += part.toString();
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(`${'x\n'.repeat(100_000)}`);
    const [status] = (await once(child, 'exit')) as [number];
    expect({ status, errors }).toEqual({ status: 0, errors: '' });
  });

  it.each([
    [['missing.log'], 1, /ERR_OPTION_INVALID.*missing\.log.*ENOENT/],
    [['--policy', 'missing.js'], 1, /ERR_OPTION_INVALID.*missing\.js/],
    [['--workers', '0'], 2, /from 1 to 64/],
  ])('refuses %j in one line', (args, status, words) => {
    const answer = safekeep(args, 'to ada@example.com\n');
    expect(answer).toMatchObject({ status, stdout: '' });
    expect(answer.stderr).toMatch(words);
  });
});
