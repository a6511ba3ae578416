import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SafekeepError } from '../base/errors.js';
import { nameOf, pathName, type Statement, say } from '../base/names.js';
import type { ForeignReader } from '../base/ports/foreign-reader.js';
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
  option: 'policy' | 'config' | 'readers' | 'app',
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

/**
 * The readers of another library's values by `table.column`: what a module exports as `readers`, or by default. It has
 * that library's keys, from wherever it takes them.
 * @throws SafekeepError ERR_OPTION_INVALID when there are none; what the module throws
 */
export async function loadReaders(of: string, file: string): Promise<Readonly<Record<string, ForeignReader>>> {
  const module = await loadModule(of, 'readers', file);
  const readers = module['readers'] ?? module['default'];
  if (isReaders(readers)) return readers;
  throw refusedModule(of, 'readers', file, say`a module that exports an object of readers, as readers or by default`);
}

function isReaders(value: unknown): value is Readonly<Record<string, ForeignReader>> {
  if (typeof value !== 'object' || value === null) return false;
  const readers: readonly unknown[] = Object.values(value);
  return (
    readers.length > 0 && readers.every((own) => typeof (own as Partial<ForeignReader> | null)?.read === 'function')
  );
}

/** Told by its parts: the application may have a copy of this package of its own. */
export function isPolicy(value: unknown): value is Policy {
  const { resolved, table } = (value ?? {}) as Partial<Policy>;
  return typeof table === 'function' && typeof resolved?.tables?.get === 'function';
}
