import type { Clock } from '../base/clock.js';

/** How far a piece of work is. */
export interface Progress {
  /** What is worked on: a table. */
  readonly name: string;
  readonly done: number;
  readonly of: number;
  /** What is counted; default `rows`. */
  readonly unit?: string | undefined;
}

export interface ProgressBar {
  update(progress: Progress): void;
  /** Leaves the line to what is printed next. */
  end(): void;
}

export interface ProgressOutput {
  readonly isTerminal: boolean;
  /** Characters a line; undefined where nobody knows. */
  readonly columns: number | undefined;
  readonly write: (text: string) => void;
}

const widestBar = 24;
const narrowestBar = 6;
const redrawMs = 100;
const plainLineMs = 5000;
/** The rate is that of the last seconds: a resumed run first passes what is done already, much faster. */
const windowMs = 8000;

/**
 * Rate and time left, for a person who waits. On a terminal one line that is drawn over; elsewhere a line now and then,
 * so that a log stays readable.
 */
export function createProgressBar(output: ProgressOutput, clock: Clock): ProgressBar {
  let samples: { readonly atMs: number; readonly done: number }[] = [];
  let current: string | undefined;
  let drawnMs = Number.NEGATIVE_INFINITY;
  let isDrawn = false;

  return {
    update({ name, done, of, unit }) {
      const atMs = clock.nowMs();
      const last = samples.at(-1);
      if (name !== current || (last !== undefined && done < last.done)) {
        [samples, current] = [[], name];
        // A table that is done in a moment is worth no line of a log.
        drawnMs = output.isTerminal ? Number.NEGATIVE_INFINITY : atMs;
      }
      samples = [...samples.filter((sample) => atMs - sample.atMs <= windowMs), { atMs, done }];
      const isLast = done >= of;
      if (atMs - drawnMs < (output.isTerminal ? redrawMs : plainLineMs) && !(isLast && output.isTerminal)) return;
      drawnMs = atMs;
      const [first] = samples;
      const seconds = (atMs - (first?.atMs ?? atMs)) / 1000;
      const rate = seconds > 0 ? (done - (first?.done ?? 0)) / seconds : undefined;
      const room = output.isTerminal ? (output.columns ?? 80) - 1 : 0;
      const text = line({ name, done, of, unit }, rate, room);
      if (!output.isTerminal) output.write(`${text}\n`);
      else {
        isDrawn = true;
        // Back to the start of the line and clear it; a longer line than the terminal would stay in pieces.
        output.write(`\r\u001b[2K${text.slice(0, room)}`);
      }
    },
    end() {
      if (isDrawn) output.write('\n');
      isDrawn = false;
    },
  };
}

/** The bar takes what room the words leave it; without room there is none. */
function line({ name, done, of, unit = 'rows' }: Progress, rate: number | undefined, room: number): string {
  const share = of > 0 ? Math.min(1, done / of) : 1;
  const speed = rate === undefined ? '' : `  ${grouped(Math.round(rate))} ${unit}/s`;
  const left = rate === undefined || rate <= 0 ? '' : `  ${duration(Math.max(0, of - done) / rate)} left`;
  const words = ` ${Math.floor(share * 100)} %  ${grouped(done)} of ${grouped(of)}${speed}${left}`;
  const width = Math.min(widestBar, room - name.length - words.length - ' []'.length);
  const filled = Math.round(share * width);
  const bar = width < narrowestBar ? '' : ` [${'#'.repeat(filled)}${'.'.repeat(width - filled)}]`;
  return `${name}${bar}${words}`;
}

export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `0:07`, `12:30`, `3:05:00`. */
function duration(exactSeconds: number): string {
  const seconds = Math.ceil(exactSeconds);
  const two = (part: number): string => String(part).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}
