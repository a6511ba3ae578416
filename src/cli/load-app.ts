import type { RequestListener } from 'node:http';
import type { Application } from 'express';
import { say } from '../base/names.js';
import { isExpress } from '../doctor/look/application.js';
import { loadModule, refusedModule } from './load-policy.js';

/** What a module tells the doctor of an application. */
export interface LoadedApp {
  readonly app: (Application & RequestListener) | undefined;
  /** Ends what the module began, once the doctor is done. */
  close(): Promise<void>;
}

/**
 * The application: what its module exports as `app` or by default, or what a function that it exports so makes. It must
 * not listen by itself.
 * @throws SafekeepError ERR_OPTION_INVALID for what is none; what the module throws
 */
export async function loadApp(of: string, file: string): Promise<LoadedApp> {
  const module = await loadModule(of, 'app', file);
  const exported = module['default'] ?? module;
  const made: unknown = typeof exported === 'function' && !isExpress(exported) ? await exported() : exported;
  const parts = isExpress(made) ? { app: made } : { ...module, ...(made as object) };
  const { app, close } = parts as { readonly app?: unknown; readonly close?: unknown };
  if (app !== undefined && !isExpress(app)) throw refusedModule(of, 'app', file, say`an Express application as app`);
  if (app === undefined)
    throw refusedModule(of, 'app', file, say`a module that exports an Express application, as app or by default`);
  return {
    app,
    async close() {
      if (typeof close === 'function') await close();
    },
  };
}
