import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import { type Random, systemRandom } from '../base/clock.js';
import { SafekeepError } from '../base/errors.js';
import { functionRule, objectRule, optional, readOptions, withDefault } from '../base/options.js';
import { ensureBaseline } from './baseline-headers.js';
import { type Failure, failureOf, withoutInput } from './failure.js';
import { closeAfter } from './linger.js';
import { wantsJson } from './negotiate.js';
import type { ProblemType } from './problem-types.js';
import { phraseOf } from './sentences.js';

/** What a page of yours may say of a failure. */
export interface FailurePage {
  readonly status: number;
  /** A fixed sentence. */
  readonly title: string;
  /** Tells the log line of this failure to whoever is asked for help. */
  readonly reference: string;
  /** How long to wait, where that is known, as the header `Retry-After` says it. */
  readonly retryAfterSeconds?: number | undefined;
}

export interface FailureReport extends FailurePage {
  /**
   * What was thrown: may hold personal values unless it is a SafekeepError. Log it through a redactor. For a body or a
   * path that could not be read it is ERR_REQUEST_UNREADABLE: what Express throws then quotes the request.
   */
  readonly error: unknown;
  readonly method: string;
}

export interface ErrorsOptions {
  /** A page in your own look; the whole HTML. Default: a plain one. If it throws, the plain one is sent. */
  readonly render?: ((page: FailurePage, res: ServerResponse) => string | Promise<string>) | undefined;
  /** Told of every failure, before it is answered. What it throws is dropped. */
  readonly onError?: ((report: FailureReport) => void) | undefined;
  readonly random?: Random | undefined;
}

const shape = {
  render: optional(functionRule<NonNullable<ErrorsOptions['render']>>()),
  onError: optional(functionRule<NonNullable<ErrorsOptions['onError']>>()),
  random: withDefault(objectRule<Random>('below'), systemRandom),
};

/**
 * The last route: what nothing answered is a 404, through `errors` like every other failure.
 * @example
 * app.use(notFound(), errors({ onError: ({ error, reference }) => log.error({ error, reference }) }));
 */
export function notFound(): RequestHandler {
  return function notFoundMiddleware(_req, _res, next) {
    next(new SafekeepError('ERR_NOT_FOUND'));
  };
}

/**
 * The last middleware: answers every failure with its status, a fixed sentence and a reference, and nothing of the
 * request or of the error. JSON problem details (RFC 9457) for programs, a page for people. Express's own handler
 * shows the client an error's text. An answer that had begun is cut off, so that it does not look whole.
 *
 * It does NOT log by itself, and does not catch what is thrown outside of a request. ASVS 5.0 V16.5.1, V16.5.4.
 * @throws SafekeepError ERR_OPTION_* at set-up
 * @example
 * app.use(errors({ onError: ({ error, reference }) => log.error({ error, reference }) }));
 */
export function errors(options: ErrorsOptions = {}): ErrorRequestHandler {
  const { render, onError, random } = readOptions('errors', shape, options);
  // Express tells an error handler by its four parameters.
  return async function errorsMiddleware(error, req, res, _next) {
    const failure = failureOf(error);
    const { status, sentence: title, retryAfterSeconds } = failure;
    const wait = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
    const page = { status, title, reference: referenceFrom(random), ...wait };
    quietly(() => onError?.({ ...page, error: withoutInput(error), method: req.method }));
    if (res.headersSent) return void req.socket.destroy();
    dropContent(res);
    ensureBaseline(res);
    if (!req.complete) closeAfter(req, res);
    await answer(req, res, failure, page, render);
  };
}

async function answer(
  req: IncomingMessage,
  res: ServerResponse,
  failure: Failure,
  page: FailurePage,
  render: ErrorsOptions['render'],
): Promise<void> {
  const json = wantsJson(req);
  const body = json ? problem(page, failure.problem) : await htmlOf(page, res, render);
  if (res.headersSent) return;
  res.statusCode = failure.status;
  if (failure.retryAfterSeconds !== undefined) res.setHeader('Retry-After', failure.retryAfterSeconds);
  res.setHeader('Cache-Control', 'no-store');
  res.setHeader('Content-Type', json ? 'application/problem+json; charset=utf-8' : 'text/html; charset=utf-8');
  res.setHeader('Content-Length', Buffer.byteLength(body));
  res.end(body);
}

function problem({ status, title, reference }: FailurePage, known: ProblemType | undefined): string {
  const meaning = known ?? { type: 'about:blank', title: phraseOf(status) };
  return JSON.stringify({ ...meaning, status, detail: title, reference });
}

async function htmlOf(page: FailurePage, res: ServerResponse, render: ErrorsOptions['render']): Promise<string> {
  try {
    if (render !== undefined) return await render(page, res);
  } catch {
    // A page that cannot be drawn must not become a second failure; the first is already reported.
  }
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${page.status}</title></head>
<body><main><h1>${page.title}</h1><p>Reference: ${page.reference}</p></main></body></html>
`;
}

/** What the failed handler had said of a body that will not come. */
function dropContent(res: ServerResponse): void {
  for (const name of res.getHeaderNames()) {
    if (/^(?:content-(?!security)|etag$|last-modified$|accept-ranges$|transfer-encoding$|location$)/.test(name))
      res.removeHeader(name);
  }
}

const symbols = '23456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Eight symbols that are hard to confuse when they are read out. */
function referenceFrom(random: Random): string {
  const pick = () => symbols[random.below(symbols.length)];
  return `${Array.from({ length: 4 }, pick).join('')}-${Array.from({ length: 4 }, pick).join('')}`;
}

function quietly(work: () => void): void {
  try {
    work();
  } catch {
    // A log that is down must not keep a client from its answer.
  }
}
