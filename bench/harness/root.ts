import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's folder, from the sources and from where they are compiled to alike. */
export const root: string = (() => {
  for (let at = dirname(fileURLToPath(import.meta.url)); ; at = dirname(at)) {
    if (existsSync(join(at, 'package-lock.json')) && existsSync(join(at, 'bench'))) return at;
    if (at === dirname(at)) throw new Error('the benches run from a clone of the repository');
  }
})();
