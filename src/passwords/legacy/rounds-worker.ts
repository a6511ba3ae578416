import { parentPort, workerData } from 'node:worker_threads';
import { type RoundsJob, startRounds } from './rounds.js';

// A thread of its own for one computation, so that the event loop of the server never waits for it.
parentPort?.postMessage(startRounds(workerData as RoundsJob).run(Number.POSITIVE_INFINITY));
