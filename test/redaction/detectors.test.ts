import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../src/redaction/index.js';

const { text, find } = createRedactor();

const found: Readonly<Record<string, readonly (readonly [given: string, printed: string])[]>> = {
  'e-mail addresses': [
    ['refund for ada@example.com now', 'refund for ***@example.com now'],
    ['Ada.B+shop@mail.example.co.uk.', '***@mail.example.co.uk.'],
    ['<ada@example.com>,<bo@example.org>', '<***@example.com>,<***@example.org>'],
    ['mailto=ada@example.com', 'mailto=***@example.com'],
    [`${'a'.repeat(100)}@example.com`, '***@example.com'],
    ['jürgen@bücher.example', '***@bücher.example'],
    ['next=/u/ada%40example.com/x', 'next=/u/***@example.com/x'],
  ],
  'card numbers': [
    ['card 4111111111111111 declined', 'card [card 1111] declined'],
    ['4242 4242 4242 4242', '[card 4242]'],
    ['5555-5555-5555-4444', '[card 4444]'],
    ['3782 822463 10005', '[card 0005]'],
    ['378282246310005', '[card 0005]'],
    ['4111 1111 1111 1111 2027', '[card 1111] 2027'],
    ['order-4111111111111111', 'order-[card 1111]'],
    ['12 4111 1111 1111 1111', '12 [card 1111]'],
    ['30569309025904', '[card 5904]'],
    ['180016070420458', '[card 0458]'],
  ],
  'telephone numbers': [
    ['call 415-555-0132 x12 now', 'call [phone 32] now'],
    ['(415) 555-0132', '[phone 32]'],
    ['415.555.0132', '[phone 32]'],
    ['1-415-555-0132', '[phone 32]'],
    ['+1 (415) 555-0132', '[phone 32]'],
    ['+44 20 7946 0958', '[phone 58]'],
    ['+442079460958', '[phone 58]'],
    ['0044 20 7946 0958', '[phone 58]'],
    ['07700 900 123', '[phone 23]'],
    ['+44 20 7946 0958 20261122', '[phone 58] 20261122'],
    ['01 23 45 67 89', '[phone 89]'],
    ['phone: 60-56-85-91', 'phone: [phone 91]'],
    ['Fax: 415-555-0132x45', 'Fax: [phone 32]'],
  ],
  'social security numbers': [
    ['ssn 123-45-6789', 'ssn [ssn]'],
    ['SSN is 123 45 6789.', 'SSN is [ssn].'],
  ],
  'bank account numbers': [
    ['GB82 WEST 1234 5698 7654 32 is mine', '[iban] is mine'],
    ['gb82west12345698765432', '[iban]'],
    ['DE89370400440532013000', '[iban]'],
  ],
  'addresses of machines': [
    ['from 203.0.113.7:443', 'from 203.0.113.0/24:443'],
    ['https://203.0.113.7/x', 'https://203.0.113.0/24/x'],
    ['[2001:db8:1:2::7]:443', '[2001:db8:1::/48]:443'],
    ['2001:db8::7', '2001:db8::/48'],
    ['::ffff:203.0.113.7', '203.0.113.0/24'],
    ['fe80::1ff:fe23:4567:890a', 'fe80::/48'],
  ],
  'credentials and tokens': [
    ['Authorization: Bearer abc.def.ghi', 'Authorization: [credential]'],
    [
      'curl -H "Authorization: Basic x" https://shop.example',
      'curl -H "Authorization: [credential]" https://shop.example',
    ],
    ['sent Bearer 9f8e7d6c5b4a', 'sent Bearer [credential]'],
    ['sent basic dXNlcjpwYXNz', 'sent basic [credential]'],
    ['Cookie: a=b; __Host-session=c\nnext', 'Cookie: [cookie]\\nnext'],
    ['set-cookie: id=1; HttpOnly', 'set-cookie: [cookie]'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl', '[jwt]'],
    [`reset with rst_${'a'.repeat(49)}`, 'reset with [token]'],
    [`cnf_${'Zz09-_'.repeat(8)}1`, '[token]'],
    [`chg_${'a'.repeat(49)} und_${'b'.repeat(49)}`, '[token] [token]'],
    [`value sf1.${'A'.repeat(80)}`, 'value [sealed]'],
    ['$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$YWJjZGVm', '[password_hash]'],
    ['$2b$10$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234', '[password_hash]'],
    ['postgres://shop:pa55@db.example/shop', 'postgres://[credential]@db.example/shop'],
    ['GET /cb?code=abc123&x=1#key=9', 'GET /cb?code=[token]&x=1#key=[token]'],
  ],
  'pairs of name and value': [
    ['password=hunter2, user=7', 'password=[password], user=7'],
    ['a=1&new_password=hun%20ter&b=2', 'a=1&new_password=[password]&b=2'],
    ['password: hunter2', 'password: [password]'],
    ['{"password":"hun\\"ter2","n":1}', '{"password":"[password]","n":1}'],
    ['{"pin":1234,"ok":true}', '{"pin":"[pin]","ok":true}'],
    ['{"credentials":{"a":"}","b":[1]},"n":1}', '{"credentials":"[secret]","n":1}'],
    ['{\\"password\\":\\"hun\\\\\\"ter2\\",\\"n\\":1}', '{\\"password\\":\\"[password]\\",\\"n\\":1}'],
    ["{ password: 'hunter2' }", "{ password: '[password]' }"],
    ['{"password":"never closed', '{"password":"[password]'],
    ['{"email":"not an address"}', '{"email":"[email]"}'],
    ["cvv='123'", "cvv='[card_verification]'"],
    [`{"${'long '.repeat(30)}password":"hunter2"}`, `{"${'long '.repeat(30)}password":"[password]"}`],
    ['x-api-key: k123', 'x-api-key: [secret]'],
    ['user[password]=hunter2', 'user[password]=[password]'],
  ],
};

for (const [what, cases] of Object.entries(found)) {
  describe(`finds ${what}`, () => {
    it.each(cases)('in %j', (given, printed) => {
      expect(text(given)).toBe(printed);
    });
  });
}

describe('leaves whole what only looks personal', () => {
  it.each([
    '550e8400-e29b-41d4-a716-446655440000',
    '2026-11-22T10:11:12.123Z',
    '2026-11-22 10:11:12',
    '22/Nov/2026:10:11:12 +0000',
    '1700000000000',
    '1732270272 done',
    'price 1234.56 EUR, 1 234 567 in all',
    'd41d8cd98f00b204e9800998ecf8427e',
    '9fceb02d0ae598e95dc970b74767f19372d61af8',
    'node v20.20.2, Chrome/120.0.0.0, version 1.2.3.4, pkg@1.2.3',
    '1Z999AA10123456784',
    '9400 1000 0000 0000 0000 00',
    'id 1234567890123456',
    'id 4111111111111112',
    'id 9999999999999995',
    'id 2800000000000008 and 411111111111116',
    'parts 123 45 6789',
    'called on 2026-04-07, call 20260407',
    '0.4111111111111111',
    'order 2155550132',
    '127.0.0.1 and ::1 and 0.0.0.0',
    '203.0.113.0/24',
    '10:11:12 aa:bb:cc std::vector a::b',
    'git@github.example:owner/name.git',
    'logo@2x.png getty@tty1.service @scope/name user@host',
    'part 000-12-3456, 666-12-3456, 900-12-3456, 123-00-4567, 123-45-0000',
    'GB82 WEST 1234 5698 7654 33',
    'invalid token: expired',
    'password: required',
    'basic information, bearer authentication',
    'rst_short cnf_short sf1.short $5 for $6',
    'token_count=12 tokens: 5 password_changed_at=2026-11-22',
    'status=200 code=E42 key=cart:7',
    'https://shop.example:8443/a@b',
    'eyJ is how a token starts',
    'Bürgermeister naïve 日本語',
  ])('in %j', (given) => {
    expect(find(given)).toEqual([]);
    expect(text(given)).toBe(given);
  });
});

describe('what is no text', () => {
  it('is one for callers without types, and never throws', () => {
    expect(text(4111111111111111 as unknown as string)).toBe('[card 1111]');
    expect(text(Object.create(null) as string)).toBe('[Unreadable]');
    expect(find(Object.create(null) as string)).toEqual([]);
  });
});

describe('find', () => {
  it('gives offsets in UTF-16 code units, in order and with the rule', () => {
    const given = '😀 ada@example.com, card 4111111111111111';
    const findings = find(given);
    expect(findings.map(({ start, end }) => given.slice(start, end))).toEqual(['ada@example.com', '4111111111111111']);
    expect(findings.map(({ type, rule }) => [type, rule])).toEqual([
      ['email', 'value/email'],
      ['card', 'value/card'],
    ]);
  });
});

describe('redacting twice', () => {
  it.each(Object.values(found).flat())('changes nothing more in %j', (_given, printed) => {
    expect(text(printed)).toBe(printed);
  });
});

describe('the choice of detectors', () => {
  it('looks for what was chosen and nothing else', () => {
    const mailOnly = createRedactor({ detectors: ['email'] });
    expect(mailOnly.text('ada@example.com 4111111111111111 token=abc')).toBe(
      '***@example.com 4111111111111111 token=abc',
    );
    const keysOnly = createRedactor({ detectors: [] });
    expect(keysOnly.serialize({ password: 'x', note: 'ada@example.com' })).toBe(
      '{"password":"[password]","note":"ada@example.com"}',
    );
  });
  it('refuses a name that is none', () => {
    expect(() => createRedactor({ detectors: ['mail' as 'email'] })).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_INVALID' }),
    );
  });
});

describe('what is found twice', () => {
  it('comes out as one, in order and without overlap', () => {
    for (const given of [
      "Mr. Ada Lovelace' SG.abcdefghijklmnopqrstuv.abcdefghijklmnopqrstuvwxyz0123456789abcdefg",
      'password= Lindenstraße 12, 10115 Berlin',
      'key=Lindenstraße 12, 10115 BerlinLindenstraße 12, 10115 Berlin',
    ]) {
      const found = find(given);
      expect(found.length).toBeGreaterThan(0);
      for (const [at, { start }] of found.entries()) expect(start).toBeGreaterThanOrEqual(found[at - 1]?.end ?? 0);
      expect(text(given)).not.toMatch(/Berlin|abcdef/);
    }
  });

  it('finds what begins at a character whose neighbours are unusual', () => {
    expect(text('аsk_live_abcdefgh12345678 x')).not.toContain('abcdefgh');
    expect(text('GET /reset/=abcdef1234567890abcdef')).not.toContain('abcdef');
  });
});
