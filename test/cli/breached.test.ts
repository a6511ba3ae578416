import { spawnSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HiddenInput, readHidden } from '../../src/cli/read-hidden.js';
import { root } from '../house/tree.js';

const program = join(root, 'dist/cli/main.js');
const scratch = mkdtempSync(join(tmpdir(), 'safekeep-cli-breached-'));
const safekeep = (args: readonly string[], input = '') => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, 'breached', ...args], {
    cwd: scratch,
    encoding: 'utf8',
    input,
  });
  return { status, stdout, stderr };
};
const list = `${hash('sha1', 'dragonfly pond').toUpperCase()}:9\r\n${hash('sha1', 'seldom used')}:2\r\n`;

beforeAll(() => {
  if (!existsSync(program)) throw new Error('run first: npm run build');
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('safekeep breached', () => {
  it('builds a list from a file, prints the rate of false alarms, and asks it', () => {
    writeFileSync(join(scratch, 'hashes.txt'), list);
    const built = safekeep(['build', 'hashes.txt', '--output', 'list.skb', '--min-count', '5']);
    expect(built).toMatchObject({ status: 0, stderr: '' });
    expect(built.stdout).toContain('1 in 65,536 passwords that are not listed');
    expect(safekeep(['check', 'list.skb'], 'dragonfly pond\n')).toMatchObject({
      status: 3,
      stdout: 'This password is in the list: do not use it.\n',
      stderr: '',
    });
    expect(safekeep(['check', 'list.skb', '--disk', '--json'], 'seldom used')).toMatchObject({
      status: 0,
      stdout: '{"verdict":"unlisted"}\n',
    });
    expect(JSON.parse(safekeep(['info', 'list.skb', '--json']).stdout)).toEqual({
      entries: 1,
      minCount: 5,
      falsePositiveRate: 2 ** -16,
      fileBytes: 88,
    });
  });

  it('builds a list from the standard input, as JSON', () => {
    const { status, stdout } = safekeep(['build', '--output', 'piped.skb', '--bits', '8', '--json'], list);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ hashes: 2, entries: 2, bits: 8, falsePositiveRate: 1 / 256 });
  });

  it('knows the list that comes along', () => {
    expect(safekeep(['info']).stdout).toContain('49,233');
  });

  it.each([
    [['build', 'missing.txt', '--output', 'x'], '', 1, /ERR_BREACHED_FILE.*missing.txt.*ENOENT/],
    [['build', '--output', 'x'], 'rubbish', 1, /ERR_BREACHED_INPUT.*line: 1/],
    [['check', 'missing.skb'], 'x', 1, /ERR_BREACHED_FILE.*ENOENT/],
    [['build', '--output', 'x', '--bits', '12'], list, 2, /8 or 16/],
    [['check', 'list.skb', 'dragonfly pond'], '', 2, /too many arguments/],
  ])('refuses %j in one line', (args, input, status, words) => {
    const answer = safekeep(args, input);
    expect(answer).toMatchObject({ status, stdout: '' });
    expect(answer.stderr).toMatch(words);
    expect(existsSync(join(scratch, 'x'))).toBe(false);
  });

  it('answers unknown when no password was given', () => {
    expect(safekeep(['check', 'list.skb'], '\n')).toMatchObject({ status: 4, stdout: 'No password was given.\n' });
  });
});

describe('a line that nobody should see', () => {
  async function typed(chunks: readonly string[], isTTY = true) {
    const written: string[] = [];
    const modes: boolean[] = [];
    const input: HiddenInput = {
      isTTY,
      setRawMode: (raw) => modes.push(raw),
      async *[Symbol.asyncIterator]() {
        for (const chunk of chunks) yield Buffer.from(chunk, 'latin1');
      },
    };
    const line = await readHidden(input, { text: 'Password: ', write: (text) => written.push(text) });
    return { line, written: written.join(''), modes };
  }
  const latin1 = (text: string) => Buffer.from(text).toString('latin1');

  it('is read from a terminal without echo, with corrections, and the terminal is given back', async () => {
    expect(await typed(['sec', 'rex', '\u007ft', '\r', 'more'])).toEqual({
      line: 'secret',
      written: 'Password: \n',
      modes: [true, false],
    });
  });

  it('takes letters whole that come in parts', async () => {
    const [first = '', ...rest] = latin1('é夏');
    expect((await typed([first, rest.join(''), '\u007f\r'])).line).toBe('é');
  });

  it.each(['\u0003', '\u0004', `${'x'.repeat(5000)}\r`])('is given up: %#', async (end) => {
    expect(await typed(['abc', end])).toMatchObject({ line: null, modes: [true, false] });
  });

  it('is the first line of what is piped in, and there is no prompt', async () => {
    expect(await typed(['two wor', 'ds\r\nnext'], false)).toEqual({ line: 'two words', written: '', modes: [] });
    expect((await typed(['no end'], false)).line).toBe('no end');
  });
});
