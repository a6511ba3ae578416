import { describe, expect, it } from 'vitest';
import { violations } from './floors.js';
import { importsOf } from './imports.js';
import { filesUnder, read } from './tree.js';

const sources = filesUnder('src', '.ts');

describe('the floors of src', () => {
  it('are kept: imports go down only, and each package has one owner', () => {
    expect(sources.length).toBeGreaterThan(10);
    expect(sources.flatMap((path) => violations(path, read(path)))).toEqual([]);
  });
});

describe('the reader of imports', () => {
  it.each([
    [`import 'a';`, 'static'],
    [`import a from 'a';`, 'static'],
    [`import * as a from 'a';`, 'static'],
    [`import { type A, a } from 'a';`, 'static'],
    [`import type { A } from 'a';`, 'type'],
    [`import { type A, type B } from 'a';`, 'type'],
    [`export * from 'a';`, 'static'],
    [`export * as a from 'a';`, 'static'],
    [`export { a } from 'a';`, 'static'],
    [`export type { A } from 'a';`, 'type'],
    [`const load = () => import('a');`, 'dynamic'],
    [`const load = () => import(\`a\`);`, 'dynamic'],
    [`let a: typeof import('a');`, 'type'],
    [`let a: import('a').A<string>;`, 'type'],
    [`import a = require('a');`, 'static'],
    [`const a = require('a');`, 'dynamic'],
    [`const a = createRequire(import.meta.url)('a');`, 'dynamic'],
    [`const path = require.resolve('a');`, 'dynamic'],
    [`const path = import.meta.resolve('a');`, 'dynamic'],
  ])('sees %s', (text, how) => {
    expect(importsOf('src/x.ts', text)).toEqual([{ specifier: 'a', how, line: 1 }]);
  });

  it('does not take comments and texts for imports', () => {
    expect(importsOf('src/x.ts', `// import 'a';\nconst text = "import('a')"; /* require('a') */`)).toEqual([]);
  });
});

describe('the guard of the floors', () => {
  it.each([
    ['src/keys/ring.ts', `import { seal } from '../fields/seal.js';`, /up from fields/],
    ['src/keys/ring.ts', `import type { Sealed } from '../fields/seal.js';`, /up from fields/],
    ['src/keys/ring.ts', `const f = () => import('../fields/seal.js');`, /up from fields/],
    ['src/keys/ring.ts', `export * from '../certificates/issue.js';`, /sideways from certificates/],
    ['src/cli/main.ts', `import '../index.js';`, /sideways from index\.ts/],
    ['src/http/proxies.ts', `import type { Request } from 'express';`, /Express is known from floor 5/],
    ['src/http/proxies.ts', `import helmet from 'helmet';`, /helmet belongs to transport/],
    ['src/keys/ring.ts', `const argon2 = await import('argon2');`, /argon2 belongs to passwords/],
    ['src/keys/ring.ts', `import 'left-pad';`, /left-pad has no owner/],
    ['src/keys/ring.ts', `const load = (name: string) => import(name);`, /computed/],
    ['src/keys/ring.ts', `import '../../test/house/tree.js';`, /leaves src/],
    ['src/keys/ring.ts', `import { pae } from '../base/bytes';`, /does not end in \.js/],
    ['src/keys/ring.ts', `import { pae } from 'safekeep';`, /own name/],
    ['src/passwords/engine.ts', `import argon2 from 'argon2';`, /load it in the factory/],
    ['src/odds/ends.ts', ``, /no floor/],
  ])('refuses in %s: %s', (path, text, reason) => {
    expect(violations(path, text)).toEqual([expect.stringMatching(reason)]);
  });

  it.each([
    ['src/keys/ring.ts', `import { pae } from '../base/bytes.js'; import './root.js'; import 'node:crypto';`],
    ['src/passwords/engine.ts', `import type { Options } from 'argon2'; const load = () => import('argon2');`],
    ['src/transport/headers.ts', `import helmet from 'helmet'; import type { Request } from 'express';`],
    ['src/index.ts', `export * from './safekeep.js';`],
  ])('lets through in %s: %s', (path, text) => {
    expect(violations(path, text)).toEqual([]);
  });
});
