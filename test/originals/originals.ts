import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const folder = import.meta.dirname;
/** `.ci/run` installs them: what is left out there is a failure. */
export const present: boolean = existsSync(join(folder, 'node_modules/typeorm-encrypted'));
if (!present) console.warn('The original libraries are not compared with: run npm ci --prefix test/originals.');

/** A library whose stored values we read. It says nothing of its types here: the tests say what they use. */
export function original<T>(name: string): T {
  return createRequire(join(folder, 'package.json'))(name) as T;
}
