import { describe, expect, it } from 'vitest';
import { examine } from '../../src/doctor/examine.js';
import { readExceptions } from '../../src/doctor/exceptions.js';
import type { Subject } from '../../src/doctor/subject.js';
import { answer, answered, dayMs, nowMs, origin } from './fixtures/parts.js';

const reason = 'HSTS binds every port of localhost';
const subject: Subject = {
  name: origin,
  nowMs,
  origin,
  ...answered(answer('page', { headers: { 'strict-transport-security': 'max-age=300; includeSubDomains' } })),
};
const idsOf = (exceptions: Parameters<typeof examine>[1]) =>
  examine(subject, exceptions).findings.map(({ kind }) => kind.id);

describe('an exception', () => {
  it('takes its finding out of those that count, and keeps it in the report with its reason', () => {
    const { findings, excepted } = examine(subject, [{ finding: 'hsts.short', reason }]);
    expect(findings).toEqual([]);
    expect(excepted).toMatchObject([{ finding: { kind: { id: 'hsts.short' } }, reason }]);
  });

  it('holds at the place that it names, and nowhere else', () => {
    expect(idsOf([{ finding: 'hsts.short', place: 'shop.example', reason }])).toEqual([]);
    expect(idsOf([{ finding: 'hsts.short', place: 'isp.example', reason }])).toEqual([
      'hsts.short',
      'exception.unused',
    ]);
  });

  it('holds on its last day, and not on the next', () => {
    const until = new Date(nowMs).toISOString().slice(0, 10);
    const yesterday = new Date(nowMs - dayMs).toISOString().slice(0, 10);
    expect(idsOf([{ finding: 'hsts.short', reason, until }])).toEqual([]);
    expect(idsOf([{ finding: 'hsts.short', reason, until: yesterday }])).toEqual(['hsts.short']);
  });

  it('that meets nothing is a finding itself', () => {
    expect(
      idsOf([
        { finding: 'hsts.short', reason },
        { finding: 'csp.missing', reason },
      ]),
    ).toEqual(['exception.unused']);
  });
});

describe('a list of exceptions', () => {
  const read = (text: string) => readExceptions(text, 'doctor.json', new Set(['hsts.short']));

  it('is read', () => {
    const text = JSON.stringify([{ finding: 'hsts.short', place: ':8443', reason, until: '2027-03-31' }]);
    expect(read(text)).toEqual([{ finding: 'hsts.short', place: ':8443', reason, until: '2027-03-31' }]);
  });

  it.each([
    ['no JSON', '{', /JSON/],
    ['no list', '{}', /a list/],
    ['an entry that is none', '[1]', /an object at place 0/],
    ['a finding that does not exist', `[{"finding":"hsts.shrt","reason":"${reason}"}]`, /the id of a finding/],
    ['no reason', '[{"finding":"hsts.short"}]', /a reason/],
    ['a shrug', '[{"finding":"hsts.short","reason":"ok"}]', /a reason/],
    ['a misspelt member', `[{"finding":"hsts.short","reason":"${reason}","untill":"2027-03-31"}]`, /no member untill/],
    ['a day that is none', `[{"finding":"hsts.short","reason":"${reason}","until":"2027-02-31"}]`, /a last day/],
    ['an empty place', `[{"finding":"hsts.short","reason":"${reason}","place":""}]`, /a place/],
  ])('with %s is refused', (_, text, words) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID' }));
    expect(() => read(text)).toThrow(words);
  });
});
