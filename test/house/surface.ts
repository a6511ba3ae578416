import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';
import { publicSubpaths, read, root } from './tree.js';

/** Declarations of one file by name, and where its other exports come from. */
interface Module {
  readonly declared: Map<string, string[]>;
  readonly exported: { name: string; as: string; from: string | undefined }[];
  readonly stars: string[];
}

/**
 * The public names of every subpath with their declarations, as one page of text. src is written with
 * isolatedDeclarations, so each file says its own types and no checker is needed.
 */
export function surface(): string {
  const modules = new Map<string, Module>();
  const there = [...publicSubpaths()].filter(([, source]) => existsSync(join(root, source)));
  const told = new Set<string>();
  // The main entry last: it repeats the subpaths, and only what is its own is written out again.
  const pages = [...there.filter(([subpath]) => subpath !== '.'), ...there.filter(([subpath]) => subpath === '.')].map(
    ([subpath, source]) => {
      const names = [...exportsOf(source, modules, new Set())].sort(([a], [b]) => (a < b ? -1 : 1));
      const own = subpath === '.' ? names.filter(([name, [text]]) => !told.has(`${name} ${text}`)) : names;
      for (const [name, [text]] of names) told.add(`${name} ${text}`);
      const repeated = own.length < names.length ? '\nAnd every name of the other subpaths.\n' : '';
      const lines = own.flatMap(([, declarations]) => declarations.map(wrapped));
      return `## safekeep${subpath.slice(1)}\n\`\`\`ts\n${lines.join('\n')}\n\`\`\`\n${repeated}`;
    },
  );
  return `# The public surface\nWritten by test/house/surface.test.ts; a change of it is a change for every user. After a change that is meant:\n\`npx vitest run --config .ci/vitest.config.ts test/house/surface.test.ts -u\`\n\n${pages.join('\n')}`;
}

/** A long declaration with a line per member, so that a difference shows where it is. */
function wrapped(text: string): string {
  if (text.length <= 120) return text;
  let depth = 0;
  let out = '';
  for (const [at, char] of [...text].entries()) {
    if (char === '}' || char === ')' || char === ']') {
      if (char === '}' && depth === 1) out = `${out.trimEnd()}\n`;
      depth -= 1;
    }
    out += char;
    if (char === '{' || char === '(' || char === '[') depth += 1;
    const isMember = (char === '{' || char === ';') && depth === 1 && text[at + 1] === ' ';
    if (isMember) out += '\n ';
  }
  return out;
}

/** Names that a module exports, each with its declarations, followed through `export … from`. */
export function exportsOf(path: string, modules: Map<string, Module>, seen: Set<string>): Map<string, string[]> {
  const names = new Map<string, string[]>();
  if (seen.has(path)) return names;
  const module = moduleAt(path, modules);
  for (const star of module.stars) {
    for (const [name, found] of exportsOf(star, modules, new Set([...seen, path]))) names.set(name, found);
  }
  for (const { name, as, from } of module.exported) {
    const found =
      from === undefined ? module.declared.get(name) : exportsOf(from, modules, new Set([...seen, path])).get(name);
    if (found === undefined) throw new Error(`${path} exports ${name}, which ${from ?? 'it'} does not declare`);
    names.set(as, as === name ? found : found.map((line) => `${line} // as ${as}`));
  }
  return names;
}

function moduleAt(path: string, modules: Map<string, Module>): Module {
  const known = modules.get(path);
  if (known !== undefined) return known;
  const { outputText, diagnostics = [] } = ts.transpileDeclaration(read(path), {
    fileName: path,
    reportDiagnostics: true,
    compilerOptions: { target: ts.ScriptTarget.ES2023, isolatedDeclarations: true, strict: true, removeComments: true },
  });
  const [first] = diagnostics;
  if (first !== undefined) throw new Error(`${path}: ${ts.flattenDiagnosticMessageText(first.messageText, ' ')}`);
  const module = readModule(path, ts.createSourceFile(path, outputText, ts.ScriptTarget.Latest, true));
  modules.set(path, module);
  return module;
}

function readModule(path: string, file: ts.SourceFile): Module {
  const module: Module = { declared: new Map(), exported: [], stars: [] };
  const source = (from: ts.Expression) =>
    posix.join(posix.dirname(path), (from as ts.StringLiteral).text).replace(/\.js$/, '.ts');
  const declare = (name: string, node: ts.Statement) => {
    const text = node
      .getText(file)
      .replace(/^export (declare )?/, '')
      .replace(/^declare /, '')
      .replace(/\s+/g, ' ');
    module.declared.set(name, [...(module.declared.get(name) ?? []), text]);
    const isExported =
      ts.canHaveModifiers(node) && ts.getModifiers(node)?.some((m) => m.kind === ts.SyntaxKind.ExportKeyword);
    if (isExported && !module.exported.some((e) => e.as === name))
      module.exported.push({ name, as: name, from: undefined });
  };
  const imported = new Map<string, { name: string; from: string }>();
  for (const node of file.statements) {
    if (ts.isImportDeclaration(node)) {
      const named = node.importClause?.namedBindings;
      if (named === undefined || !ts.isNamedImports(named) || !isRelative(node.moduleSpecifier)) continue;
      for (const { name, propertyName } of named.elements) {
        imported.set(name.text, { name: (propertyName ?? name).text, from: source(node.moduleSpecifier) });
      }
    } else if (ts.isExportDeclaration(node)) {
      const from = node.moduleSpecifier === undefined ? undefined : source(node.moduleSpecifier);
      if (node.exportClause === undefined) module.stars.push(from as string);
      else if (ts.isNamedExports(node.exportClause)) {
        for (const { name, propertyName } of node.exportClause.elements) {
          const local = (propertyName ?? name).text;
          const origin = from === undefined ? imported.get(local) : { name: local, from };
          module.exported.push({ name: origin?.name ?? local, as: name.text, from: origin?.from });
        }
      }
    } else if (ts.isVariableStatement(node)) {
      for (const { name } of node.declarationList.declarations) declare(name.getText(file), node);
    } else if (
      ts.isFunctionDeclaration(node) ||
      ts.isClassDeclaration(node) ||
      ts.isInterfaceDeclaration(node) ||
      ts.isTypeAliasDeclaration(node)
    ) {
      declare(node.name?.text ?? 'default', node);
    }
  }
  return module;
}

function isRelative(specifier: ts.Expression): boolean {
  return ts.isStringLiteral(specifier) && specifier.text.startsWith('.');
}
