import { Worker } from 'node:worker_threads';
import { SafekeepError } from '../../base/errors.js';
import { nameOf, say } from '../../base/names.js';
import type { BlockResult, RedactChoice } from './block-work.js';

export interface WorkerPool {
  /** Redacts a block in the thread that has the least to do. Rejects when that thread ended. */
  redact(block: Buffer): Promise<BlockResult>;
  close(): Promise<void>;
}

interface Waiting {
  readonly resolve: (result: BlockResult) => void;
  readonly reject: (error: Error) => void;
}
interface Seat {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
}

export function createWorkerPool(count: number, choice: RedactChoice): WorkerPool {
  let nextId = 0;
  const seats: readonly Seat[] = Array.from({ length: count }, () => {
    const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: choice });
    const waiting = new Map<number, Waiting>();
    worker.on('message', ({ id, result }: { readonly id: number; readonly result: BlockResult }) => {
      waiting.get(id)?.resolve(result);
      waiting.delete(id);
    });
    const fail = (error: Error): void => {
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    };
    worker.on('error', (error) => fail(error instanceof Error ? error : ended()));
    worker.on('exit', () => fail(ended()));
    return { worker, waiting };
  });

  return {
    redact(block) {
      const seat = seats.reduce((least, other) => (other.waiting.size < least.waiting.size ? other : least));
      const id = nextId;
      nextId += 1;
      return new Promise((resolve, reject) => {
        seat.waiting.set(id, { resolve, reject });
        seat.worker.postMessage({ id, block });
      });
    },
    async close() {
      await Promise.all(seats.map(({ worker }) => worker.terminate()));
    },
  };
}

function ended(): SafekeepError {
  const expected = say`worker threads that keep running; try --workers 1`;
  return new SafekeepError('ERR_OPTION_INVALID', { of: nameOf('redact'), option: nameOf('workers'), expected });
}
