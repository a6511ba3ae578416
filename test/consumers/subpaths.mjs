// Writes into the current folder a program that imports every subpath the installed package exports:
// subpaths.mjs <esm|cjs|ts> <package.json of the package>
import { readFileSync, writeFileSync } from 'node:fs';

const [kind, path] = process.argv.slice(2);
const subpaths = Object.keys(JSON.parse(readFileSync(path, 'utf8')).exports).filter((key) => key !== './package.json');
const names = subpaths.map((key) => `safekeep${key.slice(1)}`);
const load = {
  esm: (name, index) => `import * as m${index} from '${name}';`,
  cjs: (name, index) => `const m${index} = require('${name}');`,
  ts: (name, index) => `import * as m${index} from '${name}';`,
};
const check = names.map((_, index) => `m${index}`).join(', ');
const lines = [
  ...names.map(load[kind]),
  `const empty = [${check}].filter((module) => Object.keys(module).length === 0).length;`,
  `if (empty > 0) throw new Error(empty + ' subpaths export nothing');`,
  ...(kind === 'ts' ? ['export {};'] : []),
];
writeFileSync({ esm: 'all.js', cjs: 'all.cjs', ts: 'all.ts' }[kind], `${lines.join('\n')}\n`);
