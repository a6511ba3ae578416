import { type ErrorCode, errorCodes } from './error-codes.js';
import type { Name, Statement } from './names.js';

export { type ErrorCode, errorCodes } from './error-codes.js';
export type { Name, Statement } from './names.js';

/** What an error may say beyond its fixed sentence. Free text is not among it, so no personal value can be. */
export type Fact = number | boolean | Name | Statement | readonly Fact[];
export type Facts = Readonly<Record<string, Fact | undefined>>;

/**
 * The one error of the toolkit. `code` says which check failed, `status` what a server answers, `facts` which option,
 * table or key id it was. It never carries a value, a row, a key or another error's text: it is safe to log whole.
 */
export class SafekeepError extends Error {
  readonly code: ErrorCode;
  /** HTTP status for the client. */
  readonly status: number;
  readonly facts: Facts;

  constructor(code: ErrorCode, facts: Facts = {}) {
    const [status, message] = errorCodes[code];
    super(`${code}: ${message}${factText(facts)}`);
    this.name = 'SafekeepError';
    this.code = code;
    this.status = status;
    this.facts = Object.freeze({ ...facts });
  }
}

/** True for an error of this toolkit with that code; without a code, for any of them. */
export function isSafekeepError(error: unknown, code?: ErrorCode): error is SafekeepError {
  return error instanceof SafekeepError && (code === undefined || error.code === code);
}

function factText(facts: Facts): string {
  const known = Object.entries(facts).filter(([, fact]) => fact !== undefined);
  if (known.length === 0) return '.';
  const lists = known.filter(([, fact]) => Array.isArray(fact));
  const single = known.filter(([, fact]) => !Array.isArray(fact)).map(([name, fact]) => `${name}: ${String(fact)}`);
  const listed = lists.map(
    ([name, fact]) => `${name}:${(fact as readonly Fact[]).map((item) => `\n  - ${String(item)}`).join('')}`,
  );
  return [single.length > 0 ? ` (${single.join(', ')}).` : '.', ...listed].join('\n').trimEnd();
}
