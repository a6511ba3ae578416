import type { Examination } from './examine.js';
import { type Finding, type Severity, severities } from './finding.js';

const colours: Readonly<Record<Severity, number>> = { critical: 35, high: 31, medium: 33, low: 36, info: 90 };

/** The report for a person: the worst first, each with what was seen and what to do. */
export function reportLines(examination: Examination, colour: boolean): string[] {
  const { findings, excepted, done, left } = examination;
  const paint = (code: number, text: string): string => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  const lines = findings.flatMap((finding) => findingLines(finding, paint));
  if (excepted.length > 0) {
    lines.push(paint(1, `Known, and excepted: ${excepted.length}`));
    for (const { finding, reason } of excepted) lines.push(`  ${finding.kind.id}  ${placeText(finding)}: ${reason}`);
    lines.push('');
  }
  lines.push(`Examined: ${done.length === 0 ? 'nothing' : done.join(', ')}.`);
  if (left.length > 0) lines.push(`Not looked at, for want of something to look at: ${left.join(', ')}.`);
  lines.push(summary(findings, paint));
  return lines;
}

function findingLines({ kind, seen, place }: Finding, paint: (code: number, text: string) => string): string[] {
  return [
    `${paint(colours[kind.severity], kind.severity.toUpperCase())}  ${paint(1, kind.id)}  ${placeText({ place })}`,
    `  ${kind.title}`,
    `  seen: ${seen}`,
    `  fix:  ${kind.fix}`,
    `  ${paint(90, kind.clauses.join('; '))}`,
    '',
  ];
}

function placeText({ place }: Pick<Finding, 'place'>): string {
  return place.line === undefined ? place.name : `${place.name}:${place.line}`;
}

function summary(findings: readonly Finding[], paint: (code: number, text: string) => string): string {
  if (findings.length === 0) return paint(32, 'Nothing is wrong with what was examined.');
  const counts = [...severities]
    .reverse()
    .map((severity) => [severity, findings.filter(({ kind }) => kind.severity === severity).length] as const)
    .filter(([, count]) => count > 0)
    .map(([severity, count]) => paint(colours[severity], `${count} ${severity}`));
  return `${findings.length} ${findings.length === 1 ? 'finding' : 'findings'}: ${counts.join(', ')}.`;
}
