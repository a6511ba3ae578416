import { errorCodes, isSafekeepError, SafekeepError } from '../base/errors.js';
import { nameOf } from '../base/names.js';
import { type ProblemType, problemTypes } from './problem-types.js';
import { sentenceOf } from './sentences.js';

/** What an error comes to for a client. */
export interface Failure {
  readonly status: number;
  readonly sentence: string;
  readonly retryAfterSeconds?: number;
  /** Undefined for those that say no more than their status. */
  readonly problem?: ProblemType;
}

/** Statuses of body-parser's errors, by their `type`: its own say what the body was. */
const bodyErrors = new Map<unknown, number>([
  ['charset.unsupported', 415],
  ['encoding.unsupported', 415],
  ['entity.parse.failed', 400],
  ['entity.too.large', 413],
  ['entity.verify.failed', 403],
  ['parameters.too.many', 413],
  ['request.aborted', 400],
  ['request.size.invalid', 400],
]);

/**
 * Turns any thrown thing into a status and a fixed sentence. Ours say their own; those of Express, body-parser, send
 * and http-errors are known by their type or a status that blames the client; all else is our fault and says so only.
 */
export function failureOf(error: unknown): Failure {
  if (isSafekeepError(error)) {
    const { status } = error;
    const retryAfterSeconds = waitOf(error.facts['retryAfterSeconds']);
    const sentence = status < 500 ? `${errorCodes[error.code][1]}.` : sentenceOf(status);
    const problem = problemTypes.get(error.code);
    return {
      status,
      sentence,
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
      ...(problem !== undefined && { problem }),
    };
  }
  const status = foreignStatus(error);
  return { status, sentence: sentenceOf(status) };
}

/**
 * What may be told of an error. Those of body-parser and of Express's router quote the client in their message, their
 * stack or `body`: a password with a typing error in the JSON around it would be in the log. Their kind stands for them.
 */
export function withoutInput(error: unknown): unknown {
  if (error instanceof URIError) return unreadable('uri');
  if (typeof error !== 'object' || error === null || isSafekeepError(error)) return error;
  const { type } = error as { type?: unknown };
  return bodyErrors.has(type) ? unreadable(String(type)) : error;
}

function unreadable(reason: string): SafekeepError {
  return new SafekeepError('ERR_REQUEST_UNREADABLE', { reason: nameOf(reason) });
}

function foreignStatus(error: unknown): number {
  if (error instanceof URIError) return 400;
  if (typeof error !== 'object' || error === null) return 500;
  const { type, status, statusCode } = error as { type?: unknown; status?: unknown; statusCode?: unknown };
  const known = bodyErrors.get(type);
  if (known !== undefined) return known;
  const claimed = typeof status === 'number' ? status : statusCode;
  // A foreign 5xx is not passed on: 502 or 504 would tell of what stands behind us.
  return Number.isInteger(claimed) && (claimed as number) >= 400 && (claimed as number) < 500
    ? (claimed as number)
    : 500;
}

function waitOf(fact: unknown): number | undefined {
  return typeof fact === 'number' && fact > 0 && fact <= 86_400 ? Math.ceil(fact) : undefined;
}
