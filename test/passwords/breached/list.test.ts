import { type ChildProcess, spawn } from 'node:child_process';
import { hash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { buildInShards } from '../../../src/passwords/breached/build-list.js';
import {
  type BreachedBuildOptions,
  breachedFile,
  buildBreachedList,
  commonPasswords,
} from '../../../src/passwords/index.js';
import { root } from '../../house/tree.js';
import { peakOfBuild } from './peak.js';

const scratch = mkdtempSync(join(tmpdir(), 'safekeep-breached-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const program = join(root, 'dist/cli/main.js');

async function* linesOf(words: Iterable<string>): AsyncIterable<Uint8Array> {
  for (const word of words) yield Buffer.from(`${hash('sha1', word)}\n`);
}
const words = (count: number, kind = 'password') => Array.from({ length: count }, (_, index) => `${kind} ${index}`);
async function make(name: string, list: Iterable<string>, more: Partial<BreachedBuildOptions> = {}) {
  const path = join(scratch, name);
  return { path, report: await buildBreachedList({ input: linesOf(list), output: path, ...more }) };
}
const refusal = (facts: object) =>
  expect.objectContaining({ code: 'ERR_BREACHED_FILE', facts: expect.objectContaining(facts) });

describe('a breached list', () => {
  it.each([
    ['memory', 16],
    ['disk', 16],
    ['memory', 8],
    ['disk', 8],
  ] as const)('finds every password that it was made of, from %s, with %i bits', async (keep, bits) => {
    const known = words(1000);
    const { path, report } = await make(`all.${bits}`, [...known, ...known.slice(0, 50)], { bits });
    expect(report).toMatchObject({ hashes: 1050, entries: 1000, bits, shards: 1, falsePositiveRate: 2 ** -bits });
    expect(readFileSync(path).length).toBe(report.fileBytes);
    const list = breachedFile({ path, keep });
    expect(await list.open()).toEqual({
      entries: 1000,
      minCount: 0,
      falsePositiveRate: 2 ** -bits,
      fileBytes: report.fileBytes,
    });
    for (const password of known) expect(await list.look(password)).toBe('listed');
    const wrong = (await Promise.all(words(1000, 'other').map(list.look))).filter((verdict) => verdict !== 'unlisted');
    expect(wrong.length).toBeLessThan(bits === 16 ? 3 : 20);
    await list.close();
    // A list that was let go of is read again.
    expect(await list.look('password 7')).toBe('listed');
    await list.close();
  });

  it('is the same file for the same hashes, in whatever order they came', async () => {
    const one = await make('order.1', words(500));
    const other = await make('order.2', words(500).reverse());
    expect(readFileSync(one.path).equals(readFileSync(other.path))).toBe(true);
  });

  it('leaves out what was seen less often, and says so in the file', async () => {
    const input = [Buffer.from(`${hash('sha1', 'often')}:50\n${hash('sha1', 'seldom')}:49\n`)];
    const path = join(scratch, 'counted');
    const { entries } = await buildBreachedList({ input: streamOf(input), output: path, minCount: 50 });
    expect(entries).toBe(1);
    const list = breachedFile({ path });
    expect(await list.look('often')).toBe('listed');
    expect(await list.look('seldom')).toBe('unlisted');
    expect((await list.open()).minCount).toBe(50);
  });

  it.each([
    [1500, 8],
    [1, 256],
  ])('is divided where it is long: shards of up to %i keys', async (mostKeys, shards) => {
    const known = words(10_000);
    const path = join(scratch, `shards.${mostKeys}`);
    const report = await buildInShards({ input: linesOf(known), output: path }, mostKeys);
    expect(report).toMatchObject({ entries: 10_000, shards });
    const list = breachedFile({ path });
    expect((await list.open()).entries).toBe(10_000);
    for (const password of known) if ((await list.look(password)) !== 'listed') throw new Error(password);
    expect(
      (await Promise.all(words(1000, 'other').map(list.look))).filter((it) => it !== 'unlisted').length,
    ).toBeLessThan(3);
  });

  it('takes sorted input, of which thousands in a row go to one part', async () => {
    const same = words(6000).map((word) => `00${hash('sha1', word).slice(2)}\n`);
    const path = join(scratch, 'sorted');
    const report = await buildInShards({ input: streamOf([Buffer.from(same.join(''))]), output: path }, 1000);
    // The other shards are empty, and say so of every password.
    expect(report).toMatchObject({ hashes: 6000, entries: 6000, shards: 8 });
    expect(await breachedFile({ path }).look(words(20).find((word) => !hash('sha1', word).startsWith('0')) ?? '')).toBe(
      'unlisted',
    );
  });

  it.each(['memory', 'disk'] as const)('is refused when any byte of it was changed, kept in %s', async (keep) => {
    const { path } = await make(`flipped.${keep}`, words(20));
    const whole = readFileSync(path);
    for (let at = 0; at < whole.length; at += 1) {
      const flipped = Buffer.from(whole);
      flipped[at]! ^= 1 << (at % 8);
      writeFileSync(path, flipped);
      await expect(breachedFile({ path, keep }).open()).rejects.toThrow(refusal({}));
    }
    writeFileSync(path, whole);
    const list = breachedFile({ path, keep });
    expect(await list.open()).toMatchObject({ entries: 20 });
    await list.close();
  });

  it('is refused when it is cut, has more than its own bytes, is none, or is not there', async () => {
    const { path } = await make('cut', words(20));
    const whole = readFileSync(path);
    for (let length = 0; length < whole.length; length += 1) {
      writeFileSync(path, whole.subarray(0, length));
      await expect(breachedFile({ path }).open()).rejects.toThrow(refusal({}));
    }
    writeFileSync(path, Buffer.concat([whole, Buffer.from('\n')]));
    await expect(breachedFile({ path }).open()).rejects.toThrow(refusal({ because: 'length' }));
    writeFileSync(path, words(100).join('\n'));
    await expect(breachedFile({ path }).open()).rejects.toThrow(refusal({ because: 'format' }));
    mkdirSync(join(scratch, 'folder'));
    await expect(breachedFile({ path: join(scratch, 'folder') }).open()).rejects.toThrow(refusal({}));
    await expect(breachedFile({ path: join(scratch, 'nothing') }).open()).rejects.toThrow(
      refusal({ because: 'ENOENT' }),
    );
  });

  it('tells hashes apart by each of the words that it uses', async () => {
    // Words that fall into one slot of the table in which repetitions are found.
    const hashes = [8, 16, 24].flatMap((at) =>
      ['00000001', '00000101', '00000201'].map((word) => `${'0'.repeat(at)}${word}${'0'.repeat(32 - at)}\n`),
    );
    const path = join(scratch, 'near');
    const { entries } = await buildBreachedList({
      input: streamOf(hashes.map((line) => Buffer.from(line))),
      output: path,
    });
    expect(entries).toBe(9);
  });

  it.each([
    ['format', 'another magic', (file: Buffer) => file.write('SKB2')],
    ['format', 'other bits', (file: Buffer) => file.writeUInt8(12, 4)],
    ['format', 'too many shards', (file: Buffer) => file.writeUInt8(9, 5)],
    ['format', 'a reserved byte', (file: Buffer) => file.writeUInt8(1, 6)],
    ['format', 'another reserved byte', (file: Buffer) => file.writeUInt8(1, 15)],
    ['shape', 'cells without entries', (file: Buffer) => file.writeUInt32BE(0, file.length - 48)],
    ['shape', 'a segment length that is no power of two', (file: Buffer) => file.writeUInt32BE(12, file.length - 40)],
    ['shape', 'no first segment', (file: Buffer) => file.writeUInt32BE(0, file.length - 36)],
    ['shape', 'segments without end', (file: Buffer) => file.writeUInt32BE(0xffffffff, file.length - 36)],
    [
      'length',
      'one segment more',
      (file: Buffer) => file.writeUInt32BE(file.readUInt32BE(file.length - 36) + 1, file.length - 36),
    ],
  ])('is refused for its %s with a digest that is right: %s', async (because, _what, edit) => {
    const { path } = await make('edited', words(40));
    const file = readFileSync(path);
    edit(file);
    hash('sha256', file.subarray(0, -32), 'buffer').copy(file, file.length - 32);
    writeFileSync(path, file);
    await expect(breachedFile({ path }).open()).rejects.toThrow(refusal({ because }));
  });

  it('answers unknown while it is missing or damaged, and is tried again after a minute', async () => {
    const clock = { ms: 0, nowMs: () => clock.ms, wait: async () => undefined };
    const path = join(scratch, 'late');
    const list = breachedFile({ path, clock });
    expect(await list.look('password 1')).toBe('unknown');
    await make('late', words(3));
    clock.ms = 59_999;
    expect(await list.look('password 1')).toBe('unknown');
    clock.ms = 60_000;
    expect(await list.look('password 1')).toBe('listed');
    expect(await list.look('password 4')).toBe('unlisted');
  });

  it('answers unknown where a file that is read by position was cut under it', async () => {
    const { path } = await make('shrunk', words(2000));
    const list = breachedFile({ path, keep: 'disk' });
    expect(await list.look('password 1')).toBe('listed');
    truncateSync(path, 16);
    expect(await list.look('password 1')).toBe('unknown');
    await list.close();
  });

  it('goes on reading the file it opened when another takes its place', async () => {
    const { path } = await make('replaced', ['old one']);
    const list = breachedFile({ path, keep: 'disk' });
    expect(await list.look('old one')).toBe('listed');
    await make('replaced', ['new one']);
    expect(await list.look('old one')).toBe('listed');
    await list.close();
    expect([await list.look('old one'), await list.look('new one')]).toEqual(['unlisted', 'listed']);
    await list.close();
  });

  it('refuses options that are none', () => {
    for (const options of [{}, { path: 'x', keep: 'cloud' }, { path: 'x', url: 'y' }]) {
      expect(() => breachedFile(options as { path: string })).toThrow(expect.objectContaining({ status: 500 }));
    }
  });
});

describe('the building of a list', () => {
  const left = (folder: string) => readdirSync(folder);
  const folderOf = (name: string) => {
    const folder = join(scratch, name);
    mkdirSync(folder);
    return folder;
  };

  it('leaves nothing behind, and what was there alone, when the input is none', async () => {
    const folder = folderOf('broken');
    const output = join(folder, 'list');
    writeFileSync(output, 'what was there');
    for (const text of ['rubbish\n', '', `${hash('sha1', 'x')}\nrubbish`]) {
      const built = buildBreachedList({ input: streamOf([Buffer.from(text)]), output });
      await expect(built).rejects.toThrow(expect.objectContaining({ code: 'ERR_BREACHED_INPUT' }));
    }
    expect(left(folder)).toEqual(['list']);
    expect(readFileSync(output, 'utf8')).toBe('what was there');
  });

  it('leaves nothing behind when it is stopped, while it reads and while it builds', async () => {
    const folder = folderOf('stopped');
    for (const step of ['read', 'build'] as const) {
      const control = new AbortController();
      const built = buildBreachedList({
        input: linesOf(words(50)),
        output: join(folder, 'list'),
        signal: control.signal,
        onProgress: (progress) => progress.step === step && control.abort(),
      });
      await expect(built).rejects.toThrow(refusal({ because: 'stopped' }));
    }
    expect(left(folder)).toEqual([]);
  });

  it('says where it may not write', async () => {
    const built = buildBreachedList({ input: linesOf(['x']), output: join(scratch, 'no', 'such', 'folder') });
    await expect(built).rejects.toThrow(refusal({ because: 'ENOENT' }));
  });

  // The bound that list.long.test.ts holds ten million to; a busy machine collects garbage late.
  it('keeps within its memory: a list of 300,000 in a process of less than 256 MiB', () => {
    expect(peakOfBuild(300_000, join(scratch, 'bounded'))).toBeLessThan(256);
  });

  it('leaves no list, and not half of one, when it is killed', async () => {
    const folder = folderOf('killed');
    const output = join(folder, 'list');
    writeFileSync(output, 'what was there');
    const child: ChildProcess = spawn(process.execPath, [program, 'breached', 'build', '--output', output], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    await new Promise((resolve) => child.stdin?.write(`${hash('sha1', 'x')}\n`.repeat(50_000), resolve));
    child.kill('SIGKILL');
    await ended;
    expect(readFileSync(output, 'utf8')).toBe('what was there');
    // The keys lie in a file without a name, so not even they are left.
    expect(left(folder)).toEqual(['list']);
  });
});

describe('the list that comes with the package', () => {
  it('knows the common passwords, makes no difference of capitals, and is what the build says it is', async () => {
    const list = commonPasswords();
    expect(await list.open()).toMatchObject({ entries: 49_233, falsePositiveRate: 2 ** -16 });
    for (const password of ['123456', 'password', 'PassWord', 'iloveyou', 'q1w2e3r4t5y6u7i8']) {
      expect([password, await list.look(password)]).toEqual([password, 'listed']);
    }
    expect(await list.look('salt marsh at low tide')).toBe('unlisted');
    await list.close();
  });
});

async function* streamOf(chunks: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* chunks;
}
