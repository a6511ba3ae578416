import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Reply, Request } from './worker.js';

/** A process that hosts contenders. Requests are made one at a time. */
export interface Host {
  ask(request: Request): Promise<Reply>;
  close(): void;
}

export function startHost(execPath: string = process.execPath): Host {
  const worker = fileURLToPath(new URL('worker.js', import.meta.url));
  const child: ChildProcess = fork(worker, [], {
    execPath,
    execArgv: ['--expose-gc'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        const settle = (act: () => void) => {
          child.off('message', onMessage).off('exit', onExit).off('error', onError);
          act();
        };
        const onMessage = (reply: Reply) => settle(() => resolve(reply));
        const onError = (error: Error) => settle(() => reject(error));
        const onExit = (code: number | null, signal: string | null) =>
          settle(() => reject(new Error(`the process of a contender ended (${signal ?? code})`)));
        child.on('message', onMessage).on('exit', onExit).on('error', onError);
        child.send(request);
      }),
    close: () => {
      if (child.connected) child.disconnect();
      child.kill();
    },
  };
}

const found = new Map<number, string | undefined>();

/** A Node of at least that major version: this one, or one that npm brings. undefined: there is none to be had. */
export function nodeOf(major: number | undefined): string | undefined {
  if (major === undefined || Number(process.versions.node.split('.')[0]) >= major) return process.execPath;
  if (!found.has(major)) {
    try {
      const args = ['--yes', `node@${major}`, '-p', 'process.execPath'];
      found.set(
        major,
        execFileSync('npx', args, { stdio: ['ignore', 'pipe', 'ignore'] })
          .toString()
          .trim(),
      );
    } catch {
      found.set(major, undefined);
    }
  }
  return found.get(major);
}
