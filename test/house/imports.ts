import ts from 'typescript';

export interface Import {
  readonly specifier: string;
  /** `static` is loaded with the file, `dynamic` where it is called, `type` never. */
  readonly how: 'static' | 'dynamic' | 'type';
  readonly line: number;
}

/** A loader whose argument is no plain text names nothing that can be checked. */
export const unreadable = '(computed)';

/**
 * Everything a file pulls in: `import`, `import type`, `export … from`, bare imports, `import()` in code and in types,
 * `import x = require()`, `require()`, `require.resolve()` and `import.meta.resolve()`, whatever the loader is called.
 */
export function importsOf(path: string, text: string): Import[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: Import[] = [];
  const add = (node: ts.Node, specifier: ts.Node | undefined, how: Import['how']) => {
    const readable = specifier !== undefined && ts.isStringLiteralLike(specifier);
    const line = file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
    found.push({ specifier: readable ? specifier.text : unreadable, how, line });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      add(node, node.moduleSpecifier, isTypeOnly(node.importClause) ? 'type' : 'static');
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
      add(node, node.moduleSpecifier, node.isTypeOnly ? 'type' : 'static');
    } else if (ts.isImportTypeNode(node)) {
      add(node, ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, 'type');
    } else if (ts.isExternalModuleReference(node)) {
      add(node, node.expression, 'static');
    } else if (ts.isCallExpression(node) && isLoader(node)) {
      add(node, node.arguments[0], 'dynamic');
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function isTypeOnly(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const named = clause.namedBindings;
  return (
    clause.name === undefined &&
    named !== undefined &&
    ts.isNamedImports(named) &&
    named.elements.length > 0 &&
    named.elements.every((element) => element.isTypeOnly)
  );
}

function isLoader(call: ts.CallExpression): boolean {
  if (call.expression.kind === ts.SyntaxKind.ImportKeyword) return true;
  const callee = call.expression.getText();
  if (/^createRequire\(.*\)$/s.test(callee)) return true;
  return /(^|\.)require(\.resolve)?$/.test(callee) || callee === 'import.meta.resolve';
}
