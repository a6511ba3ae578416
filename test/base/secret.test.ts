import { format, inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/base/secret.js';

const planted = 'ada@example.com';
const label = '[user.contact.email]';
const secret = new Secret(planted, label);

const printers: Record<string, (value: unknown) => string> = {
  'String()': (value) => String(value),
  'a template': (value) => `${value}`,
  concatenation: (value) => ''.concat(value as string),
  'an array join': (value) => [value, value].join(' '),
  'JSON.stringify': (value) => JSON.stringify({ value }),
  'util.inspect': (value) => inspect(value),
  'util.inspect with everything shown': (value) =>
    inspect({ deep: { value } }, { showHidden: true, showProxy: true, depth: Infinity, getters: true }),
  'util.inspect without custom printers': (value) => inspect(value, { customInspect: false, showHidden: true }),
  'util.inspect of a proxy': (value) => inspect(new Proxy(value as object, {}), { showProxy: true, showHidden: true }),
  '%s': (value) => format('%s', value),
  '%j': (value) => format('%j', value),
  '%o': (value) => format('%o', value),
  '%O': (value) => format('%O', { value }),
  'a map': (value) => inspect(new Map([[value, value]]), { showHidden: true }),
  structuredClone: (value) => inspect(structuredClone({ value }), { showHidden: true, depth: Infinity }),
  spreading: (value) => JSON.stringify({ ...(value as object) }),
  'Object.entries': (value) => JSON.stringify(Object.entries(value as object)),
  'the cause of an error': (value) => inspect(new Error('failed', { cause: value }), { showHidden: true }),
  'a property of an error': (value) => inspect(Object.assign(new Error('failed'), { value }), { showHidden: true }),
};

describe('Secret', () => {
  for (const [how, print] of Object.entries(printers)) {
    it(`prints its label and not its value through ${how}`, () => {
      const text = print(secret);
      expect(text).not.toContain(planted);
      expect(text).not.toContain('example.com');
      expect(text).toContain(label);
    });
  }

  it('gives the value to who asks for it', () => {
    expect(secret.reveal()).toBe(planted);
    const list = ['a'];
    expect(new Secret(list, 'x').reveal()).toBe(list);
  });

  it('brackets its label once', () => {
    expect(new Secret(1, 'user.name').label).toBe('[user.name]');
    expect(new Secret(1, '[user.name]').label).toBe('[user.name]');
  });

  it('cannot be given another label afterwards', () => {
    expect(() => Object.assign(secret, { label: planted })).toThrow(TypeError);
  });

  it('is told from an object that merely looks like one', () => {
    expect(Secret.isSecret(secret)).toBe(true);
    expect(Secret.isSecret({ label, reveal: () => planted })).toBe(false);
    expect(Secret.isSecret(null)).toBe(false);
    expect(Secret.isSecret(planted)).toBe(false);
  });

  it('turns into its label, never into a number or a hint of its length', () => {
    expect(Number(secret)).toBeNaN();
    expect(JSON.stringify(new Secret('x'.repeat(500), 'a'))).toBe('"[a]"');
  });
});
