import type { IncomingMessage, ServerResponse } from 'node:http';
import { type EdgeFields, type EdgeOptions, edgeFields } from './edge-fields.js';

/** Options of pino-http, as far as they are set here. */
export interface PinoHttpEdge {
  readonly quietReqLogger: true;
  readonly quietResLogger: true;
  readonly wrapSerializers: false;
  readonly serializers: {
    readonly req: (req: IncomingMessage) => unknown;
    readonly res: (res: ServerResponse) => unknown;
  };
  readonly customSuccessObject: (req: IncomingMessage, res: ServerResponse, value: unknown) => object;
  readonly customErrorObject: (req: IncomingMessage, res: ServerResponse, error: Error, value: unknown) => object;
}

/**
 * Options for pino-http that print one object for each response, with the listed names of headers, query and cookies
 * alone, and the route as a template. `req` and `res` in the application's own lines print as method and status.
 * It does NOT redact: give pino-http a logger that `redactPino` guards.
 * @throws SafekeepError ERR_OPTION_* as `edgeFields` does
 * @example
 * import { pino } from 'pino';
 * import { pinoHttp } from 'pino-http';
 * import { createRedactor, pinoHttpEdge, redactPino } from 'safekeep/redaction';
 * const logger = redactPino(pino(), createRedactor());
 * app.use(pinoHttp({ logger, ...pinoHttpEdge({ headers: ['user-agent'], query: ['page'] }) }));
 */
export function pinoHttpEdge(options: EdgeOptions = {}): PinoHttpEdge {
  const describe = edgeFields(options);
  const timed = (req: IncomingMessage, res: ServerResponse, value: unknown): EdgeFields & { readonly ms?: number } => {
    const { responseTime } = (value ?? {}) as { readonly responseTime?: unknown };
    return { ...describe(req, res), ...(typeof responseTime === 'number' ? { ms: responseTime } : {}) };
  };
  return {
    quietReqLogger: true,
    quietResLogger: true,
    wrapSerializers: false,
    serializers: {
      req: ({ method }) => ({ method }),
      res: ({ statusCode }) => ({ status: statusCode }),
    },
    customSuccessObject: timed,
    customErrorObject: (req, res, err, value) => ({ ...timed(req, res, value), err }),
  };
}

type Token = (req: IncomingMessage, res: ServerResponse) => string | undefined;
type MorganTokens = Readonly<Record<string, unknown>>;

/**
 * A format for morgan: one line of JSON for each response, with the listed names of headers, query and cookies alone,
 * and the route as a template. Do not use morgan's `immediate`, which writes before a route is found.
 * @throws SafekeepError ERR_OPTION_* as `edgeFields` does
 * @example
 * import morgan from 'morgan';
 * import { createRedactor, morganEdge, redactMorgan } from 'safekeep/redaction';
 * app.use(redactMorgan(morgan, createRedactor())(morganEdge({ headers: ['user-agent'] })));
 */
export function morganEdge(
  options: EdgeOptions = {},
): (tokens: MorganTokens, req: IncomingMessage, res: ServerResponse) => string {
  const describe = edgeFields(options);
  return function edgeFormat(tokens, req, res) {
    const time = tokens['response-time'];
    const ms = typeof time === 'function' ? Number((time as Token)(req, res)) : Number.NaN;
    return JSON.stringify({ ...describe(req, res), ...(Number.isFinite(ms) ? { ms } : {}) });
  };
}
