import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Absent } from './case.js';
import { root } from './root.js';

/**
 * A competitor's package from bench/peers, which has a manifest and a lock of its own.
 * @throws Absent with the command that installs it
 */
export async function peer<T>(name: string): Promise<T> {
  let path: string;
  try {
    path = createRequire(join(root, 'bench/peers/package.json')).resolve(name);
  } catch {
    throw new Absent(`${name} is not installed: npm ci --prefix bench/peers`);
  }
  const module = (await import(pathToFileURL(path).href)) as { default?: unknown };
  return (typeof module.default === 'object' && module.default !== null ? module.default : module) as T;
}
