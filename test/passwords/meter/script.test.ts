import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { passwordMeterScript } from '../../../src/passwords/index.js';
import { contextWords, judge } from '../../../src/passwords/judge.js';

const script = passwordMeterScript();

/** As much of an element as the script touches. */
class FakeElement {
  value = '';
  textContent: string | null = null;
  className = '';
  form: { elements: FakeElement[] } | null = null;
  readonly dataset: Record<string, string> = {};
  readonly children: FakeElement[] = [];
  readonly attributes: Record<string, string> = {};
  readonly listeners: (() => void)[] = [];
  getAttribute(name: string): string | null {
    return this.attributes[name] ?? null;
  }
  setAttribute(name: string, value: string): void {
    this.attributes[name] = value;
  }
  append(...parts: FakeElement[]): void {
    this.children.push(...parts);
  }
  after(element: FakeElement): void {
    this.children.push(element);
  }
  addEventListener(kind: string, listener: () => void): void {
    if (kind === 'input') this.listeners.push(listener);
  }
}

function page(attributes: Readonly<Record<string, string>> = {}) {
  const [field, email] = [new FakeElement(), new FakeElement()];
  email.setAttribute('autocomplete', 'section-a email');
  Object.assign(field.dataset, attributes);
  field.form = { elements: [email, field] };
  const timers: (() => void)[] = [];
  runInNewContext(script, {
    document: { createElement: () => new FakeElement(), querySelectorAll: () => [field] },
    setTimeout: (work: () => void) => timers.push(work),
    clearTimeout: () => timers.splice(0),
  });
  const [meter] = field.children;
  return {
    email,
    type(password: string) {
      field.value = password;
      for (const listener of field.listeners) listener();
      return [meter?.dataset['level'], meter?.children[1]?.textContent];
    },
    heard: () => meter?.children[2]?.textContent,
    rest: () => timers.splice(0).forEach((work) => void work()),
  };
}

describe('the script of the meter', () => {
  it('names nothing by which a password could leave the page or stay in it', () => {
    const ways =
      /fetch|XMLHttp|Beacon|WebSocket|EventSource|RTC|[sS]torage|indexedDB|\.cookie|location|history|import|eval|Function\(|innerHTML|\.src\b|\.href\b|style/;
    expect(script).not.toMatch(ways);
  });

  it('is small: 12 kB, and 5 kB compressed', () => {
    expect(script.length).toBeLessThan(12_000);
    expect(gzipSync(script).length).toBeLessThan(5000);
  });

  it.each([
    'Larkspur Lane 2024',
    'zephyrine zephyrine 17',
    'passwordpassword',
    '123456789012345',
    'vogelvogelvogelvogel',
    'salt marsh at low tide',
    'the quick brown fox jumps over the lazy dog',
    'qe\u0301we\u0301re\u0301te\u0301ze\u0301ue\u0301ie\u0301',
  ])('says of %j what the rules of the server say', (password) => {
    const { email, type } = page({ passwordWords: 'Larkspur Lane\ngarden' });
    email.value = 'zephyrine@example.com';
    const words = contextWords(['Larkspur Lane', 'garden'], { email: 'zephyrine@example.com' });
    const [first] = judge(password, words, 15);
    const [level, said] = type(password);
    if (first === undefined)
      expect([level, said]).toEqual([expect.stringMatching(/[23]/), expect.stringMatching(/^This is (good|enough)/)]);
    else if (first.code === 'too_short') expect([level, said]).toEqual(['1', expect.stringMatching(/needed\.$/)]);
    else expect([level, said]).toEqual(['1', first.message]);
  });

  it('counts what is left, shows nothing of an empty field, and asks for 8 beside a second factor', () => {
    const { type } = page();
    expect(type('')).toEqual(['0', '']);
    expect(type('abc')).toEqual(['1', '12 more characters are needed.']);
    expect(type('mJ4#xq9Lw2&pTz')).toEqual(['1', 'One more character is needed.']);
    expect(type('mJ4#xq9Lw2&pTz7')[0]).toBe('2');
    expect(type('x'.repeat(257))).toEqual(['1', 'This is longer than 256 characters.']);
    expect(page({ passwordMeter: 'second-factor' }).type('mJ4#xq9L')[0]).toBe('2');
  });

  it('speaks when the typing rests, not at every key', () => {
    const { type, heard, rest } = page();
    rest();
    type('ab');
    type('abc');
    expect(heard()).toBe('');
    rest();
    expect(heard()).toBe('12 more characters are needed.');
  });
});
