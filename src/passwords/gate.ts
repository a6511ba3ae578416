import { availableParallelism } from 'node:os';
import type { Clock, Random } from '../base/clock.js';
import { SafekeepError } from '../base/errors.js';
import { integerRule, optional, readOptions, withDefault } from '../base/options.js';
import { createFairQueue, type Waiting } from './fair-queue.js';

export interface GateOptions {
  /**
   * Hashes computed at once. 1 to 64; default: the processor's cores, at most 2, because Node's thread pool has four
   * threads unless told otherwise and the file system and DNS need the other two. With it, memory has a bound.
   */
  readonly running?: number | undefined;
  /** Requests that may wait, and as many again of trusted clients. 0 to 1024; default 128, about two seconds of work. */
  readonly queue?: number | undefined;
  /** How long a request may wait before it is refused, in milliseconds. 10 to 60000; default 2000. */
  readonly deadlineMs?: number | undefined;
}

/** Who asks: what the gate is fair between. */
export interface Client {
  /** As `subnetOf` writes it. Without one the request waits in a lane with all others that have none. */
  readonly subnet?: string | undefined;
  /** A device that signed in before. */
  readonly trusted?: boolean | undefined;
}

export interface Gate {
  /** How many hashes run at once, at most. */
  readonly running: number;
  /** What happens at this moment, for metrics. */
  load(): { readonly running: number; readonly waiting: number };
  /**
   * Runs the work when its turn comes.
   * @throws SafekeepError ERR_PASSWORD_BUSY (fact `retryAfterSeconds`) when its turn did not come in time or the queue
   *   was full; ERR_PASSWORD_ABANDONED when the signal was aborted first. In both cases the work never began.
   */
  run<T>(work: () => Promise<T>, client?: Client, signal?: AbortSignal): Promise<T>;
}

interface Ticket extends Waiting {
  readonly deadlineMs: number;
  readonly start: (slot: number) => void;
  readonly refuse: (error: SafekeepError) => void;
}

const gateShape = {
  running: optional(integerRule({ min: 1, max: 64 })),
  queue: withDefault(integerRule({ min: 0, max: 1024 }), 128),
  deadlineMs: withDefault(integerRule({ min: 10, max: 60_000 }), 2000),
};

/**
 * Admission control in front of the hashing: a storm of sign-ins may neither take the whole thread pool (every file
 * read and DNS look-up of the process would wait for the storm to end) nor memory without bound. What cannot be served
 * in time is refused early, whosever account it is for. ASVS 5.0 V15.2.2, V15.4.4.
 */
export function createGate(options: GateOptions, clock: Clock, random: Random): Gate {
  const read = readOptions('createPasswords.gate', gateShape, options);
  const running = read.running ?? Math.max(1, Math.min(availableParallelism(), 2));
  const trusted = createFairQueue<Ticket>(read.queue);
  const others = createFairQueue<Ticket>(read.queue);
  const free = Array.from({ length: running }, (_, slot) => running - 1 - slot);
  let turns = 0;

  function busy(): SafekeepError {
    const seconds = Math.ceil(read.deadlineMs / 1000);
    // Spread out, or everyone who was refused together would come back together.
    return new SafekeepError('ERR_PASSWORD_BUSY', { retryAfterSeconds: seconds + random.below(2 * seconds + 1) });
  }

  /**
   * Slot 0 is kept for trusted clients and the others for everyone else; each helps the other side out while its own
   * has nobody waiting, so nothing idles. A single slot takes turns.
   */
  function takeFor(slot: number): Ticket | undefined {
    const trustedFirst = running === 1 ? turns % 2 === 0 : slot === 0;
    turns += 1;
    return trustedFirst ? (trusted.take() ?? others.take()) : (others.take() ?? trusted.take());
  }

  function release(slot: number): void {
    for (let ticket = takeFor(slot); ticket !== undefined; ticket = takeFor(slot)) {
      // A blocked event loop may bring us here before the timer of a deadline that has passed.
      if (ticket.deadlineMs > clock.nowMs()) {
        ticket.start(slot);
        return;
      }
      ticket.refuse(busy());
    }
    free.push(slot);
  }

  return Object.freeze({
    running,
    load: () => ({ running: running - free.length, waiting: trusted.size() + others.size() }),
    run<T>(work: () => Promise<T>, client: Client = {}, signal?: AbortSignal): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        if (signal?.aborted) return reject(new SafekeepError('ERR_PASSWORD_ABANDONED'));
        const queue = client.trusted === true ? trusted : others;
        const ticket: Ticket = {
          lane: client.subnet ?? '',
          deadlineMs: clock.nowMs() + read.deadlineMs,
          start(slot) {
            signal?.removeEventListener('abort', abandon);
            void attempt(work)
              .then(resolve, reject)
              .finally(() => release(slot));
          },
          refuse(error) {
            signal?.removeEventListener('abort', abandon);
            reject(error);
          },
        };
        function abandon() {
          if (queue.remove(ticket)) ticket.refuse(new SafekeepError('ERR_PASSWORD_ABANDONED'));
        }
        const slot = free.pop();
        if (slot !== undefined) return ticket.start(slot);
        const refused = queue.add(ticket);
        refused?.refuse(busy());
        if (refused === ticket) return;
        signal?.addEventListener('abort', abandon, { once: true });
        void clock.wait(read.deadlineMs).then(() => {
          if (queue.remove(ticket)) ticket.refuse(busy());
        });
      });
    },
  });
}

/** Work that throws before its first await must free its slot like any other. */
async function attempt<T>(work: () => Promise<T>): Promise<T> {
  return await work();
}
