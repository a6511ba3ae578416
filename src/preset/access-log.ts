import type { RequestHandler } from 'express';
import type { Clock } from '../base/clock.js';
import type { Log } from '../base/ports/log.js';
import type { Proxies } from '../http/index.js';
import { type EdgeOptions, edgeFields } from '../redaction/index.js';

/**
 * One line per response: method, route template, status, time, and the client's address, which the redactor cuts to its
 * network. Never the URL: `/orders/4711?token=…` prints as `/orders/:id`. Of headers, query and cookies the names that
 * are listed print and nothing else.
 */
export function accessLog(
  log: Log,
  proxies: Proxies,
  clock: Clock,
  listed: Omit<EdgeOptions, 'proxies'> = {},
): RequestHandler {
  const describe = edgeFields({ ...listed, proxies });
  return function accessLogMiddleware(req, res, next) {
    const startedMs = clock.nowMs();
    res.once('close', () => {
      const line = { ...describe(req, res), ms: clock.nowMs() - startedMs };
      if (res.writableFinished) log.info(line, 'request');
      else log.info({ ...line, aborted: true }, 'request');
    });
    next();
  };
}
