import { describe, expect, it } from 'vitest';
import { checks } from '../../src/doctor/checks.js';
import { examine } from '../../src/doctor/examine.js';
import type { Subject } from '../../src/doctor/subject.js';
import { fixtures } from './fixtures/index.js';
import { nowMs, origin } from './fixtures/parts.js';

const subjectOf = (parts: Partial<Subject>): Subject => ({ name: origin, nowMs, origin, ...parts });
const idsIn = (parts: Partial<Subject>) => examine(subjectOf(parts)).findings.map(({ kind }) => kind.id);

describe.each(Object.entries(fixtures))('the finding %s', (id, { sick, sound }) => {
  it('is found in what has it', () => {
    expect(idsIn(sick)).toContain(id);
  });

  it('is not found in what differs only there, though its check had that to judge', () => {
    const check = checks.find(({ kinds }) => kinds.some((kind) => kind.id === id));
    expect(check?.examine(subjectOf(sound))?.map(({ kind }) => kind.id)).toEqual(expect.any(Array));
    expect(idsIn(sound)).not.toContain(id);
  });
});
