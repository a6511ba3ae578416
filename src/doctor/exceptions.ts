import { SafekeepError } from '../base/errors.js';
import { nameOf, pathName, type Statement, say } from '../base/names.js';
import type { Finding, FindingKind } from './finding.js';

/** A finding that somebody has decided to live with. */
export interface Exception {
  /** The finding's id. */
  readonly finding: string;
  /** Only at this place, below this folder (`test/`), or where the place ends like this (`:8443`). Default: anywhere. */
  readonly place?: string | undefined;
  /** Why, for whoever reads the report. */
  readonly reason: string;
  /** The last day it holds, `2027-03-31`. Default: for ever. */
  readonly until?: string | undefined;
}
export interface AppliedException {
  readonly finding: Finding;
  readonly reason: string;
}

/** What the list of exceptions itself may do wrong. It belongs to no check: it judges the report. */
export const exceptionKinds: Readonly<Record<'unused', FindingKind>> = {
  unused: {
    id: 'exception.unused',
    severity: 'low',
    title: 'An exception excepts nothing: what it was for is mended, or its name or place is wrong.',
    clauses: ['ASVS 5.0 V15.2.5'],
    fix: 'Take it out of the list, before it hides something else.',
  },
};

/**
 * Takes what is excepted out of the findings. An exception that is over takes nothing out any more.
 * @returns what stays, with a finding for each exception that is in force and met nothing
 */
export function applyExceptions(
  found: readonly Finding[],
  exceptions: readonly Exception[],
  at: { readonly nowMs: number; readonly name: string },
): { readonly findings: readonly Finding[]; readonly excepted: readonly AppliedException[] } {
  const inForce = exceptions.filter(({ until }) => until === undefined || at.nowMs < endOfDay(until));
  const used = new Set<Exception>();
  const findings: Finding[] = [];
  const excepted: AppliedException[] = [];
  for (const finding of found) {
    const exception = inForce.find(
      ({ finding: id, place }) => id === finding.kind.id && (place === undefined || isAt(finding.place.name, place)),
    );
    if (exception === undefined) findings.push(finding);
    else {
      used.add(exception);
      excepted.push({ finding, reason: exception.reason });
    }
  }
  for (const exception of inForce) {
    if (used.has(exception)) continue;
    const seen = `${exception.finding}${exception.place === undefined ? '' : ` at ${exception.place}`}`;
    findings.push({ kind: exceptionKinds.unused, seen, place: { name: at.name } });
  }
  return { findings, excepted };
}

function isAt(name: string, place: string): boolean {
  return name.endsWith(place) || (place.endsWith('/') && name.startsWith(place));
}

function endOfDay(day: string): number {
  return Date.parse(`${day}T00:00:00Z`) + 86_400_000;
}

const known = new Set(['finding', 'place', 'reason', 'until']);

/**
 * Reads a list of exceptions: JSON, `[{ "finding": "hsts.short", "reason": "on localhost it binds every port" }]`.
 * @param ids every finding there is: an exception for one that there is not would hide nothing and look as if it did
 * @throws SafekeepError ERR_OPTION_INVALID
 */
export function readExceptions(text: string, file: string, ids: ReadonlySet<string>): readonly Exception[] {
  const refuse = (expected: Statement): SafekeepError =>
    new SafekeepError('ERR_OPTION_INVALID', {
      of: nameOf('doctor'),
      option: nameOf('exceptions'),
      file: pathName(file),
      expected,
    });
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    throw refuse(say`JSON`);
  }
  if (!Array.isArray(list)) throw refuse(say`a list of exceptions`);
  return list.map((entry: unknown, place) => {
    if (typeof entry !== 'object' || entry === null) throw refuse(say`an object at place ${place}`);
    const { finding, place: where, reason, until } = entry as Partial<Record<keyof Exception, unknown>>;
    const stray = Object.keys(entry).find((key) => !known.has(key));
    if (stray !== undefined) throw refuse(say`no member ${nameOf(stray)} at place ${place}`);
    if (typeof finding !== 'string' || !ids.has(finding)) throw refuse(say`the id of a finding at place ${place}`);
    if (typeof reason !== 'string' || reason.trim().length < 10)
      throw refuse(say`a reason in words at place ${place}, 10 characters or more`);
    if (where !== undefined && (typeof where !== 'string' || where === ''))
      throw refuse(say`a place as text at place ${place}`);
    if (until !== undefined && !isDay(until)) throw refuse(say`a last day such as 2027-03-31 at place ${place}`);
    return { finding, reason, place: where, until };
  });
}

function isDay(text: unknown): text is string {
  if (typeof text !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const ms = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}
