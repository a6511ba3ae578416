import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import type { EngineName, TagRequest } from '../engine.js';
import { cryptoArgon2 } from './crypto-engine.js';
import { areKnown, knownAnswers } from './known-answers.js';
import { probeScript } from './probe-script.js';

/** How an engine did in a process of its own. */
export interface EngineTrial {
  readonly engine: EngineName;
  /**
   * `good`: the published tags. `absent`: not installed, or this Node has none. `broken`: it does not load, or fails.
   * `crashed`: it took its process down. `silent`: no answer in time. `wrong`: other tags than the published ones.
   * `untried`: no process could be started on this machine.
   */
  readonly outcome: 'good' | 'absent' | 'broken' | 'crashed' | 'silent' | 'wrong' | 'untried';
  /** Processor time of one hash at the default cost, where it was measured. */
  readonly cpuMs?: number | undefined;
}

export interface ProbeOptions {
  /** Also time a hash at the default cost. Default false. */
  readonly measure?: boolean;
  /** Where the package lies; found by its name unless it is given. */
  readonly path?: string;
  /** Milliseconds after which the child is ended. Default 20,000: a machine that is that slow has other worries. */
  readonly limitMs?: number;
}
export type Probe = (engine: EngineName, options?: ProbeOptions) => Promise<EngineTrial>;

/** OWASP's first choice, which is the default cost. */
const sample: TagRequest = {
  variant: 'argon2id',
  memoryKiB: 19456,
  passes: 2,
  lanes: 1,
  password: Buffer.from('password'),
  salt: Buffer.from('sixteen letters!'),
  tagBytes: 32,
};

/**
 * Tries an engine in a child process: a native module that crashes (argon2 0.45 does, on `require`, under Node 20)
 * cannot be caught, and must not take the server down. Nothing of a person goes to the child.
 */
export const probeEngine: Probe = (engine, { measure = false, path = pathOf(engine), limitMs = 20_000 } = {}) => {
  if (path === undefined) return Promise.resolve({ engine, outcome: 'absent' });
  if (!canStartNode()) return Promise.resolve({ engine, outcome: 'untried' });
  const input = JSON.stringify({
    engine,
    path,
    requests: knownAnswers.map(({ request }) => asText(request)),
    sample: measure ? asText(sample) : undefined,
  });
  return new Promise((resolve) => {
    try {
      const options = { timeout: limitMs, killSignal: 'SIGKILL', windowsHide: true } as const;
      execFile(process.execPath, ['--eval', probeScript, input], options, (error, stdout) => {
        resolve(error === null ? readAnswer(engine, stdout) : { engine, outcome: outcomeOf(error) });
      });
    } catch {
      // Node's permission model throws here.
      resolve({ engine, outcome: 'untried' });
    }
  });
};

/**
 * Whether the running program, started again, is Node and not the application itself: where the server is one with its
 * executable, the child would be a second server that starts a child of its own, and so on.
 */
function canStartNode(): boolean {
  const isPacked = 'electron' in process.versions || 'pkg' in process || isSingleExecutable();
  return !isPacked && !process.argv.includes(probeScript);
}

function isSingleExecutable(): boolean {
  try {
    return (createRequire(import.meta.url)('node:sea') as { isSea(): boolean }).isSea();
  } catch {
    // Older than single executables.
    return false;
  }
}

function pathOf(engine: EngineName): string | undefined {
  const require = createRequire(import.meta.url);
  try {
    if (engine === 'argon2') return require.resolve('argon2');
    if (engine === '@node-rs/argon2') return require.resolve('@node-rs/argon2');
    return cryptoArgon2() === undefined ? undefined : '';
  } catch {
    return undefined;
  }
}

/** Whether the engine can be loaded at all, without loading it. */
export function isInstalled(engine: EngineName): boolean {
  return pathOf(engine) !== undefined;
}

function asText({ password, salt, ...rest }: TagRequest): object {
  return { ...rest, password: Buffer.from(password).toString('hex'), salt: Buffer.from(salt).toString('hex') };
}

function outcomeOf(error: {
  readonly killed?: boolean | undefined;
  readonly signal?: string | null | undefined;
  readonly code?: string | number | null | undefined;
}): EngineTrial['outcome'] {
  if (error.killed === true) return 'silent';
  // Windows has no signals: a crash is a status like 0xC0000005.
  if (typeof error.signal === 'string' || (typeof error.code === 'number' && error.code > 255)) return 'crashed';
  return typeof error.code === 'number' ? 'broken' : 'untried';
}

function readAnswer(engine: EngineName, stdout: string): EngineTrial {
  try {
    const { tags, cpuMs } = JSON.parse(stdout) as { tags: readonly string[]; cpuMs?: number };
    if (!areKnown(tags.map((tag) => Buffer.from(tag, 'hex')))) return { engine, outcome: 'wrong' };
    return { engine, outcome: 'good', cpuMs };
  } catch {
    return { engine, outcome: 'wrong' };
  }
}
