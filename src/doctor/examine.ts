import { checks } from './checks.js';
import { type AppliedException, applyExceptions, type Exception } from './exceptions.js';
import { type Finding, severities } from './finding.js';
import type { Subject } from './subject.js';

export interface Examination {
  /** What is wrong and not excepted, the worst first. */
  readonly findings: readonly Finding[];
  /** What is wrong and known, each with the reason that was given. */
  readonly excepted: readonly AppliedException[];
  /** Checks that had something to judge. */
  readonly done: readonly string[];
  /** Checks for which nothing was given: silence about them says nothing. */
  readonly left: readonly string[];
}

/** Judges what was looked at. Pure: the same subject gives the same findings. */
export function examine(subject: Subject, exceptions: readonly Exception[] = []): Examination {
  const found: Finding[] = [];
  const done: string[] = [];
  const left: string[] = [];
  for (const check of checks) {
    const findings = check.examine(subject);
    (findings === undefined ? left : done).push(check.name);
    found.push(...(findings ?? []));
  }
  const { findings, excepted } = applyExceptions(found, exceptions, { nowMs: subject.nowMs, name: subject.name });
  const worst = (finding: Finding): number => -severities.indexOf(finding.kind.severity);
  return { findings: [...findings].sort((a, b) => worst(a) - worst(b)), excepted, done, left };
}
