// Puts the password meter together: the few modules that the server and the page share, and the page's own, as one.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
/** In the order in which they need each other. */
const parts = ['base/names', 'passwords/guesses', 'passwords/guess-units', 'passwords/judge', 'passwords/meter/page'];

export function makePasswordMeter() {
  const names = new Set();
  const text = parts.map((part) => {
    const source = readFileSync(join(root, 'src', `${part}.ts`), 'utf8');
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: { target: 'es2022', module: 'esnext', removeComments: true, verbatimModuleSyntax: true },
    });
    const file = ts.createSourceFile(part, outputText, ts.ScriptTarget.Latest, true);
    for (const statement of file.statements) {
      const declared = ts.isVariableStatement(statement) ? statement.declarationList.declarations : [statement];
      for (const { name } of declared) {
        if (name === undefined) continue;
        if (names.has(name.text)) throw new Error(`password meter: two parts declare ${name.text}`);
        names.add(name.text);
      }
    }
    return file.statements
      .filter((statement) => !ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement))
      .map((statement) => statement.getText(file).replace(/^export /, ''))
      .join('\n');
  });
  const script = `${text.join('\n')}\n`;
  writeFileSync(join(root, 'dist/passwords/meter/password-meter.mjs'), script);
  return script;
}
