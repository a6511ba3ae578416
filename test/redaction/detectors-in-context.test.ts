import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../src/redaction/index.js';

const { text, find } = createRedactor();

const found: Readonly<Record<string, readonly (readonly [given: string, printed: string])[]>> = {
  'hardware addresses': [
    ['lease for aa:bb:cc:dd:ee:ff given', 'lease for [mac] given'],
    ['08:00:27:0A:1b:2c', '[mac]'],
    ['Calling-Station-Id = "00-1A-2B-3C-4D-5E"', 'Calling-Station-Id = "[mac]"'],
    ['port Gi0/1 001a.2b3c.4d5e learned', 'port Gi0/1 [mac] learned'],
    ['eui 02:00:5e:ff:fe:10:00:0a', 'eui [mac]'],
  ],
  'keys of issuers': [
    [`pushed with ghp_${'a1B2'.repeat(9)}`, 'pushed with [api_key]'],
    [`github_pat_${'11AB_'.repeat(10)}`, '[api_key]'],
    [`glpat-${'x1Y2'.repeat(5)}`, '[api_key]'],
    [`charge by sk_live_${'51Hx'.repeat(6)}.`, 'charge by [api_key].'],
    [`key AKIA${'Q3EG'.repeat(4)} used`, 'key [api_key] used'],
    [`AIza${'Sy0-_'.repeat(7)}`, '[api_key]'],
    [`xoxb-${'123456789-'.repeat(3)}abc`, '[api_key]'],
    [`sk-proj-${'a1B2'.repeat(8)}`, '[api_key]'],
    [`SG.${'a1B2'.repeat(5)}.${'c3D4'.repeat(8)}`, '[api_key]'],
    [`npm_${'a1B2'.repeat(9)}`, '[api_key]'],
    ['-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- loaded', '[private_key] loaded'],
    ['read -----BEGIN PRIVATE KEY-----\\nMIIEvQ', 'read [private_key]'],
  ],
  'tokens in paths': [
    ['GET /reset/9f8e7d6c5b4a39281706 200', 'GET /reset/[token] 200'],
    ['/verify-email/a1B2c3D4e5F6g7H8?next=1', '/verify-email/[token]?next=1'],
    ['https://shop.example/invite/k3J9x0Lq2Pz8Rt5v/accept', 'https://shop.example/invite/[token]/accept'],
  ],
  birthdays: [
    ['patient born 1985-04-12 admitted', 'patient born [date_of_birth] admitted'],
    ['DOB 04/12/1985, verified', 'DOB [date_of_birth], verified'],
    ['date of birth is 12.04.1985.', 'date of birth is [date_of_birth].'],
    ['born on April 12, 1985 in Hull', 'born on [date_of_birth] in Hull'],
    ['born 12 April 1985', 'born [date_of_birth]'],
  ],
  'postal addresses': [
    ['ship to 12 Larkspur Lane, Apt 4, Springfield, IL 62704 today', 'ship to [address] today'],
    ['deliver to 221 Baker Street.', 'deliver to [address].'],
    ['moved to 7 Orchard Drive, Springfield', 'moved to [address], Springfield'],
    ['moved to 7 Orchard Close.', 'moved to [address].'],
    ['nach Lindenstraße 12, 10115 Berlin geliefert', 'nach [address] geliefert'],
  ],
  names: [
    ['call for Mrs. Ada Lovelace waiting', 'call for Mrs. [name] waiting'],
    ['From: Ada Lovelace <ada@example.com>', 'From: [name] <***@example.com>'],
    ['To: "Ada K. Lovelace" <ada@example.com>', 'To: "[name]" <***@example.com>'],
  ],
  'codes and stripes': [
    ['cvv 123 wrong', 'cvv [card_verification] wrong'],
    ['security code is 4321', 'security code is [card_verification]'],
    ['entered pin 4821 twice', 'entered pin [pin] twice'],
    ['%B4111111111111111^LOVELACE/ADA^27121010000000000000? read', '[card_track] read'],
    ['swipe ;4111111111111111=27121010000012300000? ok', 'swipe [card_track] ok'],
  ],
  'social security numbers where a word says so': [
    ['ssn 123456789', 'ssn [ssn]'],
    ['social security number 123.45.6789', 'social security number [ssn]'],
  ],
  'passwords in statements and forms': [
    ["ALTER ROLE shop PASSWORD 'hun''ter2'; done", "ALTER ROLE shop PASSWORD '[password]'; done"],
    ["CREATE USER shop IDENTIFIED BY 'hunter2'", "CREATE USER shop IDENTIFIED BY '[password]'"],
    [
      'Content-Disposition: form-data; name="password"\\r\\n\\r\\nhunter2\\r\\n--x',
      'Content-Disposition: form-data; name="password"\\r\\n\\r\\n[password]\\r\\n--x',
    ],
  ],
};

for (const [what, cases] of Object.entries(found)) {
  describe(`finds ${what}`, () => {
    it.each(cases)('in %j', (given, printed) => {
      expect(text(given)).toBe(printed);
    });
    it.each(cases)('and changes nothing more the second time in %j', (_given, printed) => {
      expect(text(printed)).toBe(printed);
    });
  });
}

it('reads a form whose line ends are line ends', () => {
  expect(text('name="new_password"\r\n\r\nhun\r\nter2\r\n--b--')).toBe(
    'name="new_password"\\r\\n\\r\\n[password]\\r\\n--b--',
  );
});

describe('leaves whole what only looks like one', () => {
  it.each([
    'SHA256 aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99',
    '00:00:00:00:00:00 and ff:ff:ff:ff:ff:ff',
    '10-11-12-13-14-15 and 1234.5678.9012',
    'ghp_short sk_live_ sk-folding-cubes-and-more-words npm_config_registry hf_model',
    'INFO ID IMAGE AKIAFOO ASIAPACIFIC',
    '-----BEGIN CERTIFICATE-----\\nMIIB',
    '/reset/password /verify/email /tokens/list /orders/9f8e7d6c5b4a39281706',
    'released 1985-04-12, due 12 April 2027, deployed on April 12, 2027',
    'reborn at 10:11, rebirthday 7',
    '1 Hard Drive failed, 3 Google Drive, 12 Sockets Close after 5 s, 4 Open Place holders',
    '404 Not Found, 200 OK, 12 Orders placed, 3 Large Boxes',
    'retried 3 times, pinned 4821 rows, spin 4821, took 123 ms',
    'Mr. and Mrs. went; e.g. Ada',
    'user Ada <no address>, Unknown Device <none at all>',
    'seven aa:bb:cc:dd:ee:ff:00 pairs',
    '/verify/step2 of-the-long-way',
    'part 123456789, lot 123.45.6789',
    "reset password 'later', changed by 'system'",
    'form-data; name="quantity"\\r\\n\\r\\n12\\r\\n--x',
    'tracking 9405511899223197428490, isbn 978-3-16-148410-0',
    'sha512-9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  ])('in %j', (given) => {
    expect(find(given)).toEqual([]);
  });
});
