import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Pattern } from './guess-units.js';

export interface GuessQuestion {
  readonly id: number;
  readonly password: string;
  readonly words: readonly string[];
}
export interface Guess {
  readonly id: number;
  /** How many tries an attacker who knows the usual ways needs: a power of ten. */
  readonly guessesLog10: number;
  readonly pattern: Pattern;
}

export interface Guessability {
  /** Undefined when it was not judged: too many wait, or it took too long. */
  judge(password: string, words: readonly string[]): Promise<Omit<Guess, 'id'> | undefined>;
}

/**
 * zxcvbn looks at so many characters of a password and no more, as its cost grows faster than the length. One that gives
 * too little away in 48 is judged by them alone.
 */
export const judgedCharacters = 48;
/** Together they may wait a few seconds; what comes on top is judged by the rules alone. */
const mostWaiting = 64;
const mostWords = 100;
const idleMs = 30_000;

interface Waiting {
  readonly answer: (guess: Guess | undefined) => void;
}

interface Thread {
  /** The script. Default: the build's own, since a thread cannot be started from a source. */
  readonly file?: string;
  /** Milliseconds for the next answer while somebody waits. Default 5,000. */
  readonly deadlineMs?: number;
}

/**
 * zxcvbn-ts in a thread of its own, which starts with the first question and ends after half a minute without one. It
 * keeps no process alive. Whatever goes wrong there, the answer is "not judged" and the next question starts anew.
 */
export function createGuessability({ file = builtFile(), deadlineMs = 5000 }: Thread = {}): Guessability {
  let worker: Worker | undefined;
  let timer: NodeJS.Timeout | undefined;
  let next = 0;
  const waiting = new Map<number, Waiting>();

  function start(): Worker {
    const started = new Worker(file, { resourceLimits: { maxOldGenerationSizeMb: 128 }, env: {}, execArgv: [] });
    const fail = (): void => stop(started);
    started.on('message', (guess: Guess) => {
      const asked = waiting.get(guess.id);
      waiting.delete(guess.id);
      asked?.answer(guess);
      watch(started);
    });
    started.on('error', fail).on('exit', fail);
    return started;
  }

  function stop(stopped: Worker): void {
    if (worker !== stopped) return;
    worker = undefined;
    clearTimeout(timer);
    void stopped.terminate();
    for (const [id, { answer }] of waiting) {
      waiting.delete(id);
      answer(undefined);
    }
  }

  /** While somebody waits, the thread has a deadline for its next answer and keeps the process up; else it may go. */
  function watch(watched: Worker): void {
    clearTimeout(timer);
    timer = setTimeout(() => stop(watched), waiting.size > 0 ? deadlineMs : idleMs);
    if (waiting.size > 0) watched.ref();
    else {
      watched.unref();
      timer.unref();
    }
  }

  return Object.freeze({
    judge(password: string, words: readonly string[]) {
      if (waiting.size >= mostWaiting) return Promise.resolve(undefined);
      return new Promise<Guess | undefined>((answer) => {
        const id = next;
        next += 1;
        const isFirst = waiting.size === 0;
        waiting.set(id, { answer });
        worker ??= start();
        worker.postMessage({
          id,
          password: [...password.normalize('NFKC')].slice(0, judgedCharacters).join(''),
          words: words.filter((word) => word.length <= judgedCharacters).slice(0, mostWords),
        } satisfies GuessQuestion);
        if (isFirst) watch(worker);
      });
    },
  });
}

/** The same path leads there from src and from dist. */
function builtFile(): string {
  return fileURLToPath(new URL('../../dist/passwords/guess-worker.js', import.meta.url));
}
