import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { errorCodes } from '../../src/base/error-codes.js';
import { filesUnder, read } from './tree.js';

const codes = Object.keys(errorCodes);

/** Codes that a test file asserts: texts inside an expect, an assert or a helper that refuses, or in its table. */
function assertedCodes(path: string, text: string): string[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node, isAsserted: boolean): void => {
    let asserted = isAsserted;
    if (ts.isCallExpression(node)) {
      const callee = node.expression.getText(file);
      if (/^isSafekeepError$/.test(callee)) return;
      if (/^(expect|assert|refus|reject|throws|fails)|\.(to[A-Z]\w*|each|rejects|throws)\b/.test(callee))
        asserted = true;
    }
    if (ts.isNewExpression(node) && node.expression.getText(file) === 'SafekeepError') return;
    if (asserted && ts.isStringLiteralLike(node) && /^ERR_[A-Z0-9_]+$/.test(node.text)) found.push(node.text);
    ts.forEachChild(node, (child) => visit(child, asserted));
  };
  visit(file, false);
  return found;
}

/** Codes that code of src can raise: texts outside the table itself. */
function raisedCodes(): Set<string> {
  const sources = filesUnder('src', '.ts').filter((path) => path !== 'src/base/error-codes.ts');
  return new Set(
    sources.flatMap((path) => [...read(path).matchAll(/'(ERR_[A-Z0-9_]+)'/g)].map(([, code]) => code as string)),
  );
}

/** docs/errors.md: the folder's heading, the code, and what is said of it. */
function described(): Map<string, { folder: string; text: string }> {
  const found = new Map<string, { folder: string; text: string }>();
  let folder = '';
  let code = '';
  for (const line of read('docs/errors.md').split('\n')) {
    const heading = /^(##|###) (\S+)\s*$/.exec(line);
    if (heading?.[1] === '##') folder = heading[2] as string;
    if (heading?.[1] === '###') {
      code = heading[2] as string;
      if (found.has(code)) throw new Error(`docs/errors.md describes ${code} twice`);
      found.set(code, { folder, text: '' });
      continue;
    }
    const entry = found.get(code);
    if (heading === null && entry !== undefined) entry.text += `${line}\n`;
  }
  return found;
}

/** The comment of the block in which the table lists a code: `// keys`. */
function folders(): Map<string, string> {
  const found = new Map<string, string>();
  let folder = '';
  for (const line of read('src/base/error-codes.ts').split('\n')) {
    folder = /^ {2}\/\/ ([a-z-]+)/.exec(line)?.[1] ?? folder;
    const code = /^ {2}(ERR_[A-Z0-9_]+):/.exec(line)?.[1];
    if (code !== undefined) found.set(code, folder);
  }
  return found;
}

describe('every error code', () => {
  it('is thrown by some test', () => {
    const tests = filesUnder('test', '.test.ts').filter((path) => !path.startsWith('test/house/'));
    const asserted = new Set(tests.flatMap((path) => assertedCodes(path, read(path))));
    expect(codes.filter((code) => !asserted.has(code))).toEqual([]);
  });

  it('is raised by some code', () => {
    const raised = raisedCodes();
    expect(codes.filter((code) => !raised.has(code))).toEqual([]);
  });

  it('is described in docs/errors.md, under its folder, in words', () => {
    const pages = described();
    const homes = folders();
    expect(codes.filter((code) => (pages.get(code)?.text.trim().length ?? 0) < 60)).toEqual([]);
    expect(codes.filter((code) => pages.get(code)?.folder !== homes.get(code))).toEqual([]);
  });

  it('is still there when docs/errors.md describes it', () => {
    expect([...described().keys()].filter((code) => !codes.includes(code))).toEqual([]);
  });
});

describe('the reader of asserted codes', () => {
  it.each([
    `expect(() => run()).toThrow(expect.objectContaining({ code: 'ERR_A' }));`,
    `await expect(run()).rejects.toMatchObject({ code: 'ERR_A' });`,
    `expect(error.code).toBe('ERR_A');`,
    `it.each([['x', 'ERR_A']])('refuses %s', () => {});`,
    `assert.throws(() => run(), { code: 'ERR_A' });`,
    `refuses(() => run(), 'ERR_A');`,
  ])('sees %s', (text) => {
    expect(assertedCodes('x.test.ts', text)).toEqual(['ERR_A']);
  });

  it.each([
    `// expect ERR_A`,
    `const error = new SafekeepError('ERR_A');`,
    `expect(isSafekeepError(error, 'ERR_A')).toBe(false);`,
    `run('ERR_A');`,
  ])('is not content with %s', (text) => {
    expect(assertedCodes('x.test.ts', text)).toEqual([]);
  });
});
