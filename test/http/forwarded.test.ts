import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodeAddress, parseForwarded } from '../../src/http/forwarded.js';

describe('parseForwarded', () => {
  it('reads the examples of RFC 7239', () => {
    expect(parseForwarded('for="_gazonk"')).toEqual([{ for: '_gazonk' }]);
    expect(parseForwarded('For="[2001:db8:cafe::17]:4711"')).toEqual([{ for: '[2001:db8:cafe::17]:4711' }]);
    expect(parseForwarded('for=192.0.2.60;proto=http;by=203.0.113.43')).toMatchObject([
      { for: '192.0.2.60', proto: 'http' },
    ]);
    expect(parseForwarded('for=192.0.2.43, for=198.51.100.17')).toEqual([
      { for: '192.0.2.43' },
      { for: '198.51.100.17' },
    ]);
  });

  it('reads commas and semicolons inside quotes as text', () => {
    expect(parseForwarded('for="a,b;proto=https";proto=http')).toEqual([{ for: 'a,b;proto=https', proto: 'http' }]);
  });

  it('undoes escapes in a quoted string', () => {
    expect(parseForwarded(String.raw`for="a\"b\\c"`)).toEqual([{ for: 'a"b\\c' }]);
  });

  it('refuses the whole header for an open quote, a stray character or a parameter said twice', () => {
    for (const text of [
      '',
      'for',
      'for=',
      'for=", for=203.0.113.7;proto=https',
      'for=2001:db8::1',
      'for=a;for=b',
      'for=a;FOR=b',
      'for=a,',
      'for=a;;proto=https',
      'for = a',
      'for=a proto=https',
      'for="\u0001"',
    ])
      expect(parseForwarded(text), text).toBeNull();
  });

  it('takes a parameter named like a prototype key for a parameter', () => {
    expect(parseForwarded('__proto__=a;for=b')?.[0]?.for).toBe('b');
    expect(parseForwarded('constructor=a;for=b')).toMatchObject([{ for: 'b' }]);
  });

  it('reads back whatever a proxy can quote', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[\x20-\x7e]{0,40}$/), fc.stringMatching(/^[\x20-\x7e]{0,40}$/), (a, b) => {
        const quote = (text: string) => `"${text.replace(/[\\"]/g, '\\$&')}"`;
        expect(parseForwarded(`for=${quote(a)};proto=https, for=${quote(b)}`)).toEqual([
          { for: a, proto: 'https' },
          { for: b },
        ]);
      }),
    );
  });

  it('takes time in proportion to the length of a hostile header', () => {
    const cost = (text: string) => {
      const start = process.hrtime.bigint();
      for (let round = 0; round < 5; round += 1) parseForwarded(text);
      return Number(process.hrtime.bigint() - start);
    };
    for (const make of [
      (n: number) => `for="${'\\"'.repeat(n)}`,
      (n: number) => `for=a${' '.repeat(n)}`,
      (n: number) => 'for=a,'.repeat(n),
    ]) {
      cost(make(1000));
      const small = Math.min(cost(make(2000)), cost(make(2000)), cost(make(2000)));
      const large = Math.min(cost(make(16_000)), cost(make(16_000)), cost(make(16_000)));
      expect(large).toBeLessThan(small * 8 * 8 + 5e6);
    }
  });
});

describe('nodeAddress', () => {
  it('drops the port and the brackets', () => {
    expect(nodeAddress('192.0.2.1:80')).toBe('192.0.2.1');
    expect(nodeAddress('[2001:db8::1]:443')).toBe('2001:db8::1');
    expect(nodeAddress('[2001:db8::1]:_port')).toBe('2001:db8::1');
    expect(nodeAddress('2001:db8::1')).toBe('2001:db8::1');
  });

  it('answers null for unknown, obfuscated and broken nodes', () => {
    for (const node of ['unknown', '_hidden', '', '[192.0.2.1', '192.0.2.1:port', 'shop.example'])
      expect(nodeAddress(node), node).toBeNull();
  });
});
