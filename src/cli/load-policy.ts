import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SafekeepError } from '../base/errors.js';
import { nameOf, pathName, say } from '../base/names.js';
import type { Policy } from '../policy/index.js';

/**
 * The policy of an application: what its module exports as `policy`, or by default. The module runs, as it does when the
 * application starts.
 * @throws SafekeepError ERR_OPTION_INVALID when there is none; what the module throws, ERR_POLICY_GAPS among it
 */
export async function loadPolicy(of: string, file: string): Promise<Policy> {
  const path = resolve(file);
  const refused = (expected: ReturnType<typeof say>): SafekeepError =>
    new SafekeepError('ERR_OPTION_INVALID', {
      of: nameOf(of),
      option: nameOf('policy'),
      file: pathName(file),
      expected,
    });
  if (!existsSync(path)) throw refused(say`a file that exists`);
  if (!/\.[cm]?js$/.test(path)) throw refused(say`compiled JavaScript: .js, .mjs or .cjs`);
  const module = (await import(pathToFileURL(path).href)) as { policy?: unknown; default?: unknown };
  const policy = module.policy ?? module.default;
  if (isPolicy(policy)) return policy;
  throw refused(say`a module that exports a policy of definePolicy, as policy or by default`);
}

/** Told by its parts: the application may have a copy of this package of its own. */
function isPolicy(value: unknown): value is Policy {
  const { resolved, table } = (value ?? {}) as Partial<Policy>;
  return typeof table === 'function' && typeof resolved?.tables?.get === 'function';
}
