import { createHash } from 'node:crypto';
import { findingKinds } from './checks.js';
import type { Examination } from './examine.js';
import { exceptionKinds } from './exceptions.js';
import type { Finding, FindingKind, Severity } from './finding.js';

const levels: Readonly<Record<Severity, 'note' | 'warning' | 'error'>> = {
  info: 'note',
  low: 'note',
  medium: 'warning',
  high: 'error',
  critical: 'error',
};
/** On the scale of CVSS, by which code scanning sorts. */
const scores: Readonly<Record<Severity, string>> = {
  info: '0.0',
  low: '3.0',
  medium: '5.5',
  high: '8.0',
  critical: '9.5',
};

/**
 * The report as SARIF 2.1.0, for code scanning. What concerns no file of the repository is pinned to `anchor`, since
 * code scanning shows nothing without a file; where it was seen stands in the message and in the logical location.
 */
export function sarifReport(examination: Examination, version: string, anchor: string): object {
  const kinds = [...findingKinds, ...Object.values(exceptionKinds)];
  const indexOf = (kind: FindingKind): number => kinds.findIndex(({ id }) => id === kind.id);
  const result = (finding: Finding, suppressions: readonly object[]): object => ({
    ruleId: finding.kind.id,
    ruleIndex: indexOf(finding.kind),
    level: levels[finding.kind.severity],
    message: { text: `${finding.kind.title} Seen: ${finding.seen}. ${finding.kind.fix}` },
    locations: [locationOf(finding, anchor)],
    partialFingerprints: { 'safekeep/v1': fingerprintOf(finding) },
    ...(suppressions.length === 0 ? {} : { suppressions }),
  });
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'safekeep doctor', semanticVersion: version, rules: kinds.map(ruleOf) } },
        columnKind: 'utf16CodeUnits',
        results: [
          ...examination.findings.map((finding) => result(finding, [])),
          ...examination.excepted.map(({ finding, reason }) =>
            result(finding, [{ kind: 'external', justification: reason }]),
          ),
        ],
      },
    ],
  };
}

function ruleOf({ id, severity, title, clauses, fix }: FindingKind): object {
  return {
    id,
    shortDescription: { text: title },
    fullDescription: { text: `${title} (${clauses.join('; ')})` },
    help: { text: fix, markdown: `${fix}\n\n${clauses.join('; ')}` },
    defaultConfiguration: { level: levels[severity] },
    properties: { tags: ['security', ...clauses], 'security-severity': scores[severity] },
  };
}

function locationOf({ place }: Finding, anchor: string): object {
  const isFile = place.line !== undefined;
  return {
    physicalLocation: {
      artifactLocation: { uri: encodeURI(isFile ? place.name : anchor) },
      region: { startLine: place.line ?? 1 },
    },
    ...(isFile ? {} : { logicalLocations: [{ fullyQualifiedName: place.name }] }),
  };
}

/** By what and where, not by what was seen: a count that changes is the same finding. */
function fingerprintOf({ kind, place }: Finding): string {
  return createHash('sha256').update(`${kind.id}\0${place.name}`).digest('hex').slice(0, 32);
}
