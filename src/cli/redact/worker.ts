import { parentPort, workerData } from 'node:worker_threads';
import { blocksInOrder, type RedactChoice, redactorOf } from './block-work.js';

/** A thread that redacts blocks which have nothing to do with each other. */
const choice = workerData as RedactChoice;
const port = parentPort;
const redactor = redactorOf(choice);

port?.on('message', ({ id, block }: { readonly id: number; readonly block: Uint8Array }) => {
  redactor.then(
    (ready) => {
      const bytes = Buffer.from(block.buffer, block.byteOffset, block.byteLength);
      port.postMessage({ id, result: blocksInOrder(ready, choice)(bytes) });
    },
    (error: unknown) => {
      // An error that nobody handles ends the thread, which the pool takes for a failure of all of its work.
      queueMicrotask(() => {
        throw error;
      });
    },
  );
});
