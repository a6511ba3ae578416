import type { RequestHandler } from 'express';
import type { Clock } from '../base/clock.js';
import type { Log } from '../base/ports/log.js';
import type { Proxies } from '../http/index.js';

/**
 * One line per response: method, route template, status, time, and the client's address, which the redactor cuts to its
 * network. Never the URL: `/orders/4711?token=…` prints as `/orders/:id`, and a path no route knows as `(no route)`.
 * Express keeps no template of where a router is mounted, only what the URL said there: it prints as `(mounted)`.
 */
export function accessLog(log: Log, proxies: Proxies, clock: Clock): RequestHandler {
  return function accessLogMiddleware(req, res, next) {
    const startedMs = clock.nowMs();
    res.once('close', () => {
      const path: unknown = req.route?.path;
      const route = typeof path === 'string' ? `${req.baseUrl === '' ? '' : '(mounted)'}${path}` : '(no route)';
      const line = {
        method: req.method,
        route,
        status: res.statusCode,
        ms: clock.nowMs() - startedMs,
        client: proxies.clientAddress(req),
      };
      if (res.writableFinished) log.info(line, 'request');
      else log.info({ ...line, aborted: true }, 'request');
    });
    next();
  };
}
