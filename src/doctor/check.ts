import { createRedactor } from '../redaction/index.js';
import { type Finding, type FindingKind, type Place, shown } from './finding.js';
import type { Subject } from './subject.js';

/** Reports one thing that is wrong. Without a place it is that of the check. */
export type Found = (kind: FindingKind, seen: string, place?: Place) => void;

/** Servers send addresses and tokens in headers and paths; a report is copied into tickets. */
const redactor = createRedactor({ detectors: ['credential', 'email', 'card', 'url'] });

/** One question to what was looked at. It only judges: what was seen is in the subject already. */
export interface Check {
  /** For people: what is examined. */
  readonly name: string;
  /** The part of the subject that it judges. Left out when there is none. */
  readonly needs: keyof Subject;
  /** Everything it may report. */
  readonly kinds: readonly FindingKind[];
  /** Undefined when the subject lacks what it needs. */
  examine(subject: Subject): readonly Finding[] | undefined;
}

export function defineCheck<K extends keyof Subject>(parts: {
  readonly name: string;
  readonly needs: K;
  readonly kinds: Readonly<Record<string, FindingKind>>;
  readonly examine: (part: NonNullable<Subject[K]>, found: Found, subject: Subject) => void;
}): Check {
  const { name, needs, examine } = parts;
  return Object.freeze({
    name,
    needs,
    kinds: Object.values(parts.kinds),
    examine(subject: Subject) {
      const part = subject[needs];
      if (part === undefined) return undefined;
      const findings: Finding[] = [];
      const found: Found = (kind, seen, place) => {
        const at = place ?? { name: subject.name };
        findings.push({ kind, seen: shown(redactor.text(seen)), place: { ...at, name: shown(at.name, 240) } });
      };
      examine(part as NonNullable<Subject[K]>, found, subject);
      return findings;
    },
  });
}
