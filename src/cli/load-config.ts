import { nameOf, nearest, say } from '../base/names.js';
import type { Database } from '../base/ports/database.js';
import type { KeySource } from '../base/ports/key-source.js';
import type { StreamFiles } from '../fields/index.js';
import type { Policy } from '../policy/index.js';
import { isPolicy, loadModule, refusedModule } from './load-policy.js';

type Made<T> = T | (() => T | Promise<T>);

/**
 * What a module tells the command line of an installation, by default or as `config`: where things are that no flag can
 * say (an HSM, a KMS), and how to get at secrets that belong on no command line. Functions are called when they are
 * needed.
 */
export interface Config {
  readonly policy?: Policy;
  /** What wraps the ring's keys. */
  readonly root?: Made<KeySource>;
  /** The ring's file, or `database`. */
  readonly ring?: 'database' | { readonly path: string };
  readonly database?: Made<Database>;
  /** The second key of a backup. */
  readonly recovery?: Made<KeySource>;
  /** Where registered stream files lie. */
  readonly streams?: Made<StreamFiles>;
}

const checks: Readonly<Record<keyof Config, (value: unknown) => boolean>> = {
  policy: isPolicy,
  root: (value) => isMade(value, 'wrap', 'unwrap'),
  ring: (value) => value === 'database' || typeof (value as { path?: unknown } | null)?.path === 'string',
  database: (value) => isMade(value, 'query', 'transaction'),
  recovery: (value) => isMade(value, 'wrap', 'unwrap'),
  streams: (value) => isMade(value, 'read', 'replace'),
};

/** @throws SafekeepError ERR_OPTION_INVALID for what is no such module; what the module throws */
export async function loadConfig(of: string, file: string): Promise<Config> {
  const module = await loadModule(of, 'config', file);
  const config = module['config'] ?? module['default'];
  if (typeof config !== 'object' || config === null)
    throw refusedModule(of, 'config', file, say`a module that exports its settings as config, or by default`);
  const known = Object.keys(checks);
  for (const [name, value] of Object.entries(config)) {
    const check = Object.hasOwn(checks, name) ? checks[name as keyof Config] : undefined;
    const near = nearest(name, known);
    const hint = near === undefined ? say`` : say`; did you mean ${nameOf(near)}?`;
    if (check === undefined) throw refusedModule(of, 'config', file, say`no setting ${nameOf(name)}${hint}`);
    if (value !== undefined && !check(value))
      throw refusedModule(of, 'config', file, say`another value for the setting ${nameOf(name)}`);
  }
  return config as Config;
}

/** An object of ours, told by its methods, or a function that makes one. */
function isMade(value: unknown, ...methods: readonly string[]): boolean {
  return typeof value === 'function' || isObjectWith(value, methods);
}

function isObjectWith(value: unknown, methods: readonly string[]): boolean {
  return methods.every((name) => typeof (value as Record<string, unknown> | null)?.[name] === 'function');
}

/** @throws SafekeepError ERR_OPTION_INVALID when a function made something else */
export async function made<T extends object>(
  of: string,
  file: string,
  setting: keyof Config,
  value: Made<T>,
  ...methods: readonly (keyof T & string)[]
): Promise<T> {
  const result: T = typeof value === 'function' ? await (value as () => T | Promise<T>)() : value;
  if (isObjectWith(result, methods)) return result;
  throw refusedModule(of, 'config', file, say`another value for the setting ${nameOf(setting)}`);
}
