import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's own folder. */
export const root: string = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const notOurs = new Set(['node_modules', 'dist', '.build', '.data', '.git', 'coverage', 'screenshots']);

/** Files below a folder, as paths from the root with forward slashes; none when the folder is not there yet. */
export function filesUnder(folder: string, ends = ''): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = folder === '.' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) return notOurs.has(entry.name) ? [] : filesUnder(path, ends);
      return entry.isFile() && path.endsWith(ends) ? [path] : [];
    })
    .sort();
}

/** What git tracks, or would: an unpacked archive without git is walked instead. */
export function trackedFiles(): string[] {
  try {
    const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const files = listed
      .toString()
      .split('\0')
      .filter((path) => path !== '' && existsSync(join(root, path)));
    return files.filter((path) => statSync(join(root, path)).isFile());
  } catch {
    return filesUnder('.');
  }
}

export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

export interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional?: boolean }>>;
  readonly scripts: Readonly<Record<string, string>>;
}
export function manifest(): Manifest {
  return JSON.parse(read('package.json')) as Manifest;
}

/** Public subpaths and the source file behind each: `./errors` -> `src/base/errors.ts`. */
export function publicSubpaths(): Map<string, string> {
  const sources = new Map<string, string>();
  for (const [subpath, target] of Object.entries(manifest().exports)) {
    if (typeof target === 'string') continue;
    sources.set(subpath, target.default.replace('./dist/', 'src/').replace(/\.js$/, '.ts'));
  }
  return sources;
}
