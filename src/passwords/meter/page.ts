import { guessUnits } from '../guess-units.js';
import { contextWords, judge, leastLength } from '../judge.js';

/**
 * The meter below a field for a new password: `<input type="password" data-password-meter>`. It says what the server
 * would say by its own rules, while the person types. What is typed goes nowhere: this code asks no network, keeps
 * nothing, and writes nothing of a password into the page. Without JavaScript there is no meter, and the server's answer
 * is enough.
 *
 * Known passwords and zxcvbn are the server's: their lists are many times the size of this.
 */

/** The little of a page that is needed, so that the toolkit compiles without a browser's types. */
interface PageElement {
  value?: string;
  textContent: string | null;
  className: string;
  readonly id: string;
  readonly form?: { readonly elements: ArrayLike<PageElement> } | null;
  readonly dataset: Record<string, string | undefined>;
  getAttribute(name: string): string | null;
  setAttribute(name: string, value: string): void;
  append(...parts: PageElement[]): void;
  after(element: PageElement): void;
  addEventListener(kind: string, listener: () => void): void;
}
interface Page {
  createElement(name: string): PageElement;
  querySelectorAll(selector: string): Iterable<PageElement>;
}
declare const document: Page;
declare function setTimeout(work: () => void, ms: number): number;
declare function clearTimeout(timer: number | undefined): void;

/** How far the bar goes: nothing typed, refused, enough, and five characters or words more. */
type Level = '0' | '1' | '2' | '3';

/** Readers of the screen are told when the typing rests, not at every key. */
const restMs = 600;
/** What the field takes is bounded; what is pasted is not looked at beyond that. */
const mostCodePoints = 256;

for (const field of document.querySelectorAll('input[data-password-meter]')) attach(field);

function attach(field: PageElement): void {
  const track = made('div', 'password-meter-track');
  track.append(made('div', 'password-meter-bar'));
  track.setAttribute('aria-hidden', 'true');
  const words = made('p', 'password-meter-words');
  // Seen at once; heard, by the second line, when the typing rests.
  words.setAttribute('aria-hidden', 'true');
  const heard = made('p', 'password-meter-heard visually-hidden');
  heard.setAttribute('role', 'status');
  const meter = made('div', 'password-meter');
  meter.append(track, words, heard);
  field.after(meter);
  let timer: number | undefined;

  const show = (): void => {
    const { level, text } = read(field);
    meter.dataset['level'] = level;
    words.textContent = text;
    clearTimeout(timer);
    timer = setTimeout(() => {
      heard.textContent = text;
    }, restMs);
  };
  field.addEventListener('input', show);
  // The name and the address count too, and may be typed afterwards.
  for (const other of named(field)) other.addEventListener('input', show);
  show();
}

function read(field: PageElement): { readonly level: Level; readonly text: string } {
  const password = field.value ?? '';
  if (password === '') return { level: '0', text: '' };
  const length = [...password].length;
  if (length > mostCodePoints) return { level: '1', text: `This is longer than ${mostCodePoints} characters.` };
  const least = leastLength(field.dataset['passwordMeter'] === 'second-factor');
  const typed = named(field).map(({ value = '' }) => value);
  const about = contextWords(siteWords(field), { email: typed.find((text) => text.includes('@')), words: typed });
  const [first] = judge(password, about, least);
  if (first?.code === 'too_short') {
    const left = least - [...password.normalize('NFC')].length;
    return { level: '1', text: left === 1 ? 'One more character is needed.' : `${left} more characters are needed.` };
  }
  if (first !== undefined) return { level: '1', text: first.message };
  const good = least + 5;
  const checked = 'When you send it, it is also compared with lists of known passwords.';
  return guessUnits(password, about, good).count < good
    ? { level: '2', text: `This is enough. ${checked}` }
    : { level: '3', text: `This is good. ${checked}` };
}

/** What the person typed about themselves in the same form, known by the autocomplete attribute. */
function named(field: PageElement): readonly PageElement[] {
  const fields = field.form === undefined || field.form === null ? [] : Array.from(field.form.elements);
  return fields.filter((other) => /^(?:email|username|name|given-name|family-name)$/.test(tokenOf(other)));
}

function tokenOf(element: PageElement): string {
  return (element.getAttribute('autocomplete') ?? '').trim().split(/\s+/).at(-1) ?? '';
}

/** `data-password-words`, one word or name to a line. */
function siteWords(field: PageElement): readonly string[] {
  return (field.dataset['passwordWords'] ?? '').split('\n').filter((word) => word.trim() !== '');
}

function made(name: string, className: string): PageElement {
  const element = document.createElement(name);
  element.className = className;
  return element;
}
