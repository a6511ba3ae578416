import type { RequestListener } from 'node:http';
import type { Application } from 'express';
import { nameOf, say } from '../base/names.js';
import { originRule } from '../base/options.js';
import { isExpress } from '../doctor/look/application.js';
import type { LogsLines } from '../doctor/look/logs.js';
import type { HashesPasswords } from '../doctor/look/passwords.js';
import type { Policy } from '../policy/index.js';
import { isPolicy, loadModule, refusedModule } from './load-policy.js';

/** What a module tells the doctor of an application. Everything may be missing; what is missing is not looked at. */
export interface AppParts {
  readonly app?: (Application & RequestListener) | undefined;
  /** Where customers reach it. */
  readonly origin?: string | undefined;
  readonly passwords?: HashesPasswords | undefined;
  readonly log?: LogsLines | undefined;
  readonly policy?: Policy | undefined;
  /** The text of a mail that resets a password, or what makes it. */
  readonly resetMail?: string | (() => string | Promise<string>) | undefined;
  /** Ends what the module began, once the doctor is done. */
  readonly close?: (() => unknown) | undefined;
}

const checks: Readonly<Record<keyof AppParts, (value: unknown) => boolean>> = {
  app: isExpress,
  origin: (value) => originRule().check(value) === undefined,
  passwords: (value) => hasMethod(value, 'hash'),
  log: (value) => hasMethod(value, 'info'),
  policy: isPolicy,
  resetMail: (value) => typeof value === 'string' || typeof value === 'function',
  close: (value) => typeof value === 'function',
};

/**
 * The application: what its module exports as `app`, `keep` and the rest, or by default, or what a function that it
 * exports by default makes of them. Of a keep its passwords, its log and its policy are taken. It must not listen by
 * itself.
 * @throws SafekeepError ERR_OPTION_INVALID for what is none; what the module throws
 */
export async function loadApp(of: string, file: string): Promise<AppParts> {
  const module = await loadModule(of, 'app', file);
  const exported = module['default'];
  const made: unknown = typeof exported === 'function' && !isExpress(exported) ? await exported() : exported;
  const given: Record<string, unknown> = { ...module, ...partsIn(made) };
  const parts: Record<string, unknown> = {};
  for (const [name, check] of Object.entries(checks)) {
    const value = given[name] ?? ofKeep(given['keep'], name);
    if (value === undefined) continue;
    if (!check(value)) throw refusedModule(of, 'app', file, say`another value for its ${nameOf(name)}`);
    parts[name] = value;
  }
  if (Object.keys(parts).some((name) => name !== 'close' && name !== 'origin')) return parts;
  throw refusedModule(
    of,
    'app',
    file,
    say`a module that exports an Express application or a keep, as app, keep or by default`,
  );
}

function partsIn(made: unknown): Readonly<Record<string, unknown>> {
  if (isExpress(made)) return { app: made };
  if (typeof made !== 'object' || made === null) return {};
  return isKeep(made) ? { keep: made } : { ...made };
}

function ofKeep(keep: unknown, name: string): unknown {
  return isKeep(keep) && (name === 'passwords' || name === 'log' || name === 'policy') ? keep[name] : undefined;
}

/** Told by its parts, as the application may have a copy of this package of its own. */
function isKeep(value: unknown): value is Readonly<Record<'passwords' | 'log' | 'policy', unknown>> {
  const { guard, passwords, log } = (value ?? {}) as Partial<Record<'guard' | 'passwords' | 'log', unknown>>;
  return typeof guard === 'function' && hasMethod(passwords, 'hash') && hasMethod(log, 'info');
}

function hasMethod(value: unknown, name: string): boolean {
  return typeof (value as Readonly<Record<string, unknown>> | null | undefined)?.[name] === 'function';
}
