import { describe, expect, it } from 'vitest';
import { checks, findingKinds } from '../../src/doctor/checks.js';
import { exceptionKinds } from '../../src/doctor/exceptions.js';
import { type FindingKind, severities } from '../../src/doctor/finding.js';
import { fixtures } from '../doctor/fixtures/index.js';
import { read, root } from './tree.js';

const all: readonly FindingKind[] = [...findingKinds, ...Object.values(exceptionKinds)];
const ids = all.map(({ id }) => id);

describe('every finding of the doctor', () => {
  it('has an id of its own, of the form area.what', () => {
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !/^[a-z_]+\.[a-z0-9_]+$/.test(id))).toEqual([]);
  });

  it('says what is wrong and what to do in sentences, and who asks for it', () => {
    const lacking = all.filter(
      ({ title, fix, clauses }) =>
        !title.endsWith('.') || !/[.)]$/.test(fix) || fix.length < 25 || clauses.length === 0,
    );
    expect(lacking.map(({ id }) => id)).toEqual([]);
  });

  it('has a fixture in which it is found, and one in which it is not', () => {
    expect(findingKinds.map(({ id }) => id).filter((id) => !Object.hasOwn(fixtures, id))).toEqual([]);
    expect(Object.keys(fixtures).filter((id) => !ids.includes(id))).toEqual([]);
  });

  it('belongs to a check that is in the list, under a name of its own', () => {
    expect(new Set(checks.map(({ name }) => name)).size).toBe(checks.length);
    for (const { kinds } of checks) expect(kinds.length).toBeGreaterThan(0);
  });

  it('is in docs/doctor.md, word for word: -u writes the list anew', async () => {
    const page = read('docs/doctor.md');
    const [before] = page.split(mark);
    expect(page).toContain(mark);
    await expect(`${before}${mark}\n${table()}`).toMatchFileSnapshot(`${root}/docs/doctor.md`);
  });
});

const mark = '<!-- the list: written by test/house/doctor.test.ts -->';

function table(): string {
  const rows = all.map(
    ({ id, severity, title, clauses, fix }) =>
      `| \`${id}\` | ${severity} | ${cell(title)} | ${clauses.join('; ')} | ${cell(fix)} |`,
  );
  const counts = [...severities]
    .reverse()
    .map((one) => `${all.filter(({ severity }) => severity === one).length} ${one}`);
  return [
    `${all.length} findings: ${counts.join(', ')}.`,
    '',
    '| id | severity | what is wrong | asked for by | what to do |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}
