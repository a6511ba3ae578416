import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { inspect } from 'node:util';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/base/secret.js';
import { createRedactor } from '../../src/redaction/index.js';

const redactor = createRedactor();
const print = (value: unknown) => redactor.serialize(value);
const mail = 'ada@example.com';

class Account {
  #hidden = 'hidden';
  email = mail;
  get shown() {
    return this.#hidden;
  }
}
const cycle: Record<string, unknown> = { token: 'abc' };
cycle['self'] = cycle;
const shared = { password: 'abc', n: 1 };
const throwing = {
  get bad(): string {
    throw new Error(mail);
  },
  ok: 1,
};
const hostile = new Proxy(
  {},
  {
    ownKeys: () => {
      throw new Error(mail);
    },
  },
);
const revoked = Proxy.revocable({}, {});
revoked.revoke();

const form = new FormData();
form.set('email', mail);
form.set('password', 'hunter2');
const request = new IncomingMessage(new Socket());
Object.assign(request, { method: 'GET', url: '/a?code=abc', rawHeaders: ['Cookie', 'a=b'], user: { pin: 1 } });
Object.assign(request.headers, { cookie: 'a=b', host: 'h' });
const response = new ServerResponse(request);
response.setHeader('Set-Cookie', 'a=b');

/** What goes in, and the JSON that comes out. */
const table: readonly (readonly [what: string, given: unknown, printed: string])[] = [
  ['a text', mail, '"***@example.com"'],
  ['a number', 1.5, '1.5'],
  ['a card as a number', 4111111111111111, '"[card 1111]"'],
  ['a millisecond clock', 1700000000000, '1700000000000'],
  ['not a number', [NaN, Infinity, -0], '[null,null,0]'],
  ['a BigInt', { n: 12345678901234567890n }, '{"n":12345678901234567890}'],
  ['a card as a BigInt', 4111111111111111n, '"[card 1111]"'],
  ['an endless BigInt', 10n ** 50n, '"[Truncated]"'],
  ['nothing', [undefined, null], '[null,null]'],
  ['a symbol and a function', { s: Symbol(mail), f: () => mail, a: [Symbol(mail)] }, '{"a":[null]}'],
  ['undefined itself', undefined, 'null'],
  ['a boxed text', Object(mail), '"***@example.com"'],
  ['boxed others', [Object(1), Object(true), Object(1n), Object(Symbol('x'))], '[1,true,1,null]'],
  ['a Secret', { a: new Secret(mail, 'user.contact.email') }, '{"a":"[user.contact.email]"}'],
  [
    'a Secret under a key rule',
    { password: new Secret('x', 'user.authorization.password') },
    '{"password":"[user.authorization.password]"}',
  ],
  ['a cycle', cycle, '{"token":"[token]","self":"[Circular]"}'],
  [
    'an object under two names',
    { a: shared, b: shared },
    '{"a":{"password":"[password]","n":1},"b":{"password":"[password]","n":1}}',
  ],
  [
    'a cycle through a list',
    (() => {
      const list: unknown[] = [];
      list.push(list);
      return list;
    })(),
    '["[Circular]"]',
  ],
  [
    'a cycle under a masked name',
    (() => {
      const list: unknown[] = [];
      list.push(list);
      return { email: list };
    })(),
    '{"email":["[Circular]"]}',
  ],
  [
    'toJSON with an address',
    { toJSON: () => ({ email: mail, password: 'x' }) },
    '{"email":"***@example.com","password":"[password]"}',
  ],
  ['toJSON with a text', { toJSON: () => `to ${mail}` }, '"to ***@example.com"'],
  [
    'toJSON with itself',
    (() => {
      const o: Record<string, unknown> = { n: 1 };
      o['toJSON'] = () => o;
      return o;
    })(),
    '{"n":1}',
  ],
  [
    'toJSON with its parent',
    (() => {
      const parent: Record<string, unknown> = {};
      parent['child'] = { toJSON: () => parent };
      return parent;
    })(),
    '{"child":"[Circular]"}',
  ],
  ['toJSON with a Secret', { toJSON: () => new Secret(mail, 'x') }, '"[x]"'],
  ['toJSON with bytes', { toJSON: () => Buffer.from(mail) }, '"[Buffer 15 bytes]"'],
  ['toJSON with a map', { toJSON: () => new Map([['pin', 1]]) }, '{"pin":"[pin]"}'],
  [
    'toJSON that throws',
    {
      a: {
        toJSON: () => {
          throw new Error(mail);
        },
      },
      b: 1,
    },
    '{"a":"[Unreadable]","b":1}',
  ],
  ['a getter that throws', throwing, '{"bad":"[Unreadable]","ok":1}'],
  ['a Proxy that throws', { hostile, ok: 1 }, '{"hostile":"[Unreadable]","ok":1}'],
  ['a revoked Proxy', [revoked.proxy, 1], '["[Unreadable]",1]'],
  ['a Proxy that behaves', new Proxy({ email: mail }, {}), '{"email":"***@example.com"}'],
  [
    'a Map by text',
    new Map<string, unknown>([
      ['email', mail],
      ['__proto__', 1],
    ]),
    '{"email":"***@example.com","__proto__":1}',
  ],
  ['a Map by others', new Map<unknown, unknown>([[{ email: mail }, 1]]), '[[{"email":"***@example.com"},1]]'],
  [
    'a Map in itself',
    (() => {
      const map = new Map<string, unknown>();
      map.set('a', map);
      return map;
    })(),
    '{"a":"[Circular]"}',
  ],
  ['a Set', new Set([mail, 1]), '["***@example.com",1]'],
  ['a WeakMap and a Promise', [new WeakMap(), Promise.resolve(mail)], '[{},{}]'],
  ['a Buffer', { body: Buffer.from(mail) }, '{"body":"[Buffer 15 bytes]"}'],
  [
    'typed arrays',
    [new Uint8Array(3), new Float64Array(2), new DataView(new ArrayBuffer(4))],
    '["[Uint8Array 3 bytes]","[Float64Array 16 bytes]","[DataView 4 bytes]"]',
  ],
  [
    'array buffers',
    [new ArrayBuffer(8), new SharedArrayBuffer(2)],
    '["[ArrayBuffer 8 bytes]","[ArrayBuffer 2 bytes]"]',
  ],
  [
    'a URL',
    { ctx: new URL('https://ada:pw@shop.example/r?token=abc&p=1#x') },
    '{"ctx":"https://[credential]@shop.example/r?token=[token]&p=[password]#x"}',
  ],
  ['parameters', new URLSearchParams('code=abc&page=2'), '"?code=[token]&page=2"'],
  [
    'headers',
    new Headers({ authorization: 'Bearer x', accept: 'text/html' }),
    '{"accept":"text/html","authorization":"[credential]"}',
  ],
  [
    'a negative number with the digits of a card',
    [-4111111111111111, -4111111111111111n],
    '["[card 1111]","[card 1111]"]',
  ],
  [
    'a Map by texts and others',
    new Map<unknown, unknown>([
      ['password', 'x'],
      [1, mail],
    ]),
    '[{"password":"[password]"},[1,"***@example.com"]]',
  ],
  [
    'names and values in a list',
    {
      form: [
        { name: 'new_password', value: 'x' },
        { key: 'token', value: 7 },
        { name: 'color', value: 'red' },
      ],
    },
    '{"form":[{"name":"new_password","value":"[password]"},{"key":"token","value":"[token]"},{"name":"color","value":"red"}]}',
  ],
  [
    'names in letters that only look like it',
    { '\u0440assword': 'x', 'p\u0430ssw\u043erd': 'y', 'pass\u200bword': 'z', 'api\u{e0020}key': 'k' },
    '{"\u0440assword":"[password]","p\u0430ssw\u043erd":"[password]","pass\u200bword":"[password]","api\u{e0020}key":"[secret]"}',
  ],
  ['headers as they came over the wire', { rawHeaders: ['X-Api-Key', 'x'] }, '{"rawHeaders":"[credential]"}'],
  [
    'a request of fetch',
    new Request('https://shop.example/r?token=abc', { method: 'PUT', headers: { authorization: 'x' } }),
    '{"method":"PUT","url":"https://shop.example/r?token=[token]","headers":{"authorization":"[credential]"}}',
  ],
  [
    'a response of fetch',
    new Response('body', { status: 201, headers: { 'set-cookie': 'a=b' } }),
    '{"status":201,"url":"","headers":{"content-type":"text/plain;charset=UTF-8","set-cookie":"[cookie]"}}',
  ],
  ['a form', form, '{"email":"***@example.com","password":"[password]"}'],
  ['a blob', [new Blob(['abc'])], '["[Blob 3 bytes]"]'],
  ['a request of node', request, '{"method":"GET","url":"/a?code=[token]","headers":{"cookie":"[cookie]","host":"h"}}'],
  ['a response of node', response, '{"status":200,"headers":{"set-cookie":"[cookie]"}}'],
  ['a date', new Date(0), '"1970-01-01T00:00:00.000Z"'],
  ['an invalid date', new Date(Number.NaN), 'null'],
  ['a regular expression', /ada@example\.com/, '{}'],
  ['an instance', new Account(), '{"email":"***@example.com"}'],
  ['an object without prototype', Object.assign(Object.create(null), { pin: 1234 }), '{"pin":"[pin]"}'],
  ['an inherited field', Object.create({ email: mail }), '{}'],
  [
    'an object of another realm',
    runInNewContext('({ password: "x", list: [1] })'),
    '{"password":"[password]","list":[1]}',
  ],
  ['a Map of another realm', runInNewContext('new Map([["token", 1]])'), '{"token":"[token]"}'],
  ['bytes of another realm', runInNewContext('new Uint8Array(4)'), '"[Uint8Array 4 bytes]"'],
  ['a list with holes', Object.assign([1], { 2: 3 }), '[1,null,3]'],
  [
    'JSON inside a text',
    JSON.stringify({ user: { password: 'x', n: 1 } }),
    '"{\\"user\\":{\\"password\\":\\"[password]\\",\\"n\\":1}}"',
  ],
  [
    'JSON inside JSON inside a text',
    { body: JSON.stringify({ inner: JSON.stringify({ pin: 12 }) }) },
    '{"body":"{\\"inner\\":\\"{\\\\\\"pin\\\\\\":\\\\\\"[pin]\\\\\\"}\\"}"}',
  ],
  ['a key named __proto__', JSON.parse('{"__proto__":{"password":"x"}}'), '{"__proto__":{"password":"[password]"}}'],
];

describe('the walk', () => {
  it.each(table)('prints %s', (_what, given, printed) => {
    expect(print(given)).toBe(printed);
    expect(() => JSON.parse(printed) as unknown).not.toThrow();
  });

  it('prints an error with message, stack, cause, errors and its own fields, all of them scanned', () => {
    const cause = Object.assign(new TypeError(`no ${mail}`), { password: 'x', code: 'E1' });
    const given = new AggregateError([new Error(`one ${mail}`), mail], 'all failed', { cause });
    const printed = redactor.value({ failure: given }) as { failure: Record<string, never> };
    expect(JSON.stringify(printed)).not.toContain('ada@');
    expect(printed.failure).toMatchObject({
      type: 'AggregateError',
      message: 'all failed',
      cause: { type: 'TypeError', message: 'no ***@example.com', password: '[password]', code: 'E1' },
      errors: [{ type: 'Error', message: 'one ***@example.com' }, '***@example.com'],
    });
    expect(String(printed.failure['stack'])).toContain('AggregateError: all failed');
  });

  it('survives an error whose every field throws, and one that is its own cause', () => {
    const bad = new Error('x');
    for (const field of ['stack', 'message', 'cause', 'constructor']) {
      Object.defineProperty(bad, field, {
        get: () => {
          throw new Error(mail);
        },
      });
    }
    expect(print(bad)).toBe(
      '{"type":"[Unreadable]","message":"[Unreadable]","stack":"[Unreadable]","cause":"[Unreadable]"}',
    );
    const own = new Error('x');
    own.cause = own;
    expect(redactor.value(own)).toMatchObject({ cause: '[Circular]' });
  });

  it('reads a getter once and changes nothing', () => {
    let reads = 0;
    const given = {
      get email() {
        reads += 1;
        return mail;
      },
      list: [{ password: 'x' }],
      error: new Error(mail),
    };
    const before = inspect(given, { depth: 9, getters: false });
    print(given);
    expect(reads).toBe(1);
    expect(inspect(given, { depth: 9, getters: false })).toBe(before);
    expect(() => print(Object.freeze({ a: Object.freeze([mail]) }))).not.toThrow();
  });

  it('asks each trap of a Proxy as often as a list of its keys needs', () => {
    const asked: string[] = [];
    const traps = new Proxy(
      {},
      {
        get: (_target, trap) => {
          asked.push(String(trap));
          return undefined;
        },
      },
    );
    expect(print(new Proxy({ email: mail, n: 1 }, traps))).toBe('{"email":"***@example.com","n":1}');
    expect(asked.filter((trap) => trap === 'ownKeys')).toHaveLength(1);
    expect(asked.filter((trap) => trap === 'getOwnPropertyDescriptor')).toHaveLength(2);
    // Both members, and toJSON.
    expect(asked.filter((trap) => trap === 'get')).toHaveLength(3);
  });

  it('marks what is deeper, wider or longer than the limits, and never prints it unscanned', () => {
    const small = createRedactor({ limits: { maxDepth: 2, maxEntries: 2, maxCharacters: 300 } });
    expect(small.serialize({ a: { b: { c: mail } } })).toBe('{"a":{"b":"[Truncated]"}}');
    expect(small.serialize([1, 2, 3])).toBe('[1,2,"[Truncated]"]');
    expect(small.serialize({ a: 1, b: 2, c: 3 })).toBe('{"a":1,"b":2,"...":"[Truncated]"}');
    expect(small.serialize({ email: [1, 2, 3] })).toBe('{"email":["[email]","[email]","[Truncated]"]}');
    const long = small.serialize('x '.repeat(1000));
    expect(long.length).toBeLessThan(340);
    expect(long).toContain('[Truncated]');
    // The address lies across the cut and is seen whole.
    expect(small.serialize(`${'x '.repeat(145)}ada.lovelace@example.com and more`)).toMatch(
      /\*\*\*@example\.com\[Truncated\]"$/,
    );
    const wide = createRedactor({ limits: { maxCharacters: 300 } });
    const keys = wide.serialize(Object.fromEntries(Array.from({ length: 900 }, (_, at) => [`key${at}`, 1])));
    expect(keys.length).toBeLessThan(400);
    expect(keys).toMatch(/"\.\.\.":"\[Truncated\]"\}$/);
    const many = small.serialize(Array.from({ length: 2 }, () => ({ a: 'y'.repeat(200), b: 'z'.repeat(200) })));
    expect(many.length).toBeLessThan(460);
    expect(() => JSON.parse(many) as unknown).not.toThrow();
  });

  it('ends on a structure that is endless', () => {
    const endless = (): object => ({
      get a() {
        return endless();
      },
      get b() {
        return endless();
      },
    });
    const bounded = createRedactor({ limits: { maxCharacters: 5000 } });
    expect(bounded.serialize(endless()).length).toBeLessThan(20_000);
    const deep = { toJSON: (): object => ({ next: { toJSON: deep.toJSON } }) };
    expect(print(deep)).toContain('[Truncated]');
    let nested: unknown = 1;
    for (let level = 0; level < 100_000; level += 1) nested = [nested];
    expect(print(nested)).toContain('[Truncated]');
  });

  it('copies: value() gives plain data that does not share with the original', () => {
    const given = { list: [{ n: 1 }], big: 12345678901234567890n };
    const copy = redactor.value(given) as typeof given;
    expect(copy).toEqual({ list: [{ n: 1 }], big: '12345678901234567890' });
    expect(copy.list[0]).not.toBe(given.list[0]);
    expect(redactor.value(undefined)).toBeUndefined();
    expect(redactor.value(mail)).toBe('***@example.com');
  });

  it('counts what it replaced by type', () => {
    const own = createRedactor();
    own.serialize({ password: 'x', note: `${mail} ${mail}`, n: 4111111111111111 });
    own.text(mail);
    expect(own.counters()).toEqual({ card: 1, email: 3, password: 1 });
  });

  it('writes clean values as JSON.stringify does', () => {
    const clean = {
      a: [1, -2.5e-7, 1e21, true, null, 'x "quoted" \\ \n é 😀'],
      b: { c: {}, d: [] },
      5: 'five',
      e: new Date(5),
      f: undefined,
    };
    expect(print(clean)).toBe(JSON.stringify(clean));
  });
});
