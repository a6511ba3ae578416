import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { filesUnder, read } from './tree.js';

/** Names that a file of src may not use, and the only places that may. */
const reserved: readonly { readonly name: RegExp; readonly only: RegExp; readonly why: string }[] = [
  { name: /^(globalThis\.)?process\.env$/, only: /^$/, why: 'src reads no environment: take an option' },
  { name: /^Date\.now$/, only: /^src\/base\/clock\.ts$/, why: 'time comes in through a Clock' },
  { name: /^Math\.random$/, only: /^$/, why: 'it is predictable: use Random' },
  { name: /(^|\.)create(C|Dec)ipher(iv)?$/, only: /^src\/aead\//, why: 'aead owns ciphers' },
  { name: /^console\.\w+$/, only: /^src\/cli\//, why: 'a library prints nothing: take a log' },
  { name: /^process\.exit$/, only: /^src\/cli\//, why: 'a library does not end the process' },
  { name: /^crypto\.subtle$/, only: /^$/, why: 'one way to do it: node:crypto' },
];

/** What a file of src does that only the door may do. */
function impurities(path: string, text: string): string[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const report = (node: ts.Node, why: string) => {
    const { line } = file.getLineAndCharacterOfPosition(node.getStart(file));
    found.push(`${path}:${line + 1}: ${node.getText(file).slice(0, 60)}: ${why}`);
  };
  const visit = (node: ts.Node): void => {
    const name = nameAt(node);
    for (const rule of reserved) {
      if (name !== undefined && rule.name.test(name) && !rule.only.test(path)) report(node, rule.why);
    }
    if (ts.isNewExpression(node) && node.expression.getText(file) === 'Date' && (node.arguments ?? []).length === 0) {
      report(node, 'time comes in through a Clock');
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  for (const statement of file.statements) {
    if (ts.isVariableStatement(statement) && !hasReason(statement, file)) {
      for (const why of moduleState(statement, file)) report(statement, why);
    }
  }
  return found;
}

/** `a.b`, `a['b']`, a destructured or imported `env` of process, or a bare identifier. */
function nameAt(node: ts.Node): string | undefined {
  if (ts.isPropertyAccessExpression(node)) return node.getText().replace(/\s|\?/g, '');
  if (ts.isElementAccessExpression(node) && ts.isStringLiteralLike(node.argumentExpression)) {
    return `${node.expression.getText()}.${node.argumentExpression.text}`;
  }
  if (ts.isImportSpecifier(node)) {
    const from = (node.parent.parent.parent.moduleSpecifier as ts.StringLiteral).text;
    const imported = (node.propertyName ?? node.name).text;
    return from === 'node:process' || from === 'process' ? `process.${imported}` : imported;
  }
  if (ts.isBindingElement(node) && ts.isVariableDeclaration(node.parent.parent)) {
    const from = node.parent.parent.initializer?.getText();
    return `${from}.${(node.propertyName ?? node.name).getText()}`;
  }
  return ts.isIdentifier(node) && !ts.isPropertyAccessExpression(node.parent) ? node.text : undefined;
}

/**
 * `let`, and collections that start empty and are changed by functions. A table that is filled while its module loads is
 * none, and a WeakMap holds nothing alive: both may stay.
 */
function moduleState(statement: ts.VariableStatement, file: ts.SourceFile): string[] {
  if ((statement.declarationList.flags & ts.NodeFlags.Const) === 0) return ['no module state: make it a const'];
  return statement.declarationList.declarations.flatMap(({ name, initializer }) => {
    const empty =
      initializer !== undefined &&
      ((ts.isNewExpression(initializer) &&
        /^(Map|Set)$/.test(initializer.expression.getText()) &&
        (initializer.arguments ?? []).length === 0) ||
        (ts.isArrayLiteralExpression(initializer) && initializer.elements.length === 0));
    const isState = empty && !(isFilledOnLoad(name.getText(), file) && !isChangedByFunction(name.getText(), file));
    return isState ? ['no module state: keep it in the closure of a factory'] : [];
  });
}

const changing = '(?:set|add|push|unshift|delete|clear|splice|pop|shift)';
function changes(name: string, node: ts.Node): boolean {
  return new RegExp(`\\b${name}\\.${changing}\\(`).test(node.getText());
}
function isFilledOnLoad(name: string, file: ts.SourceFile): boolean {
  return file.statements.some((statement) => ts.isIterationStatement(statement, false) && changes(name, statement));
}
function isChangedByFunction(name: string, file: ts.SourceFile): boolean {
  let found = false;
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && changes(name, node)) found = true;
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** `// module state: <reason>` above the line, where the language leaves no other way. */
function hasReason(node: ts.Node, file: ts.SourceFile): boolean {
  return /module state: .{10,}/i.test(file.text.slice(node.getFullStart(), node.getStart(file)));
}

describe('src', () => {
  it('takes time, chance and settings through the door only, and keeps no state in modules', () => {
    expect(filesUnder('src', '.ts').flatMap((path) => impurities(path, read(path)))).toEqual([]);
  });
});

describe('the guard of purity', () => {
  it.each([
    'const a = process.env.HOME;',
    `const a = process['env'];`,
    'const { env } = process;',
    `import { env } from 'node:process';`,
    `import { env as settings } from 'process';`,
    'const now = Date.now();',
    'const now = Date\n  .now();',
    'const now = new Date();',
    'const dice = () => Math.random();',
    `import { createCipheriv } from 'node:crypto';`,
    `import { createDecipheriv as open } from 'node:crypto';`,
    `const seal = crypto['createCipheriv'];`,
    `const seal = crypto.createCipheriv;`,
    'console.log(1);',
    'process.exit(1);',
    'let count = 0;',
    'const cache = new Map<string, string>();',
    'const seen: string[] = [];',
    'const seen = new Set<number>(); for (const n of [1]) seen.add(n); export const note = (n: number) => seen.add(n);',
  ])('refuses %s', (text) => {
    expect(impurities('src/fields/x.ts', text).length).toBeGreaterThan(0);
  });

  it.each([
    '// process.env and Date.now() in a comment',
    `const text = 'process.env';`,
    'const at = (ms: number) => new Date(ms);',
    'const perRequest = new WeakMap<object, string>();',
    'const known = new Set([1, 2]);',
    'const table = new Map<string, number>(); for (const n of [1]) table.set(String(n), n);',
    '// module state: one handle for the process, as the native library itself keeps\nlet handle = 0;',
    'function f() { let count = 0; return (count += 1); }',
  ])('lets through %s', (text) => {
    expect(impurities('src/fields/x.ts', text)).toEqual([]);
  });
});
