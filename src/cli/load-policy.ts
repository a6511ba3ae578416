import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SafekeepError } from '../base/errors.js';
import { nameOf, pathName, type Statement, say } from '../base/names.js';
import type { Policy } from '../policy/index.js';

/**
 * The policy of an application: what its module exports as `policy`, or by default. The module runs, as it does when the
 * application starts.
 * @throws SafekeepError ERR_OPTION_INVALID when there is none; what the module throws, ERR_POLICY_GAPS among it
 */
export async function loadPolicy(of: string, file: string): Promise<Policy> {
  const module = await loadModule(of, 'policy', file);
  const policy = module['policy'] ?? module['default'];
  if (isPolicy(policy)) return policy;
  throw refusedModule(of, 'policy', file, say`a module that exports a policy of definePolicy, as policy or by default`);
}

/** What a module of the application exports, its policy or its settings. @throws SafekeepError ERR_OPTION_INVALID */
export async function loadModule(
  of: string,
  option: 'policy' | 'config',
  file: string,
): Promise<Readonly<Record<string, unknown>>> {
  const path = resolve(file);
  if (!existsSync(path)) throw refusedModule(of, option, file, say`a file that exists`);
  if (!/\.[cm]?js$/.test(path)) throw refusedModule(of, option, file, say`compiled JavaScript: .js, .mjs or .cjs`);
  return (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>>;
}

export function refusedModule(of: string, option: string, file: string, expected: Statement): SafekeepError {
  const facts = { of: nameOf(of), option: nameOf(option), file: pathName(file), expected };
  return new SafekeepError('ERR_OPTION_INVALID', facts);
}

/** Told by its parts: the application may have a copy of this package of its own. */
export function isPolicy(value: unknown): value is Policy {
  const { resolved, table } = (value ?? {}) as Partial<Policy>;
  return typeof table === 'function' && typeof resolved?.tables?.get === 'function';
}
