import { describe, expect, it } from 'vitest';
import { readRecord } from '../../examples/isp/accounting.js';

const nowMs = Date.parse('2026-11-22T12:00:00Z');
const start = {
  'Acct-Status-Type': 1,
  'User-Name': 'hn-abc',
  'Acct-Session-Id': '00000A17',
  'NAS-Identifier': 'dslam-4',
  'Framed-IP-Address': '198.51.100.7',
};
const stop = { ...start, 'Acct-Status-Type': 2, 'Acct-Session-Time': 3600, 'Acct-Terminate-Cause': 1 };

describe('an accounting record', () => {
  it('is read by the names and numbers of RFC 2866', () => {
    expect(readRecord(start, nowMs)).toEqual({
      login: 'hn-abc',
      type: 'start',
      session: '00000A17',
      nas: 'dslam-4',
      atMs: nowMs,
      octetsIn: 0n,
      octetsOut: 0n,
      seconds: 0,
      address: '198.51.100.7',
      cause: undefined,
    });
    const interim = { ...start, 'Acct-Status-Type': 'Interim-Update', 'Acct-Delay-Time': 30 };
    expect(readRecord(interim, nowMs)).toMatchObject({ type: 'interim', atMs: nowMs - 30_000 });
  });

  it('has counters of 64 bits in two attributes each (RFC 2869)', () => {
    const given = { ...stop, 'Acct-Input-Octets': 5, 'Acct-Output-Octets': 4294967295, 'Acct-Output-Gigawords': 3 };
    expect(readRecord(given, nowMs)).toMatchObject({
      octetsIn: 5n,
      octetsOut: 4n * 2n ** 32n - 1n,
      cause: 1,
      seconds: 3600,
    });
  });

  it.each<[string, unknown]>([
    ['not_an_object', null],
    ['not_an_object', [start]],
    ['status_type', { ...start, 'Acct-Status-Type': 7 }],
    ['status_type', { ...start, 'Acct-Status-Type': 'constructor' }],
    ['user_name', { ...start, 'User-Name': '' }],
    ['user_name', { ...start, 'User-Name': 'a b' }],
    ['user_name', { ...start, 'User-Name': 'x'.repeat(254) }],
    ['session_id', { ...start, 'Acct-Session-Id': undefined }],
    ['session_id', { ...start, 'Acct-Session-Id': 17 }],
    ['nas', { ...start, 'NAS-Identifier': undefined }],
    ['time', { ...start, 'Acct-Delay-Time': -1 }],
    ['time', { ...stop, 'Acct-Session-Time': 1.5 }],
    ['counter', { ...stop, 'Acct-Input-Octets': 2 ** 32 }],
    ['counter', { ...stop, 'Acct-Input-Octets': '5' }],
    ['counter', { ...stop, 'Acct-Input-Gigawords': 2 ** 31 }],
    ['counter_in_start', { ...start, 'Acct-Input-Octets': 0 }],
    ['framed_address', { ...start, 'Framed-IP-Address': '198.51.100' }],
    ['framed_address', { ...start, 'Framed-IP-Address': 3325256711 }],
    ['terminate_cause', { ...start, 'Acct-Terminate-Cause': 1 }],
    ['terminate_cause', { ...stop, 'Acct-Terminate-Cause': 19 }],
    ['terminate_cause', { ...stop, 'Acct-Terminate-Cause': 0 }],
    ['unknown_attribute', { ...start, 'Calling-Station-Id': '+12025550155' }],
    ['unknown_attribute', JSON.parse('{"__proto__":{},"Acct-Status-Type":1}')],
  ])('is refused as a whole: %s', (code, given) => {
    expect(readRecord(given, nowMs)).toBe(code);
  });
});
