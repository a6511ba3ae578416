import { describe, expect, it } from 'vitest';
import { findingKinds } from '../../src/doctor/checks.js';
import { examine } from '../../src/doctor/examine.js';
import { shown } from '../../src/doctor/finding.js';
import { sarifReport } from '../../src/doctor/report-sarif.js';
import { reportLines } from '../../src/doctor/report-text.js';
import { nowMs, origin, page, soundTls } from './fixtures/parts.js';

const sick = examine(
  {
    name: origin,
    nowMs,
    origin,
    tls: { ...soundTls, versions: ['TLSv1', 'TLSv1.2', 'TLSv1.3'], http2: true },
    ...page({ 'permissions-policy': undefined, server: 'nginx/1.18.0', 'x-powered-by': 'A\u001b[2J\u202eB\nC' }),
  },
  [{ finding: 'tls.http2_offered', reason: 'a proxy ends HTTP/2 in front of it' }],
);
const sound = examine({ name: origin, nowMs, tls: soundTls });

describe('the report for a person', () => {
  it('puts the worst first, with what was seen and what to do', () => {
    const text = reportLines(sick, false).join('\n');
    expect(text.indexOf('tls.version_old')).toBeLessThan(text.indexOf('header.permissions'));
    expect(text).toContain('HIGH  tls.version_old  https://shop.example\n');
    expect(text).toContain('  seen: handshakes succeeded in TLSv1\n');
    expect(text).toMatch(/\n {2}fix: {2}Set the least version to TLS 1\.2/);
    expect(text).toContain('3 findings: 1 high, 2 low.');
  });

  it('names what is excepted, and what was not looked at', () => {
    const text = reportLines(sick, false).join('\n');
    expect(text).toContain('tls.http2_offered  https://shop.example: a proxy ends HTTP/2 in front of it');
    expect(text).toMatch(/Not looked at, for want of something to look at: .*certificate/);
  });

  it('obeys nothing that a server sent: no control characters, no line of its own', () => {
    for (const colour of [false, true]) {
      const lines = reportLines(sick, colour).join('\n');
      expect(lines.replace(/\u001b\[\d+m/g, '')).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    }
    expect(shown('a\u001b[2J\r\nb')).toBe('a [2J b');
    expect(shown('a\u202e\u2066b\u2028c')).toBe('a b c');
    expect(shown('x'.repeat(500))).toHaveLength(160);
  });

  it('repeats no address and no token that a server sent', () => {
    const told = examine({ name: origin, nowMs, origin, ...page({ server: 'nginx/1.18.0 ada@example.com' }) });
    expect(JSON.stringify(told)).not.toContain('ada@');
  });

  it('has colours only where they were asked for', () => {
    expect(reportLines(sick, true).join('')).toContain('\u001b[31mHIGH\u001b[0m');
    expect(reportLines(sick, false).join('')).not.toContain('\u001b');
  });

  it('says so when nothing is wrong', () => {
    expect(reportLines(sound, false).at(-1)).toBe('Nothing is wrong with what was examined.');
  });
});

/** What SARIF 2.1.0 (OASIS, 2020) requires of the objects that we write, and what code scanning asks beyond it. */
type Shape = { readonly [key: string]: Shape | readonly [Shape | string] | string };
const shape: Shape = {
  $schema: 'string',
  version: 'string',
  runs: [
    {
      tool: {
        driver: {
          name: 'string',
          semanticVersion: 'string',
          rules: [
            {
              id: 'string',
              shortDescription: { text: 'string' },
              fullDescription: { text: 'string' },
              help: { text: 'string', markdown: 'string' },
              defaultConfiguration: { level: 'string' },
              properties: { tags: ['string'], 'security-severity': 'string' },
            },
          ],
        },
      },
      columnKind: 'string',
      results: [
        {
          ruleId: 'string',
          ruleIndex: 'number',
          level: 'string',
          message: { text: 'string' },
          locations: [{ physicalLocation: { artifactLocation: { uri: 'string' }, region: { startLine: 'number' } } }],
          partialFingerprints: { 'safekeep/v1': 'string' },
        },
      ],
    },
  ],
};

function misfits(value: unknown, wanted: Shape | readonly [Shape | string] | string, at = '$'): string[] {
  if (typeof wanted === 'string') return typeof value === wanted ? [] : [`${at} is no ${wanted}`];
  if (Array.isArray(wanted)) {
    const [item] = wanted as readonly [Shape | string];
    if (!Array.isArray(value)) return [`${at} is no list`];
    return value.flatMap((entry, place) => misfits(entry, item, `${at}[${place}]`));
  }
  if (typeof value !== 'object' || value === null) return [`${at} is no object`];
  return Object.entries(wanted).flatMap(([key, inner]) =>
    misfits((value as Readonly<Record<string, unknown>>)[key], inner as Shape, `${at}.${key}`),
  );
}

interface Sarif {
  readonly version: string;
  readonly runs: readonly [
    {
      readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
      readonly results: readonly {
        readonly ruleId: string;
        readonly ruleIndex: number;
        readonly level: string;
        readonly suppressions?: readonly object[];
        readonly locations: readonly [
          { readonly physicalLocation: { readonly artifactLocation: { readonly uri: string } } },
        ];
      }[];
    },
  ];
}

describe('the report for code scanning', () => {
  const report = JSON.parse(JSON.stringify(sarifReport(sick, '1.2.3', 'src/app.ts'))) as Sarif;
  const [run] = report.runs;

  it('has the shape that SARIF 2.1.0 requires', () => {
    expect(misfits(report, shape)).toEqual([]);
    expect(report.version).toBe('2.1.0');
    expect(run.results.length).toBe(4);
  });

  it('lists every finding there is as a rule, once, and each result points at its own', () => {
    const ids = run.tool.driver.rules.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(expect.arrayContaining(findingKinds.map(({ id }) => id)));
    for (const { ruleId, ruleIndex } of run.results) expect(ids[ruleIndex]).toBe(ruleId);
  });

  it('uses the levels there are, and marks what is excepted as suppressed', () => {
    for (const { level } of run.results) expect(['none', 'note', 'warning', 'error']).toContain(level);
    const suppressed = run.results.filter(({ suppressions }) => suppressions !== undefined);
    expect(suppressed).toMatchObject([
      {
        ruleId: 'tls.http2_offered',
        suppressions: [{ kind: 'external', justification: 'a proxy ends HTTP/2 in front of it' }],
      },
    ]);
  });

  it('pins what is no file to the module, as a URI that code scanning can show', () => {
    expect(run.results[0]?.locations[0].physicalLocation.artifactLocation.uri).toBe('src/app.ts');
  });

  it('keeps the fingerprint of a finding while what was seen changes', () => {
    const printOf = (header: string) => {
      const examined = examine({ name: origin, nowMs, origin, ...page({ server: header }) });
      const [first] = (
        JSON.parse(JSON.stringify(sarifReport(examined, '1', 'a.ts'))) as {
          runs: [{ results: { partialFingerprints: object }[] }];
        }
      ).runs[0].results;
      return first?.partialFingerprints;
    };
    expect(printOf('nginx/1.18.0')).toEqual(printOf('nginx/1.19.0'));
  });
});
