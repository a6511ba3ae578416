import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importsOf } from './imports.js';
import { exportsOf } from './surface.js';
import { filesUnder, manifest, publicSubpaths, read, root } from './tree.js';

/** Folders that are nobody's business outside: their parts reach users through the folders above them. */
const inner = new Set(['base', 'http', 'aead', 'envelope', 'doctor', 'cli', 'redis']);
/** Left out of the main entry: who does not come from another library loads none of its readers. */
const apart = new Set(['.', './foreign']);
/** What a user who catches an error needs. */
const errorNames = ['ErrorCode', 'Fact', 'Facts', 'Name', 'SafekeepError', 'Statement', 'isSafekeepError'];

describe('package.json', () => {
  it('exports only files that exist', () => {
    const missing = [...publicSubpaths()].filter(([, source]) => !existsSync(join(root, source)));
    expect(missing).toEqual([]);
  });

  it('exports every public folder that has an index', () => {
    const indexes = filesUnder('src', '/index.ts').filter((path) => path.split('/').length === 3);
    const folders = indexes.map((path) => path.split('/')[1] as string).filter((folder) => !inner.has(folder));
    const exported = new Set(publicSubpaths().keys());
    expect(folders.filter((folder) => !exported.has(`./${folder}`))).toEqual([]);
  });

  it('gives every subpath its types first, beside its code', () => {
    for (const [subpath, target] of Object.entries(manifest().exports)) {
      if (subpath === './package.json') continue;
      if (typeof target === 'string') throw new Error(`${subpath} has no types`);
      expect(Object.keys(target)).toEqual(['types', 'default']);
      expect(target.types).toBe(target.default.replace(/\.js$/, '.d.ts'));
    }
  });

  it('exports no inner folder', () => {
    for (const folder of inner) expect([...publicSubpaths().keys()]).not.toContain(`./${folder}`);
  });

  it('gives who catches an error what he needs, at safekeep/errors', () => {
    const names = exportsOf(publicSubpaths().get('./errors') as string, new Map(), new Set());
    expect([...names.keys()]).toEqual(expect.arrayContaining(errorNames));
  });
});

describe('the main entry', () => {
  it('repeats every public name of the subpaths', () => {
    const modules = new Map();
    const main = exportsOf('src/index.ts', modules, new Set());
    const elsewhere = [...publicSubpaths()].filter(([subpath]) => !apart.has(subpath));
    const absent = elsewhere.flatMap(([subpath, source]) =>
      [...exportsOf(source, modules, new Set()).keys()]
        .filter((name) => !main.has(name))
        .map((name) => `${subpath}: ${name}`),
    );
    expect(absent).toEqual([]);
  });

  it('and the subpaths load no reader of foreign values: nothing imports them but by import(), where one is named', () => {
    const loading = filesUnder('src', '.ts')
      .filter((path) => !path.startsWith('src/foreign/'))
      .filter((path) =>
        importsOf(path, read(path)).some(({ specifier, how }) => how === 'static' && specifier.includes('/foreign/')),
      );
    expect(loading).toEqual([]);
  });
});
