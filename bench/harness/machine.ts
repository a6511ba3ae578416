import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { root } from './root.js';

/** Where and on what a result was measured. Nothing in it names the machine or who owns it. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  readonly openssl: string;
  readonly versions: Readonly<Record<string, string>>;
}

export function machine(packages: readonly string[]): Machine {
  const versions: Record<string, string> = {};
  for (const name of packages) {
    const version = versionOf(name);
    if (version !== undefined) versions[name] = version;
  }
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    openssl: process.versions.openssl,
    versions,
  };
}

function versionOf(name: string): string | undefined {
  for (const folder of ['node_modules', 'bench/peers/node_modules']) {
    try {
      return (JSON.parse(readFileSync(join(root, folder, name, 'package.json'), 'utf8')) as { version: string })
        .version;
    } catch {}
  }
  return undefined;
}

export interface Load {
  readonly oneMinute: number;
  readonly limit: number;
}

/** Beyond one and a half runnable processes per core, what is measured is the queue for the processor. */
export function load(): Load {
  return { oneMinute: Math.round((loadavg()[0] ?? 0) * 100) / 100, limit: 1.5 * availableParallelism() };
}

/** Why nothing is measured now; undefined: the machine is calm enough, or the user insists. */
export function refusal({ oneMinute, limit }: Load, isForced: boolean): string | undefined {
  if (oneMinute <= limit || isForced) return undefined;
  return `The load of the last minute is ${oneMinute}, the limit ${limit}: nothing was measured. Wait, or say --force.`;
}
