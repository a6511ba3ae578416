import { systemClock } from '../base/clock.js';
import { createProgressBar, type ProgressBar } from './progress-bar.js';

/** What a command that takes a while works with. */
export interface LongWork {
  /** On the error output; plain lines where that is no terminal. */
  readonly bar: ProgressBar;
  /** Aborted by SIGINT and SIGTERM, for work that can stop between two steps. */
  readonly signal: AbortSignal;
  /** To be called whatever happens: ends the bar's line and gives the signals back. */
  end(): void;
}

/**
 * A progress bar, and a signal that stops the work. A second SIGINT ends the process at once.
 * @param quiet for programs: no line is drawn over
 * @param reason what an aborted work throws, where it throws the reason
 */
export function startLongWork(quiet: boolean, reason?: Error): LongWork {
  const bar = createProgressBar(
    {
      isTerminal: process.stderr.isTTY === true && !quiet,
      columns: process.stderr.columns,
      write: (text) => process.stderr.write(text),
    },
    systemClock,
  );
  const control = new AbortController();
  const stop = (): void => control.abort(reason);
  process.once('SIGINT', stop).once('SIGTERM', stop);
  return {
    bar,
    signal: control.signal,
    end() {
      bar.end();
      process.off('SIGINT', stop).off('SIGTERM', stop);
    },
  };
}
