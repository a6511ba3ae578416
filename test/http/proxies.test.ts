import { describe, expect, it } from 'vitest';
import { createProxies, type ProxiesOptions } from '../../src/http/index.js';
import { requestFrom } from './request-from.js';

const proxy = '10.0.4.7';
const listed = { trusted: ['10.0.4.0/24', '2001:db8:5::/64'] };
const hop = (headers: Record<string, string>, options: ProxiesOptions = listed, from = proxy, tls = false) => {
  const proxies = createProxies(options);
  const req = requestFrom(from, headers, tls);
  return {
    secure: proxies.arrivedOverTls(req),
    address: proxies.clientAddress(req),
    ignored: proxies.ignoredForwarded(),
  };
};

describe('createProxies, set up', () => {
  it('refuses true, a hop count, a name and a network with strangers in it', () => {
    for (const trusted of [
      true,
      1,
      'loopback',
      ['loopback'],
      ['10.0.0.0/4'],
      ['0.0.0.0/0'],
      ['::/0'],
      ['10.0.0.0/33'],
      ['10.0.0.0/'],
      ['10.0.0.0/8/8'],
      ['fe80::1%eth0'],
      [7],
    ]) {
      const options = { trusted } as unknown as ProxiesOptions;
      expect(() => createProxies(options), String(trusted)).toThrow(
        expect.objectContaining({ code: 'ERR_PROXY_TRUST' }),
      );
    }
  });

  it('names the attack when it refuses true', () => {
    const options = { trusted: true } as unknown as ProxiesOptions;
    expect(() => createProxies(options)).toThrow(/claims TLS and any address with one header/);
  });

  it('refuses an option it does not know', () => {
    const options = { trust: ['10.0.4.7'] } as ProxiesOptions;
    expect(() => createProxies(options)).toThrow(expect.objectContaining({ code: 'ERR_OPTION_UNKNOWN' }));
  });
});

describe('createProxies, without a proxy', () => {
  it('answers from the socket', () => {
    expect(hop({}, {}, '203.0.113.7')).toEqual({ secure: false, address: '203.0.113.7', ignored: 0 });
    expect(hop({}, {}, '203.0.113.7', true)).toEqual({ secure: true, address: '203.0.113.7', ignored: 0 });
    expect(hop({}, {}, '::ffff:203.0.113.7').address).toBe('203.0.113.7');
  });

  it('ignores and counts forwarded headers of an unlisted peer, in both families', () => {
    const x = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-For': '198.51.100.1' };
    const f = { Forwarded: 'for=198.51.100.1;proto=https' };
    for (const options of [{}, listed, { ...listed, header: 'forwarded' as const }])
      for (const headers of [x, f])
        expect(hop(headers, options, '203.0.113.7')).toEqual({ secure: false, address: '203.0.113.7', ignored: 1 });
  });

  it('lets an unlisted peer take nothing away from a TLS socket', () => {
    expect(hop({ 'X-Forwarded-Proto': 'http' }, listed, '203.0.113.7', true).secure).toBe(true);
  });

  it('gives a fixed address where the socket has none', () => {
    const proxies = createProxies();
    expect(proxies.clientAddress(requestFrom(undefined))).toBe('0.0.0.0');
  });

  it('counts a request once, however often it is asked about', () => {
    const proxies = createProxies();
    const req = requestFrom('203.0.113.7', { 'X-Forwarded-For': '198.51.100.1' });
    for (let round = 0; round < 3; round += 1) [proxies.clientAddress(req), proxies.arrivedOverTls(req)];
    expect(proxies.ignoredForwarded()).toBe(1);
  });
});

describe('createProxies, X-Forwarded', () => {
  it('believes a listed proxy', () => {
    expect(hop({ 'X-Forwarded-Proto': 'HTTPS', 'X-Forwarded-For': '198.51.100.1' })).toEqual({
      secure: true,
      address: '198.51.100.1',
      ignored: 0,
    });
    expect(hop({ 'X-Forwarded-Proto': 'https' }, listed, '2001:db8:5::9').secure).toBe(true);
  });

  it('finds more than one value not secure, in whichever order', () => {
    for (const value of ['https, http', 'http, https', 'https,https', 'https https', '', 'on', 'httpss'])
      expect(hop({ 'X-Forwarded-Proto': value }).secure, value).toBe(false);
  });

  it('takes a listed proxy at its word when it says that the client came in plaintext', () => {
    expect(hop({ 'X-Forwarded-Proto': 'http' }, listed, proxy, true).secure).toBe(false);
  });

  it('takes the rightmost address that is no proxy, not what the client wrote left of it', () => {
    expect(hop({ 'X-Forwarded-For': '9.9.9.9, 198.51.100.1, 10.0.4.8' }).address).toBe('198.51.100.1');
    expect(hop({ 'X-Forwarded-For': '9.9.9.9,198.51.100.1:5000' }).address).toBe('198.51.100.1');
    expect(hop({ 'X-Forwarded-For': '[2001:db8:9::1]:5000' }).address).toBe('2001:db8:9::1');
  });

  it('stops at a hop that is no address and counts by the proxy in front of it', () => {
    expect(hop({ 'X-Forwarded-For': '198.51.100.1, unknown, 10.0.4.8' }).address).toBe('10.0.4.8');
    expect(hop({ 'X-Forwarded-For': '' }).address).toBe(proxy);
  });

  it('takes the farthest proxy when all are listed', () => {
    expect(hop({ 'X-Forwarded-For': '10.0.4.9, 10.0.4.8' }).address).toBe('10.0.4.9');
  });

  it('ignores Forwarded, and counts it, though the proxy is listed', () => {
    expect(hop({ Forwarded: 'for=9.9.9.9;proto=https' })).toEqual({ secure: false, address: proxy, ignored: 1 });
    expect(hop({ Forwarded: 'for=9.9.9.9;proto=https', 'X-Forwarded-For': '198.51.100.1' })).toEqual({
      secure: false,
      address: '198.51.100.1',
      ignored: 1,
    });
  });
});

describe('createProxies, Forwarded', () => {
  const options = { ...listed, header: 'forwarded' as const };
  const by = (text: string, tls = false) => hop({ Forwarded: text }, options, proxy, tls);

  it('believes a listed proxy', () => {
    expect(by('for="[2001:db8:9::1]:4711";proto=https')).toEqual({
      secure: true,
      address: '2001:db8:9::1',
      ignored: 0,
    });
  });

  it('ignores what the client wrote left of the element of the last listed proxy', () => {
    expect(by('for=9.9.9.9;proto=https, for=198.51.100.1;proto=http')).toMatchObject({
      secure: false,
      address: '198.51.100.1',
    });
  });

  it('walks over listed proxies to the element that speaks of the client', () => {
    expect(by('for=9.9.9.9;proto=http, for=198.51.100.1;proto=https, for=10.0.4.8;proto=http')).toMatchObject({
      secure: true,
      address: '198.51.100.1',
    });
  });

  it('keeps the proxy address for an obfuscated client, and its word about TLS', () => {
    expect(by('for=_hidden;proto=https')).toMatchObject({ secure: true, address: proxy });
    expect(by('for=unknown')).toMatchObject({ secure: false, address: proxy });
  });

  it('finds a header it cannot parse not secure, TLS to the proxy or not', () => {
    expect(by('for=", for=198.51.100.1;proto=https')).toMatchObject({ secure: false, address: proxy });
    expect(by('for=198.51.100.1;proto=https;proto=https', true)).toMatchObject({ secure: false, address: proxy });
  });

  it('ignores X-Forwarded, and counts it', () => {
    expect(hop({ 'X-Forwarded-Proto': 'https', 'X-Forwarded-For': '9.9.9.9' }, options)).toEqual({
      secure: false,
      address: proxy,
      ignored: 1,
    });
  });
});

describe('a proxy that is not listed', () => {
  const told = (
    requests: readonly (readonly [string, Record<string, string>, boolean?])[],
    options: ProxiesOptions = {},
  ) => {
    const peers: string[] = [];
    const proxies = createProxies({ ...options, onUnlisted: ({ address }) => peers.push(address) });
    for (const [from, headers, tls = false] of requests) proxies.arrivedOverTls(requestFrom(from, headers, tls));
    return peers;
  };
  const https = { 'X-Forwarded-Proto': 'https' };

  it('is told of once, by its own address, when it says that its client came over TLS', () => {
    expect(
      told([
        ['10.0.9.9', https],
        ['10.0.9.9', https],
        ['10.0.9.8', https],
      ]),
    ).toEqual(['10.0.9.9', '10.0.9.8']);
    expect(told([['10.0.9.9', { Forwarded: 'for=192.0.2.1;proto=http, for=10.0.0.1;proto=https' }]])).toEqual([
      '10.0.9.9',
    ]);
  });

  it('is not told of when it says nothing of TLS, came over TLS, or is listed', () => {
    expect(told([['10.0.9.9', { 'X-Forwarded-For': '192.0.2.1' }]])).toEqual([]);
    expect(told([['10.0.9.9', { 'X-Forwarded-Proto': 'http' }]])).toEqual([]);
    expect(told([['10.0.9.9', https, true]])).toEqual([]);
    expect(told([[proxy, https]], listed)).toEqual([]);
  });

  it('fills no log: after sixteen no other is told of', () => {
    const many = Array.from({ length: 40 }, (_, at) => [`203.0.113.${at}`, https] as const);
    expect(told(many)).toHaveLength(16);
  });

  it('is answered all the same when the log is down', () => {
    const proxies = createProxies({
      onUnlisted: () => {
        throw new Error('disk full');
      },
    });
    expect(proxies.arrivedOverTls(requestFrom('10.0.9.9', https, false))).toBe(false);
  });
});
