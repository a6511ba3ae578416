import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressBytes, canonicalAddress, subnetOf } from '../../src/http/index.js';

describe('addresses', () => {
  it('spells an IPv6 address in one way', () => {
    expect(canonicalAddress('2001:0DB8:0:0:0:0:0:1')).toBe('2001:db8::1');
    expect(canonicalAddress('2001:db8:0:1:0:0:0:1')).toBe('2001:db8:0:1::1');
    expect(canonicalAddress('2001:db8:0:1:1:1:1:1')).toBe('2001:db8:0:1:1:1:1:1');
    expect(canonicalAddress('::')).toBe('::');
    expect(canonicalAddress('::1')).toBe('::1');
    expect(canonicalAddress('1::')).toBe('1::');
    expect(canonicalAddress('64:ff9b::203.0.113.7')).toBe('64:ff9b::cb00:7107');
  });

  it('agrees with the URL standard on every IPv6 address', () => {
    const group = fc.oneof(fc.constant(0), fc.nat(0xffff));
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
        const text = groups.map((part) => part.toString(16).padStart(4, '0')).join(':');
        fc.pre(!text.startsWith('0000:0000:0000:0000:0000:ffff:'));
        expect(`[${canonicalAddress(text)}]`).toBe(new URL(`http://[${text}]/`).hostname);
      }),
    );
  });

  it('reads an IPv4-mapped address as IPv4, so that one client has one counter', () => {
    expect(canonicalAddress('::ffff:203.0.113.7')).toBe('203.0.113.7');
    expect(canonicalAddress('::FFFF:cb00:7107')).toBe('203.0.113.7');
    expect(subnetOf('::ffff:203.0.113.7')).toBe('203.0.113.7/32');
  });

  it('drops the zone of a link-local address', () => {
    expect(canonicalAddress('fe80::1%eth0')).toBe('fe80::1');
  });

  it('answers null for what is no address', () => {
    for (const text of [
      '',
      'localhost',
      '1.2.3',
      '1.2.3.4.5',
      '1.2.3.256',
      '010.0.0.1',
      '2001:db8',
      '[::1]',
      'unknown',
    ])
      expect(canonicalAddress(text), text).toBeNull();
  });

  it('counts an IPv4 client by its address and an IPv6 one by its first 56 bits', () => {
    expect(subnetOf('203.0.113.7')).toBe('203.0.113.7/32');
    expect(subnetOf('2001:db8:1:2ff:a:b:c:d')).toBe('2001:db8:1:200::/56');
    expect(subnetOf('2001:db8:1:200::1')).toBe(subnetOf('2001:db8:1:2ab:ffff::9'));
    expect(subnetOf('2001:db8:1:300::1')).not.toBe(subnetOf('2001:db8:1:200::1'));
    expect(subnetOf('::1')).toBe('::/56');
  });

  it('refuses a subnet of what is no address, without showing it', () => {
    expect(() => subnetOf('ada@example.com')).toThrow(expect.objectContaining({ code: 'ERR_ADDRESS_INVALID' }));
    expect(() => subnetOf('ada@example.com')).not.toThrow(/ada/);
  });
});

describe('addressBytes', () => {
  it('gives the bytes that a certificate carries', () => {
    expect(addressBytes('203.0.113.7')).toEqual(Buffer.from([203, 0, 113, 7]));
    expect(addressBytes('2001:db8::102').toString('hex')).toBe('20010db8000000000000000000000102');
    expect(() => addressBytes('shop.test')).toThrow(expect.objectContaining({ code: 'ERR_ADDRESS_INVALID' }));
  });
});
