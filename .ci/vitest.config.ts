import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** Tests import the package by its own name and get the sources: one alias per subpath, read from package.json. */
const alias = Object.entries<string | { default: string }>(exports)
  .filter((entry): entry is [string, { default: string }] => typeof entry[1] === 'object')
  .map(([subpath, target]) => ({
    find: new RegExp(`^safekeep${subpath.slice(1)}$`),
    replacement: join(root, target.default.replace('./dist/', 'src/').replace(/\.js$/, '.ts')),
  }));

export default defineConfig({
  root,
  resolve: { alias },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: process.env['SAFEKEEP_LONG'] ? [] : ['test/**/*.long.test.ts'],
    globalSetup: existsSync(join(root, 'test/services/setup.ts')) ? ['test/services/setup.ts'] : [],
    isolate: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    coverage: { include: ['src/**/*.ts'], reporter: ['text-summary', 'json-summary'] },
  },
});
