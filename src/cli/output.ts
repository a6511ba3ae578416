import { type Facts, SafekeepError } from '../base/errors.js';

/** What a command has to say: for a program with `--json`, else for a person. */
export interface Outcome {
  readonly json: Readonly<Record<string, unknown>>;
  readonly lines: readonly string[];
}

export interface Printer {
  out(text: string): void;
  err(text: string): void;
  /** The status that the program ends with when nothing fails: a command's own answer for scripts. Default 0. */
  end(status: number): void;
}

export function print(outcome: Outcome, asJson: boolean, printer: Printer): void {
  printer.out(asJson ? JSON.stringify(outcome.json) : outcome.lines.join('\n'));
}

/** An error in one line: its code, its sentence and its facts. Another's error says its own first line. */
export function errorLine(error: unknown, asJson: boolean): string {
  const message = oneLine(error instanceof Error ? error.message : String(error));
  if (!asJson) return `safekeep: ${message}`;
  const known: { code: string; facts: Facts } =
    error instanceof SafekeepError ? { code: error.code, facts: error.facts } : { code: 'ERR_UNEXPECTED', facts: {} };
  return JSON.stringify({ error: { code: known.code, message, facts: known.facts } });
}

/** A key id as stored values and messages write it. */
export function keyHex(id: number): string {
  return id.toString(16).padStart(8, '0');
}

function oneLine(text: string): string {
  return text
    .trim()
    .replace(/:\n\s*- /g, ': ')
    .replace(/\n\s*- /g, '; ')
    .replace(/\s*\n\s*/g, ' ');
}
