import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../src/redaction/index.js';

const redactor = createRedactor();
const size = 32_768;

/** Characters that the scanner reads: work counted, not timed, so that a busy machine cannot fail or pass it. */
function reads(text: string): number {
  const { charCodeAt, slice } = String.prototype;
  let count = 0;
  String.prototype.charCodeAt = function (at) {
    count += 1;
    return charCodeAt.call(this, at);
  };
  String.prototype.slice = function (from, to) {
    const part = slice.call(this, from, to);
    count += part.length;
    return part;
  };
  try {
    redactor.find(text);
  } finally {
    Object.assign(String.prototype, { charCodeAt, slice });
  }
  return count;
}

const shapes = [
  'a',
  '1',
  '1 ',
  '12-',
  '123-45-',
  '1234 ',
  '4111 ',
  '4111-1111 ',
  '+1',
  '(4',
  '0 0',
  '.1',
  '1.',
  '1.1.1.',
  '@',
  'a@',
  'a@a',
  'a.a@',
  'a.',
  '@a.',
  '%40',
  'a%40',
  ':',
  '::',
  'a:',
  '2001:',
  '2001::',
  '://',
  'a://',
  '://a@',
  '=',
  'token=',
  'token:',
  'token: ',
  '"token":',
  '"token":"',
  '\\"',
  '\\"pin\\":\\"',
  '"a":',
  "'",
  '"',
  '{',
  '"credentials":{',
  'password:',
  'eyJ',
  ' eyJa.',
  '.eyJ',
  'eyJaaaaaaaaaa.',
  'rst_',
  'cnf_a',
  'sf1.',
  ' sf1.a',
  '$',
  '$2b$',
  '$argon2id$',
  'Bearer ',
  'Basic a',
  'basic dXNlcjpwYXNz',
  'b',
  '_',
  'GB82',
  'GB82 ',
  'GB82 W ',
  'cookie:',
  'Cookie: a=b',
  '?code=',
  '&key=',
  'phone 1',
  'call 1 ',
  'ssn 1',
  'é',
  '\u0000',
  'xn--',
  '***@',
  '[card ',
  '[email]',
  'email=***@a.bc ',
  'token: expired ',
  'aa:',
  'aa-bb-',
  'aabb.',
  'sk-',
  'ghp_',
  'ghp_a1',
  'xoxb-1',
  'AKI',
  'SG.',
  'SG.a1',
  '-',
  '-----BEGIN ',
  '-----BEGIN PRIVATE KEY-----',
  '-----BEGIN PRIVATE KEY----------END ',
  '/reset/',
  '/reset/a1',
  '/t',
  'born 1',
  'born 1985-',
  'dob 12 ',
  'April 1',
  '12 Main ',
  '12 A ',
  'straße 1 ',
  'Mr. ',
  'Mr. Ab ',
  'Ab ',
  '<',
  ' <a@',
  'Ab Cd <a@b>',
  'cvv 123 ',
  ' 123',
  '%B4',
  '%B411111111111^',
  '4111111111111=1',
  ';411111111111',
  "password '",
  "with password 'a''",
  'name="pin"\r\n',
  'name="pin"\\r\\n\\r\\n',
  'name="',
  '%',
  '%25',
  '%2540',
  '%41',
  '\\',
  '\\u0040',
  '\\\\u',
  '&',
  '&#64;',
  '&#',
  '&lt',
  'a1Zg',
  'YWRhQGV4YW1wbGUuY29t',
  'YWRhQGV4YW1wbGUuY29t/',
  'gZ1g/',
  '\u200b',
  '４',
  'а',
  'a\u200b@',
  '</password>',
  'a</email>',
  '<pin>1</pin>',
  '--token ',
  '--token a',
  '--',
  '"a"@',
  '"@',
  "'token'=>",
  "token=>'",
  '\ue000',
  '1\u00a0',
  '\udb40\udc31',
];

describe('the work of a scan', () => {
  it.each(shapes)('grows with the length only, for %j repeated', (shape) => {
    const half = shape.repeat(Math.ceil(size / 2 / shape.length));
    const whole = shape.repeat(Math.ceil(size / shape.length));
    const first = reads(half);
    const second = reads(whole);
    expect(second).toBeLessThanOrEqual(first * 2.5 + 2000);
    expect(second).toBeLessThanOrEqual(whole.length * 250);
  });

  it('grows with the length only when one long run stands before a trigger', () => {
    for (const [run, end] of [
      ['a', '@example.com'],
      ['1', '@'],
      ['a', ':x'],
      ['a', '=x'],
      ['a.', '@example.com'],
      ['-', '4111111111111111'],
    ] as const) {
      const first = reads(run.repeat(size / 2) + end);
      const second = reads(run.repeat(size) + end);
      expect(second).toBeLessThanOrEqual(first * 2.5 + 2000);
    }
  });

  it('has no step that a wall clock would notice on 64 KB', () => {
    const worst = Math.max(
      ...shapes.map((shape) => {
        const given = shape.repeat(Math.ceil(65_536 / shape.length));
        const start = process.cpuUsage();
        redactor.serialize(given);
        const { user, system } = process.cpuUsage(start);
        return (user + system) / 1000;
      }),
    );
    // 50 ms are the aim; the bound leaves room for a machine that is slow and cold.
    expect(worst).toBeLessThan(2000);
  });
});
