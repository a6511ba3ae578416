import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it } from 'vitest';
import {
  anyRule,
  flagRule,
  functionRule,
  integerRule,
  listRule,
  objectRule,
  oneOfRule,
  optional,
  originRule,
  readOptions,
  reasonRule,
  required,
  textRule,
  withDefault,
} from '../../src/base/options.js';

const shape = {
  origin: required(originRule()),
  maxAgeSeconds: withDefault(integerRule({ min: 0, max: 100 }), 60),
  dangerouslyAllowPlaintext: optional(reasonRule()),
  trusted: withDefault(listRule(textRule()), []),
};
const origin = 'https://shop.example';
const read = (options: unknown) => readOptions('tlsOnly', shape, options);

describe('readOptions', () => {
  it('returns what was given, fills in what was not, and freezes the result', () => {
    const options = read({ origin });
    expect(options).toEqual({ origin, maxAgeSeconds: 60, dangerouslyAllowPlaintext: undefined, trusted: [] });
    expect(Object.isFrozen(options)).toBe(true);
  });

  it('treats an option that is undefined as one that was not given', () => {
    expect(read({ origin, maxAgeSeconds: undefined }).maxAgeSeconds).toBe(60);
  });

  it('refuses an unknown option and names the nearest known one', () => {
    expect(() => read({ origin, maxAge: 5 })).toThrow(
      expect.objectContaining({
        code: 'ERR_OPTION_UNKNOWN',
        facts: {
          of: 'tlsOnly',
          option: 'maxAge',
          nearest: 'maxAgeSeconds',
          known: 'origin maxAgeSeconds dangerouslyAllowPlaintext trusted',
        },
      }),
    );
  });

  it('refuses an unknown option even when it is undefined, because its name is still misspelt', () => {
    expect(() => read({ origin, orgin: undefined })).toThrow(expect.objectContaining({ code: 'ERR_OPTION_UNKNOWN' }));
  });

  it.each(['toString', 'constructor', '__proto__', 'hasOwnProperty'])(
    'does not take the inherited name %s for a known option',
    (name) => {
      const options = JSON.parse(`{"origin":"${origin}","${name}":1}`) as unknown;
      expect(() => read(options)).toThrow(expect.objectContaining({ code: 'ERR_OPTION_UNKNOWN' }));
    },
  );

  it('refuses a missing required option by name', () => {
    expect(() => read({})).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_MISSING', facts: { of: 'tlsOnly', option: 'origin' } }),
    );
  });

  it('refuses a value that is not accepted, and does not echo it', () => {
    expect(() => read({ origin: 'http://ada:secret@shop.example' })).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_INVALID', message: expect.not.stringContaining('secret') }),
    );
  });

  it.each([null, undefined, 'origin', 7, [], new Map(), new (class Options {})(), () => ({})])(
    'refuses %s in place of a plain object',
    (options) => {
      expect(() => read(options)).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID' }));
    },
  );

  it('takes plain objects of another realm and objects without a prototype', () => {
    expect(read(runInNewContext(`({ origin: '${origin}' })`)).origin).toBe(origin);
    expect(read(Object.assign(Object.create(null), { origin })).origin).toBe(origin);
  });

  describe('with a polluted Object.prototype', () => {
    afterEach(() => {
      delete (Object.prototype as Record<string, unknown>)['dangerouslyAllowPlaintext'];
    });

    it('does not switch on an opt-out that nobody gave', () => {
      (Object.prototype as Record<string, unknown>)['dangerouslyAllowPlaintext'] = 'because an attacker says so';
      expect(read({ origin }).dangerouslyAllowPlaintext).toBeUndefined();
    });
  });

  it('copies and freezes lists, so that a later push is not trusted unchecked', () => {
    const trusted = ['10.0.0.0/8'];
    const options = read({ origin, trusted });
    trusted.push('0.0.0.0/0');
    expect(options.trusted).toEqual(['10.0.0.0/8']);
    expect(Object.isFrozen(options.trusted)).toBe(true);
  });

  it('reads a getter once', () => {
    let reads = 0;
    const options = {
      get origin() {
        reads += 1;
        return reads === 1 ? origin : 'http://evil.example';
      },
    };
    expect(read(options).origin).toBe(origin);
    expect(reads).toBe(1);
  });
});

const rejects = (check: { check: (value: unknown) => unknown }, value: unknown) =>
  expect(check.check(value), String(value)).toBeTypeOf('string');
const accepts = (check: { check: (value: unknown) => unknown }, value: unknown) =>
  expect(check.check(value), String(value)).toBeUndefined();

describe('rules', () => {
  it('text is bounded and not empty', () => {
    for (const good of ['a', 'x'.repeat(4096)]) accepts(textRule(), good);
    for (const bad of ['', 'x'.repeat(4097), 1, null]) rejects(textRule(), bad);
    accepts(textRule({ minLength: 0 }), '');
    rejects(textRule({ minLength: 3, maxLength: 3 }), 'ab');
  });

  it('whole numbers are whole, safe and in range', () => {
    const rule = integerRule({ min: 1, max: 9 });
    for (const good of [1, 9]) accepts(rule, good);
    for (const bad of [0, 10, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '5', 5n]) rejects(rule, bad);
    expect(rule.check(0)).toBe('a whole number from 1 to 9');
  });

  it('flags are true or false and nothing that is merely truthy', () => {
    for (const good of [true, false]) accepts(flagRule(), good);
    for (const bad of [1, 'true', null, new Boolean(false)]) rejects(flagRule(), bad);
  });

  it('a choice lists what may be chosen, however many there are', () => {
    const rule = oneOfRule('development', 'production');
    accepts(rule, 'production');
    expect(rule.check('staging')).toBe('one of development, production');
    const many = Array.from({ length: 30 }, (_, index) => `choice-${index}`);
    expect(oneOfRule(...many).check('')).toContain('choice-29');
  });

  it('a list names the place of its first bad item', () => {
    const rule = listRule(textRule());
    accepts(rule, ['a', 'b']);
    expect(rule.check(['a', 1])).toBe('at place 1: text of 1 to 4096 characters');
    rejects(rule, 'ab');
  });

  it('functions, objects with methods, and anything', () => {
    accepts(functionRule(), () => 1);
    rejects(functionRule(), {});
    accepts(objectRule<{ send(): void }>('send'), { send() {} });
    expect(objectRule<{ send(): void }>('send').check({})).toBe('an object with the method send');
    rejects(objectRule<{ send(): void }>('send'), null);
    rejects(objectRule(), 'text');
    accepts(objectRule(), {});
    accepts(anyRule(), undefined);
  });

  it('a reason is in words', () => {
    accepts(reasonRule(), 'health check on 127.0.0.1');
    for (const bad of [true, 'yes', '          ', 'because  ']) rejects(reasonRule(), bad);
  });

  it('an origin is https, canonical and has nothing behind it', () => {
    for (const good of ['https://shop.example', 'https://shop.example:8443']) accepts(originRule(), good);
    for (const bad of [
      'http://shop.example',
      'https://shop.example/',
      'https://shop.example/x',
      'https://shop.example:443',
      'https://Shop.example',
      'https://ada@shop.example',
      'shop.example',
      'null',
      7,
    ]) {
      rejects(originRule(), bad);
    }
  });
});
