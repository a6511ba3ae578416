import { availableParallelism } from 'node:os';
import type { Clock, Random } from '../base/clock.js';
import { SafekeepError } from '../base/errors.js';
import { integerRule, optional, readOptions, withDefault } from '../base/options.js';
import { createFairQueue, type FairQueue, type Waiting } from './fair-queue.js';
import { createGateMeters, type GateMeters, type Refusal } from './gate-meters.js';

export interface GateOptions {
  /**
   * Hashes computed at once. 1 to 64; default: the processor's cores, at most 2, because Node's thread pool has four
   * threads unless told otherwise and the file system and DNS need the other two. With it, memory has a bound.
   */
  readonly running?: number | undefined;
  /**
   * Requests that may wait, and as many again of trusted clients. 0 to 1024; default 128. Fewer wait where that many
   * could not be served before their deadline, as the hashes of late took: the rest is refused at once.
   */
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
   *   was full, or could not be served in time; ERR_PASSWORD_ABANDONED when the signal was aborted first. In both cases the work never began.
   */
  run<T>(work: () => Promise<T>, client?: Client, signal?: AbortSignal): Promise<T>;
}

interface Ticket extends Waiting {
  readonly sinceMs: number;
  readonly trusted: boolean;
  readonly start: (slot: number) => void;
  readonly refuse: (error: SafekeepError) => void;
}

const gateShape = {
  running: optional(integerRule({ min: 1, max: 64 })),
  queue: withDefault(integerRule({ min: 0, max: 1024 }), 128),
  deadlineMs: withDefault(integerRule({ min: 10, max: 60_000 }), 2000),
};
/** How much the newest hash counts in the mean: a stalled machine is forgotten after some ten hashes. */
const newestShare = 1 / 8;

/**
 * Admission control in front of the hashing: a storm of sign-ins may neither take the whole thread pool (every file
 * read and DNS look-up of the process would wait for the storm to end) nor memory without bound. What cannot be served
 * in time is refused early, whosever account it is for. ASVS 5.0 V15.2.2, V15.4.4.
 */
export function createGate(
  options: GateOptions,
  clock: Clock,
  random: Random,
  meters: GateMeters = createGateMeters(),
): Gate {
  const read = readOptions('createPasswords.gate', gateShape, options);
  const running = read.running ?? Math.max(1, Math.min(availableParallelism(), 2));
  const trusted: FairQueue<Ticket> = createFairQueue(() => places(others.size() > 0 ? 1 / Math.max(2, running) : 1));
  const others: FairQueue<Ticket> = createFairQueue(() =>
    places(trusted.size() > 0 ? Math.max(0.5, 1 - 1 / running) : 1),
  );
  const free = Array.from({ length: running }, (_, slot) => running - 1 - slot);
  let turns = 0;
  let sweeping = false;
  let meanHashMs = 0;

  /** How many can be served before the deadline of the last of them, by a share of the slots. */
  function places(share: number): number {
    if (meanHashMs === 0) return read.queue;
    return Math.min(read.queue, Math.max(running, Math.floor((read.deadlineMs * running * share) / meanHashMs)));
  }

  function busy(because: Refusal, ticket: Ticket): void {
    meters.refused(because, ticket.trusted);
    const seconds = Math.ceil(read.deadlineMs / 1000);
    // Spread out, or everyone who was refused together would come back together.
    const retryAfterSeconds = seconds + random.below(2 * seconds + 1);
    ticket.refuse(new SafekeepError('ERR_PASSWORD_BUSY', { retryAfterSeconds }));
  }

  /**
   * Slot 0 is kept for trusted clients and the others for everyone else; each helps the other side out while its own
   * has nobody waiting, so nothing idles. A single slot takes turns.
   */
  function takeFor(slot: number): Ticket | undefined {
    const trustedFirst = running === 1 ? turns % 2 === 0 : slot === 0;
    turns += 1;
    const ticket = trustedFirst ? (trusted.take() ?? others.take()) : (others.take() ?? trusted.take());
    if (ticket !== undefined) meters.queued.add(-1);
    return ticket;
  }

  function release(slot: number): void {
    for (let ticket = takeFor(slot); ticket !== undefined; ticket = takeFor(slot)) {
      // A blocked event loop may bring us here before the timer of a deadline that has passed.
      if (!isLate(ticket)) {
        ticket.start(slot);
        return;
      }
      busy('deadline', ticket);
    }
    free.push(slot);
    meters.running.add(-1);
  }

  function isLate({ sinceMs }: Ticket): boolean {
    return clock.nowMs() - sinceMs >= read.deadlineMs;
  }

  function drop(ticket: Ticket): boolean {
    const waited = (ticket.trusted ? trusted : others).remove(ticket);
    if (waited) meters.queued.add(-1);
    return waited;
  }

  /**
   * One timer for all that wait, not one each: a flood that is let in and pushed out again would leave a timer, and what
   * it holds on to, for every request of the last seconds.
   */
  async function sweep(): Promise<void> {
    if (sweeping) return;
    sweeping = true;
    while (trusted.size() + others.size() > 0) {
      let sinceMs = Number.POSITIVE_INFINITY;
      for (const head of [...trusted.heads(), ...others.heads()]) sinceMs = Math.min(sinceMs, head.sinceMs);
      // While anything waits here a hash runs, and that keeps the process up; when all are served, nothing has to.
      await clock.wait(sinceMs + read.deadlineMs - clock.nowMs(), { ref: false });
      for (const queue of [trusted, others]) {
        for (let late = queue.heads().filter(isLate); late.length > 0; late = queue.heads().filter(isLate)) {
          for (const ticket of late) if (drop(ticket)) busy('deadline', ticket);
        }
      }
    }
    sweeping = false;
  }

  async function work<T>(ticket: Ticket, slot: number, run: () => Promise<T>): Promise<T> {
    const startedMs = clock.nowMs();
    meters.wait.record(Math.max(0, startedMs - ticket.sinceMs) / 1000);
    try {
      // Awaited here: work that throws before its first await must free its slot like any other.
      return await run();
    } finally {
      const tookMs = Math.max(0, clock.nowMs() - startedMs);
      meters.hash.record(tookMs / 1000);
      const counted = Math.min(tookMs, read.deadlineMs);
      meanHashMs = meanHashMs === 0 ? counted : meanHashMs + newestShare * (counted - meanHashMs);
      release(slot);
    }
  }

  return Object.freeze({
    running,
    load: () => ({ running: running - free.length, waiting: trusted.size() + others.size() }),
    run<T>(run: () => Promise<T>, client: Client = {}, signal?: AbortSignal): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        const ticket: Ticket = {
          lane: client.subnet ?? '',
          sinceMs: clock.nowMs(),
          trusted: client.trusted === true,
          start(slot) {
            signal?.removeEventListener('abort', abandon);
            void work(ticket, slot, run).then(resolve, reject);
          },
          refuse(error) {
            signal?.removeEventListener('abort', abandon);
            reject(error);
          },
        };
        function abandoned(): void {
          meters.refused('abandoned', ticket.trusted);
          ticket.refuse(new SafekeepError('ERR_PASSWORD_ABANDONED'));
        }
        function abandon(): void {
          if (drop(ticket)) abandoned();
        }
        if (signal?.aborted) return abandoned();
        const slot = free.pop();
        if (slot !== undefined) {
          meters.running.add(1);
          return ticket.start(slot);
        }
        const refused = (ticket.trusted ? trusted : others).add(ticket);
        if (refused !== ticket) meters.queued.add(1);
        if (refused !== undefined) {
          if (refused !== ticket) meters.queued.add(-1);
          busy('full', refused);
        }
        if (refused === ticket) return;
        signal?.addEventListener('abort', abandon, { once: true });
        void sweep();
      });
    },
  });
}
