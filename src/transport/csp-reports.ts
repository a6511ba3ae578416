import express, { type RequestHandler } from 'express';
import { type Clock, systemClock } from '../base/clock.js';
import { functionRule, integerRule, objectRule, readOptions, required, withDefault } from '../base/options.js';

/** What a browser refused, or would have, cut to what is nobody's data: no path, no query, no sample of a script. */
export interface CspReport {
  /** The directive that was violated, e.g. `script-src-elem`. */
  readonly directive: string;
  /** `inline`, `eval`, `data`, or the origin that was asked: `https://cdn.example`. */
  readonly blocked: string;
  readonly disposition: 'enforce' | 'report';
}

export interface CspReportsOptions {
  /** Told of each report. Anybody can send reports: log them, count them, do not act on one. */
  readonly onReport: (report: CspReport) => void;
  /** Reports taken in a minute, over all clients; the rest is answered and dropped. 1 to 10,000; default 60. */
  readonly perMinute?: number | undefined;
  readonly clock?: Clock | undefined;
}

const shape = {
  onReport: required(functionRule<(report: CspReport) => void>()),
  perMinute: withDefault(integerRule({ min: 1, max: 10_000 }), 60),
  clock: withDefault(objectRule<Clock>('nowMs'), systemClock),
};
const types = ['application/csp-report', 'application/reports+json', 'application/json'];

/**
 * Takes the reports of browsers about the Content-Security-Policy: both forms, `report-uri` and the Reporting API. At
 * most 16 KiB and ten reports a request. What the page's address or a script's text would say of a person is left out.
 * ASVS 5.0 V3.4.7; W3C CSP3 section 5.
 * @throws SafekeepError ERR_OPTION_* at set-up
 * @example
 * app.post('/csp-reports', ...cspReports({ onReport: (report) => log.warn(report, 'CSP') }));
 */
export function cspReports(options: CspReportsOptions): readonly RequestHandler[] {
  const { onReport, perMinute, clock } = readOptions('cspReports', shape, options);
  let minute = 0;
  let taken = 0;
  function mayTake(): boolean {
    const now = Math.floor(clock.nowMs() / 60_000);
    if (now !== minute) [minute, taken] = [now, 0];
    taken += 1;
    return taken <= perMinute;
  }
  return [
    express.json({ type: types, limit: '16kb' }),
    function cspReportsMiddleware(req, res) {
      for (const report of reportsIn(req.body)) if (mayTake()) onReport(report);
      res.status(204).end();
    },
  ];
}

function reportsIn(body: unknown): readonly CspReport[] {
  const list = Array.isArray(body) ? body.slice(0, 10) : [body];
  return list.map(reportOf).filter((report) => report !== undefined);
}

function reportOf(entry: unknown): CspReport | undefined {
  const old = field(entry, 'csp-report');
  if (old !== undefined) {
    const directive = field(old, 'effective-directive') ?? field(old, 'violated-directive');
    return read(directive, field(old, 'blocked-uri'), field(old, 'disposition'));
  }
  if (field(entry, 'type') !== 'csp-violation') return undefined;
  const fresh = field(entry, 'body');
  return read(field(fresh, 'effectiveDirective'), field(fresh, 'blockedURL'), field(fresh, 'disposition'));
}

function read(directive: unknown, blocked: unknown, disposition: unknown): CspReport | undefined {
  const name = typeof directive === 'string' ? directive.split(' ', 1)[0] : undefined;
  if (name === undefined || !/^[a-z-]{1,40}$/.test(name)) return undefined;
  return { directive: name, blocked: blockedOf(blocked), disposition: disposition === 'report' ? 'report' : 'enforce' };
}

function blockedOf(blocked: unknown): string {
  if (typeof blocked !== 'string' || blocked.length > 4096) return 'unknown';
  if (/^[a-z-]{1,20}$/.test(blocked)) return blocked;
  if (!URL.canParse(blocked)) return 'unknown';
  const { protocol, host } = new URL(blocked);
  return protocol === 'https:' || protocol === 'http:' || protocol === 'wss:' ? `${protocol}//${host}` : protocol;
}

function field(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null && Object.hasOwn(of, name)
    ? (of as Record<string, unknown>)[name]
    : undefined;
}
