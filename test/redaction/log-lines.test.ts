import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../src/redaction/index.js';

const { text } = createRedactor();

/** Lines as the programs of a shop and an ISP write them; every datum is invented. */
const lines: Readonly<Record<string, readonly (readonly [given: string, printed: string])[]>> = {
  'nginx and Apache': [
    [
      '203.0.113.7 - ada@example.com [22/Nov/2026:10:11:12 +0000] "GET /orders?email=ada%40example.com&page=2 HTTP/1.1" 200 512 "-" "Mozilla/5.0 Chrome/120.0.0.0"',
      '203.0.113.0/24 - ***@example.com [22/Nov/2026:10:11:12 +0000] "GET /orders?email=[email]&page=2 HTTP/1.1" 200 512 "-" "Mozilla/5.0 Chrome/120.0.0.0"',
    ],
    [
      '2026/11/22 10:11:12 [error] 31#31: *7 upstream timed out (110: Connection timed out), client: 198.51.100.23, request: "GET /reset/9f8e7d6c5b4a39281706f5e4 HTTP/2.0"',
      '2026/11/22 10:11:12 [error] 31#31: *7 upstream timed out (110: Connection timed out), client: 198.51.100.0/24, request: "GET /reset/[token] HTTP/2.0"',
    ],
  ],
  syslog: [
    [
      '<86>Nov 22 10:11:12 web-3 sshd[4711]: Failed password for ada from 2001:db8:1:2::7 port 52044 ssh2',
      '<86>Nov 22 10:11:12 web-3 sshd[4711]: Failed password for ada from 2001:db8:1::/48 port 52044 ssh2',
    ],
    [
      'Nov 22 10:11:12 gw dhcpd[811]: DHCPACK on 203.0.113.44 to 00:1a:2b:3c:4d:5e via eth0',
      'Nov 22 10:11:12 gw dhcpd[811]: DHCPACK on 203.0.113.0/24 to [mac] via eth0',
    ],
  ],
  'JSON and logfmt': [
    [
      '{"level":30,"time":1763806272123,"reqId":"550e8400-e29b-41d4-a716-446655440000","body":"{\\"card\\":\\"4111111111111111\\",\\"cvv\\":\\"123\\"}"}',
      '{"level":30,"time":1763806272123,"reqId":"550e8400-e29b-41d4-a716-446655440000","body":"{\\"card\\":\\"[card 1111]\\",\\"cvv\\":\\"[card_verification]\\"}"}',
    ],
    [
      'ts=2026-11-22T10:11:12.123Z level=info msg="signed in" email=ada@example.com phone="+1 415 555 0132" dur=12.3ms token=abc',
      'ts=2026-11-22T10:11:12.123Z level=info msg="signed in" email=***@example.com phone="[phone 32]" dur=12.3ms token=[token]',
    ],
  ],
  'databases and stack traces': [
    [
      'ERROR:  duplicate key value violates unique constraint "customers_email_key" DETAIL:  Key (email)=(ada@example.com) already exists.',
      'ERROR:  duplicate key value violates unique constraint "customers_email_key" DETAIL:  Key (email)=(***@example.com) already exists.',
    ],
    ["STATEMENT:  ALTER USER shop WITH PASSWORD 'hunter2'", "STATEMENT:  ALTER USER shop WITH PASSWORD '[password]'"],
    [
      'Error: connect ECONNREFUSED postgres://shop:pa55@db.example:5432/shop at TCPConnectWrap.afterConnect (node:net:1555:16)',
      'Error: connect ECONNREFUSED postgres://[credential]@db.example:5432/shop at TCPConnectWrap.afterConnect (node:net:1555:16)',
    ],
  ],
  'mail and RADIUS': [
    [
      'postfix/smtp[811]: 4Zk1: to=<ada@example.com>, relay=mx.example.com[203.0.113.25]:25, delay=0.7, dsn=2.0.0, status=sent (250 2.0.0 Ok)',
      'postfix/smtp[811]: 4Zk1: to=<***@example.com>, relay=mx.example.com[203.0.113.0/24]:25, delay=0.7, dsn=2.0.0, status=sent (250 2.0.0 Ok)',
    ],
    ['From: "Ada Lovelace" <ada@example.com>', 'From: "[name]" <***@example.com>'],
    [
      'Auth: (7) Login OK: [ada@harrow.example] (from client bras-1 port 7 cli AA-BB-CC-00-11-22)',
      'Auth: (7) Login OK: [***@harrow.example] (from client bras-1 port 7 cli [mac])',
    ],
    [
      'User-Password = "hunter2" Framed-IP-Address = 203.0.113.99',
      'User-Password = "[password]" Framed-IP-Address = 203.0.113.0/24',
    ],
  ],
  'dumps of HTTP': [
    ['> Authorization: Basic YWRhOmh1bnRlcjI=', '> Authorization: [credential]'],
    ['< Set-Cookie: __Host-session=abc; Path=/; Secure', '< Set-Cookie: [cookie]'],
    ['POST /login user=ada&password=hun%26ter2&remember=1', 'POST /login user=ada&password=[password]&remember=1'],
  ],
};

for (const [what, cases] of Object.entries(lines)) {
  it.each(cases)(`keeps a line of ${what} useful and nobody’s: %j`, (given, printed) => {
    expect(text(given)).toBe(printed);
  });
}

describe('a line with nothing personal', () => {
  it.each([
    '{"level":30,"time":1763806272123,"pid":4711,"hostname":"web-3","msg":"listening on 8443","version":"4.12.3"}',
    '2026-11-22T10:11:12.123456Z INFO  [main] c.s.OrderService - placed order 1234567890 total=1234.56 EUR in 35 ms',
    'commit 9fceb02d0ae598e95dc970b74767f19372d61af8 merged by ci at 1763806272',
    'traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    'kernel: [12345.678901] eth0: link up, 1000 Mbps, full duplex',
    'GET /orders/550e8400-e29b-41d4-a716-446655440000?page=2&sort=-date 200 512 0.035',
    'etag W/"1a2b-5c3d4e5f6a7b8" size 1048576 bytes (1.0 MiB) 12.5%',
    'shipped with 1Z999AA10123456784 and JD014600006281230704',
    'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 node:20.20.2-alpine',
    'GC pause 12.3 ms, heap 123456789 of 987654321, 3 of 12 workers, uptime 86400',
    'cron 0 4 * * 1-5 next 2026-11-23 04:00:00',
    'at Object.<anonymous> (/srv/shop/dist/index.js:12:34) at Module._compile (node:internal/modules/cjs/loader:1554:14)',
    "SELECT id, total FROM orders WHERE id = 1234567890 AND state = 'open' LIMIT 50 -- 12 ms",
    'price 19,99 EUR; was 24,99; 3 for 2; ISBN 978-3-16-148410-0; EAN 4006381333931',
  ])('comes out as it went in: %j', (given) => {
    expect(text(given)).toBe(given);
  });
});
