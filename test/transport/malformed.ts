import { gzipSync } from 'node:zlib';
import { type Seeded, seeded } from '../../bench/corpora/seeded.js';

/** Stands wherever a client can write something: nothing of it may come back. */
export const canary = 'hunter2-canary';

export interface Malformed {
  readonly kind: string;
  /** Latin-1, as it goes over the wire. */
  readonly bytes: string;
  /** Where a request ends is said in two ways: what stands behind it must not be taken for one. */
  readonly ambiguous?: boolean;
}

const host = 'Host: shop.test\r\n';
const utf8 = (text: string): string => Buffer.from(text).toString('latin1');
const head = (line: string, ...headers: readonly string[]): string =>
  `${line}\r\n${host}${headers.map((header) => `${header}\r\n`).join('')}\r\n`;
const post = (type: string, body: string, ...headers: readonly string[]): string =>
  head('POST /form HTTP/1.1', `Content-Type: ${type}`, `Content-Length: ${body.length}`, ...headers) + body;
const json = (body: string, ...headers: readonly string[]): string => post('application/json', body, ...headers);
const form = (body: string, ...headers: readonly string[]): string =>
  post('application/x-www-form-urlencoded', body, ...headers);

const prototypes = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'valueOf',
  '__defineGetter__',
];
const oddBytes = ['\0', '\x01', '\x07', '\x0b', '\x7f', '\x80', '\xff', '\xc0\xaf', '\xed\xa0\x80', '\xf5\x80\x80\x80'];

type Maker = (random: Seeded) => Malformed | readonly Malformed[];

const targets: Maker = (random) => {
  const odd = random.pick(oddBytes);
  const target = random.pick([
    '/%',
    '/%E0%A4%A',
    `/%00${canary}`,
    `/people/${canary}%c0%af..%2f..%2fetc`,
    '/../../../../etc/passwd',
    '/..%5c..%5c..%5cwindows%5cwin.ini',
    `//evil.test/${canary}`,
    `http://evil.test/${canary}`,
    'shop.test:443',
    '*',
    `/${odd}${canary}`,
    `/people/${utf8('ünïcode ')}`,
    `/${'a'.repeat(random.pick([8_000, 17_000, 70_000]))}`,
    `/${'../'.repeat(2000)}`,
    `/people/${'%25'.repeat(500)}`,
    '',
    '?',
    '#',
    '/a b c',
    '\t/',
  ]);
  const method = random.pick(['GET', 'HEAD', 'POST', 'OPTIONS', 'DELETE', 'PUT', 'PROPFIND', 'M-SEARCH', 'CONNECT']);
  return { kind: 'target', bytes: head(`${method} ${target} HTTP/1.1`) };
};

const lines: Maker = (random) => ({
  kind: 'request line',
  bytes: head(
    random.pick([
      'GET / HTTP/0.9',
      'GET / HTTP/1.2',
      'GET / HTTP/2.0',
      'GET / HTTP/9.9',
      'GET / HTTP/1.1.1',
      `GET / HTTP/1.1 ${canary}`,
      'get / HTTP/1.1',
      'GET  /  HTTP/1.1',
      'GET\t/\tHTTP/1.1',
      'GET / http/1.1',
      `G${random.pick(oddBytes)}T / HTTP/1.1`,
      `${canary.toUpperCase()} / HTTP/1.1`,
      `${'G'.repeat(20_000)} / HTTP/1.1`,
      'PRI * HTTP/2.0\r\n\r\nSM',
      '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
      'GET',
      '',
      '\r\n\r\n\r\nGET /',
      '{"jsonrpc":"2.0"}',
      'EHLO evil.test',
      'SSH-2.0-OpenSSH_9.2',
    ]),
  ),
});

const headers: Maker = (random) => {
  const odd = random.pick(oddBytes);
  const header = random.pick([
    `X-${canary}${odd}: 1`,
    `X-Odd: a${odd}${canary}`,
    `${odd}: 1`,
    ': 1',
    ' X-Folded: 1',
    `X-Folded: 1\r\n ${canary}`,
    `X-Space : ${canary}`,
    `X-No-Colon ${canary}`,
    `X-Bare: 1\n${canary}: 1`,
    `X-Bare: 1\r${canary}: 1`,
    `X-Long: ${canary.repeat(random.pick([1200, 5000]))}`,
    ...[2001, 900].map((count) => Array.from({ length: count }, (_, at) => `H${at}: 1`).join('\r\n')),
    'Host: evil.test',
    `Host: ${odd}`,
    'Connection: close, keep-alive, upgrade, evil',
    'Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA',
    'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x',
    `Expect: ${canary}`,
    'Expect: 100-continue',
    `Authorization: Basic ${canary}`,
    `Authorization: ${odd.repeat(9)}`,
    `Cookie: __proto__=1; constructor=${canary}; =; ;;; a${odd}=b; __Host-sid="${canary}; x=${'y'.repeat(5000)}`,
    `X-Forwarded-For: ${'1.2.3.4, '.repeat(500)}${canary}\r\nX-Forwarded-Proto: https, ${odd}`,
    `Forwarded: for="[::1`,
    `Forwarded: ${'for=1;'.repeat(1000)}`,
    `Accept: ${Array.from({ length: 900 }, () => 'application/json;q=0.9').join(',')}`,
    `Accept: ${'a/b;'.repeat(2000)}`,
    `Accept: ${odd}`,
    `Accept-Language: ${odd}, ${canary}`,
    `Range: bytes=${'0-1,'.repeat(1000)}`,
    `If-None-Match: ${'"a",'.repeat(2000)}`,
    `If-Modified-Since: ${canary}`,
    `Sec-Fetch-Site: ${odd}`,
    `Origin: ${odd}${canary}`,
    `Content-Type: ${random.pick(prototypes)}`,
    `Trailer: ${canary}`,
    `TE: trailers, ${canary}`,
  ]);
  return { kind: 'header', bytes: head(`${random.pick(['GET', 'POST', 'HEAD'])} / HTTP/1.1`, header) };
};

const smuggled = `GET /smuggled HTTP/1.1\r\n${host}\r\n`;

const lengths: Maker = (random) => {
  const wrong = random.pick([
    ['Content-Length: 0', 'Transfer-Encoding: chunked'],
    ['Transfer-Encoding: chunked', 'Content-Length: 6'],
    ['Content-Length: 0', 'Content-Length: 50'],
    ['Content-Length: 0, 50'],
    ['Content-Length: +0'],
    ['Content-Length: -1'],
    ['Content-Length: 0x0'],
    ['Content-Length: 0 0'],
    ['Content-Length: ,'],
    ['Content-Length: 99999999999999999999999'],
    [`Content-Length: ${canary}`],
    ['Content-Length : 0', 'Transfer-Encoding: chunked'],
    ['Transfer-Encoding: chunked, identity'],
    ['Transfer-Encoding: identity, chunked', 'Content-Length: 3'],
    ['Transfer-Encoding: xchunked'],
    ['Transfer-Encoding: chunked\x0b'],
    ['Transfer-Encoding: \x00chunked'],
    ['Transfer-Encoding:\r\n chunked', 'Content-Length: 3'],
    ['Transfer-Encoding: "chunked"'],
    ['Transfer-Encoding: cow', 'Transfer-Encoding: chunked', 'Content-Length: 2'],
    ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'],
    ['Transfer-Encoding : chunked', 'Content-Length: 0'],
    ['X: x\nTransfer-Encoding: chunked', 'Content-Length: 0'],
    ['Transfer-Encoding\x00: chunked', 'Content-Length: 0'],
    ['Transfer_Encoding: chunked', 'Content-Length: 55'],
  ]);
  // With the length of the last one the smuggled request is a body and nothing else.
  const body = random.pick([`0\r\n\r\n${smuggled}`, smuggled]);
  const bytes = head(`${random.pick(['POST', 'GET'])} /form HTTP/1.1`, ...wrong) + body;
  // One way of saying it stands alone in these, and what is behind its end is a request of its own.
  const alone = wrong.length === 1 && /^(?:Content-Length: 0$)/.test(wrong[0] ?? '');
  return { kind: 'length', bytes, ambiguous: !alone };
};

const chunks: Maker = (random) => {
  const chunk = random.pick([
    'FFFFFFFFFFFFFFFFF\r\n',
    '-1\r\n',
    '0x5\r\nhello\r\n0\r\n\r\n',
    '5 ;\r\nhello\r\n0\r\n\r\n',
    `5;${canary.repeat(2000)}\r\nhello\r\n0\r\n\r\n`,
    '5\nhello\r\n0\r\n\r\n',
    '5\r\nhelloXX0\r\n\r\n',
    '5;a\nb\r\nhello\r\n0\r\n\r\n',
    '\r\nhello\r\n0\r\n\r\n',
    '5\r\nhello\r\n00000000000000000000\r\nX: y\0\r\n\r\n',
    '5\rhello\r0\r\r',
    `${canary}\r\n`,
    '0;\x00\r\n\r\n',
  ]);
  return {
    kind: 'chunk',
    bytes: `${head('POST /form HTTP/1.1', 'Content-Type: application/json', 'Transfer-Encoding: chunked')}${chunk}${smuggled}`,
    ambiguous: true,
  };
};

const nested = (open: string, close: string, depth: number): string => open.repeat(depth) + close.repeat(depth);

const jsonBodies: Maker = (random) => {
  const key = random.pick(prototypes);
  return {
    kind: 'JSON',
    bytes: json(
      random.pick([
        `{"${key}":{"polluted":"${canary}"}}`,
        `{"${key}":null,"password":"${canary}"}`,
        `{"constructor":{"prototype":{"polluted":"${canary}"}}}`,
        `{"password":{"toString":null,"${key}":"${canary}"}}`,
        `{"password":["${canary}",{"${key}":1}],"email":{"length":-1}}`,
        `[${'"a",'.repeat(900)}"b"]`,
        nested('[', ']', 3000),
        nested('{"a":', '}', 900),
        `{"n":1e999,"m":-0,"o":${'9'.repeat(400)}}`,
        `{"a":"\\ud800","b":"\\u0000","token":"${canary}"}`,
        `${utf8('{"a":"é"}').slice(0, 6)}"}`,
        `{"a":"\xff\xfe\xc0\xaf"}`,
        `\xef\xbb\xbf{"a":1}`,
        `{"a":1,"a":{"a":1},"${key}":[]}`,
        `{"a":1`,
        `{'a':'${canary}'}`,
        `"${canary}"`,
        'null',
        '\0',
        '',
        'NaN',
        `${' '.repeat(9000)}{}`,
      ]),
      ...random.pick([[], ['Accept: application/json'], ['Content-Encoding: gzip'], ['Accept: text/html']]),
    ),
  };
};

const formBodies: Maker = (random) => {
  const key = random.pick(prototypes);
  return {
    kind: 'form',
    bytes: form(
      random.pick([
        `${key}[polluted]=${canary}`,
        `a[${key}][polluted]=${canary}&password[${key}]=x`,
        `constructor[prototype][polluted]=${canary}`,
        `${key}=${canary}&password=${canary}`,
        `a${'[b]'.repeat(300)}=1`,
        `a[]=1&a[length]=99999999&a[100000]=2`,
        Array.from({ length: 1500 }, (_, at) => `p${at}`).join('&'),
        `a=%&b=%zz&c=%E0%A4%A&d=%00&password=%ff${canary}`,
        `a=\0${canary}`,
        '&&&===&',
        `password=${'x'.repeat(9000)}`,
        'a=\xff\xfe',
      ]),
      ...random.pick([[], ['Content-Encoding: br'], ['Accept: application/json']]),
    ),
  };
};

const types: Maker = (random) => {
  const bomb = gzipSync(Buffer.alloc(400_000)).toString('latin1');
  return random.pick([
    { kind: 'gzip bomb', bytes: json(bomb, 'Content-Encoding: gzip') },
    { kind: 'charset', bytes: post(`application/json; charset=${canary}`, '{}') },
    { kind: 'charset', bytes: post('application/x-www-form-urlencoded; charset=utf-16', 'a=1') },
    { kind: 'charset', bytes: post('text/plain; charset=utf-7', '+ADw-') },
    { kind: 'type', bytes: post(random.pick(prototypes), canary) },
    { kind: 'type', bytes: post(`application/json;${'a=b;'.repeat(2000)}`, '{}') },
    { kind: 'type', bytes: post('multipart/form-data', `--x\r\n${canary}`) },
    { kind: 'type', bytes: post(`text/plain\0${canary}`, 'x') },
    { kind: 'short', bytes: `${head('POST /form HTTP/1.1', 'Content-Type: text/plain', 'Content-Length: 50')}short` },
    { kind: 'long', bytes: head('POST /form HTTP/1.1', 'Content-Type: text/plain', 'Content-Length: 1') + canary },
    {
      kind: 'reports',
      bytes:
        head('POST /csp-reports HTTP/1.1', 'Content-Type: application/csp-report', 'Content-Length: 36') +
        '{"csp-report":{"__proto__":{"a":1}}}',
    },
  ]);
};

const queries: Maker = (random) => {
  const key = random.pick(prototypes);
  const query = random.pick([
    `${key}[polluted]=${canary}`,
    `${key}=${canary}&password=${canary}`,
    `constructor.prototype.polluted=${canary}`,
    `token=%ff%fe&token[]=${canary}&token=%`,
    Array.from({ length: 1200 }, (_, at) => `q${at}=1`).join('&'),
    `${'%5b'.repeat(1000)}`,
    `password=${random.pick(oddBytes)}${canary}`,
  ]);
  return { kind: 'query', bytes: head(`${random.pick(['GET', 'HEAD', 'DELETE'])} /form?${query} HTTP/1.1`) };
};

const sound = (random: Seeded): string =>
  random.pick([
    head('GET / HTTP/1.1', 'Accept: text/html', 'Cookie: __Host-sid=abc; theme=dark', 'Accept-Language: en'),
    json('{"email":"ada@example.com","password":"correct horse"}', 'Accept: application/json'),
    form('email=ada%40example.com&password=correct+horse', 'Origin: https://shop.test'),
    head('GET /people/7?tab=1 HTTP/1.1', 'Range: bytes=0-1', 'If-None-Match: "x"'),
  ]);

/** A sound request with some bytes changed, left out, doubled or put in. */
const mutated: Maker = (random) => {
  let bytes = sound(random);
  for (let times = 1 + random.below(6); times > 0; times -= 1) {
    const at = random.below(bytes.length);
    const odd = random.pick([...oddBytes, '\r', '\n', ' ', ':', '\r\n', '%', String.fromCharCode(random.below(256))]);
    const change = random.below(4);
    if (change === 0) bytes = bytes.slice(0, at) + odd + bytes.slice(at + 1);
    else if (change === 1) bytes = bytes.slice(0, at) + bytes.slice(at + 1 + random.below(8));
    else if (change === 2) bytes = bytes.slice(0, at) + bytes.slice(Math.max(0, at - random.below(40)));
    else bytes = bytes.slice(0, at) + odd.repeat(1 + random.below(3)) + bytes.slice(at);
  }
  return { kind: 'mutated', bytes };
};

const makers: readonly Maker[] = [
  targets,
  lines,
  headers,
  lengths,
  chunks,
  jsonBodies,
  formBodies,
  types,
  queries,
  mutated,
  mutated,
];

/** The same requests for the same seed, on every machine. */
export function* malformed(seed: number, count: number): Generator<Malformed> {
  const random = seeded(seed);
  let made = 0;
  while (made < count) {
    for (const one of [makers[made % makers.length]?.(random) ?? []].flat()) {
      made += 1;
      yield one;
    }
  }
}
