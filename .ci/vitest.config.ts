import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const long = process.env['SAFEKEEP_LONG'] !== undefined;

/**
 * What the gate leaves out on the further versions of Node, where it has run on one already: suites about the sources,
 * the browser, whole processes, what the database decides, and foreign programs, whose outcome no version of Node changes.
 * What rests on Node itself runs on each: cryptography, natives, TLS, HTTP, the preset over HTTPS.
 */
const once = [
  'test/house/**',
  'test/bench/**',
  'test/hsm/**',
  'test/originals/**',
  'test/recipes/**',
  'test/cli/**',
  'test/isp/**',
  'test/storefront/{browser,start,floor,leaks,registration,account,factor,attempts,mail-change}.test.ts',
  'test/certificates/acme.test.ts',
  'test/database/{embedded-*,tls}.test.ts',
  'test/doctor/{findings,reports,exceptions,keeping,storefront}.test.ts',
  'test/limits/redis/*outage.test.ts',
  'test/{accounts,resets,sessions}/**',
  'test/passwords/{interop,calibrate,memory,guessability}.test.ts',
  'test/{rotation,import}/**',
];
const again = process.env['SAFEKEEP_AGAIN'] !== undefined;

/** Tests import the package by its own name and get the sources: one alias per subpath, read from package.json. */
const alias = Object.entries<string | { default: string }>(exports)
  .filter((entry): entry is [string, { default: string }] => typeof entry[1] === 'object')
  .map(([subpath, target]) => ({
    find: new RegExp(`^safekeep${subpath.slice(1)}$`),
    replacement: join(root, target.default.replace('./dist/', 'src/').replace(/\.js$/, '.ts')),
  }));

/** A native module that only the HSM tests need is installed beside them (test/hsm). */
const pkcs11js = join(root, 'test/hsm/node_modules/pkcs11js/index.js');
if (existsSync(pkcs11js)) alias.push({ find: /^pkcs11js$/, replacement: pkcs11js });

/** .ci/count.mjs reads it: how many passed, and what was left out. */
const results = join(root, '.build', 'results', `node-${process.versions.node.split('.')[0]}.json`);

export default defineConfig({
  root,
  resolve: { alias },
  test: {
    include: [long ? 'test/**/*.long.test.ts' : 'test/**/*.test.ts'],
    exclude: [
      '**/node_modules/**',
      'test/consumers/**',
      ...(long ? [] : ['test/**/*.long.test.ts']),
      ...(again ? once : []),
    ],
    globalSetup: existsSync(join(root, 'test/services/setup.ts')) ? ['test/services/setup.ts'] : [],
    isolate: false,
    // Many suites wait for a server more than they compute: two at a time also where there are two cores.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: long ? 600_000 : 30_000,
    hookTimeout: 120_000,
    reporters: process.env['CI'] === undefined ? ['default'] : ['default', ['json', { outputFile: results }]],
    coverage: { include: ['src/**/*.ts'], reporter: ['text-summary', 'json-summary'] },
  },
});
