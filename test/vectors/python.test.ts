import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const files = ['sf1.json', 'sf1-02.json', 'sf1-11.json', 'sf1-21.json'];
const python = ['/usr/bin/python3', 'python3'].find(
  (command) => spawnSync(command, ['-c', 'import cryptography.hazmat.primitives.ciphers.aead']).status === 0,
);
if (python === undefined) {
  console.warn('SKIPPED: no Python with cryptography; on Debian: apt-get install python3-cryptography');
}
type Vector = Record<string, unknown> & { readonly sealed: string };
const vectorsOf = (name: string) =>
  JSON.parse(readFileSync(join(import.meta.dirname, name), 'utf8')) as { vectors: Vector[] };
const scratch = mkdtempSync(join(tmpdir(), 'safekeep-python-'));
afterAll(() => rmSync(scratch, { recursive: true }));

function openedBy(paths: readonly string[]): unknown[] {
  const { stdout, stderr, status } = spawnSync(python as string, [join(import.meta.dirname, 'decrypt.py'), ...paths], {
    encoding: 'utf8',
  });
  expect(`${status} ${stderr}`).toBe('0 ');
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

describe.skipIf(python === undefined)('a decryptor in Python that has only a stock AES', () => {
  it('opens every frozen vector of every suite to what was sealed', () => {
    const vectors = files.flatMap((name) => vectorsOf(name).vectors);
    const opened = openedBy(files.map((name) => join(import.meta.dirname, name)));
    expect(opened.length).toBe(vectors.length);
    for (const [at, vector] of vectors.entries()) {
      const known = opened[at] as Record<string, unknown>;
      expect(Object.keys(known).length).toBeGreaterThan(0);
      expect(known).toEqual(Object.fromEntries(Object.keys(known).map((key) => [key, vector[key]])));
    }
  });

  it('refuses them in another row, so that it says something when it opens them', () => {
    const moved = files.map((name) => {
      const file = vectorsOf(name);
      const path = join(scratch, name);
      const row = [{ type: 'text', value: 'elsewhere' }];
      writeFileSync(path, JSON.stringify({ ...file, vectors: file.vectors.map((vector) => ({ ...vector, row })) }));
      return path;
    });
    expect(new Set(openedBy(moved))).toEqual(new Set(['refused']));
  });

  it('is at most a hundred lines long', () => {
    const lines = readFileSync(join(import.meta.dirname, 'decrypt.py'), 'utf8')
      .trimEnd()
      .split('\n');
    expect(lines.length).toBeLessThanOrEqual(100);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(120);
  });
});
