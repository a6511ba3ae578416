/** From what is only worth knowing to what lets an attacker in today. */
export const severities = ['info', 'low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof severities)[number];

/** Something that can be wrong, told once and in words of ours: what a report and the documentation say of it. */
export interface FindingKind {
  /** `area.what`: kept when the words change, since exceptions and dashboards name it. */
  readonly id: string;
  readonly severity: Severity;
  /** A sentence: what is wrong, and what comes of it. */
  readonly title: string;
  /** Where it is asked for: `ASVS 5.0 V12.1.1`, `RFC 8996`, `PCI DSS 4.0.1 4.2.1`. */
  readonly clauses: readonly string[];
  /** A sentence: what to do. */
  readonly fix: string;
}

/** Where something was seen: a file of the repository with its line, or a part of the running system. */
export interface Place {
  /** A path, a URL without its query, a column, a key: never a value. */
  readonly name: string;
  /** Given for files: counted from 1. */
  readonly line?: number;
}

export interface Finding {
  readonly kind: FindingKind;
  /** What was seen, cut to one printable line. Never a secret's value. */
  readonly seen: string;
  readonly place: Place;
}

export function isAtLeast(severity: Severity, least: Severity): boolean {
  return severities.indexOf(severity) >= severities.indexOf(least);
}

/** Foreign text for a report: one line, no control characters (a terminal would obey them), cut short. */
export function shown(text: string, length: number = 160): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  return line.length > length ? `${line.slice(0, length - 1)}…` : line;
}
