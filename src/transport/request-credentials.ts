import type { IncomingMessage } from 'node:http';
import { readCookies } from '../http/index.js';

/** Shorter values stand in too many places by chance. */
const minLength = 8;
/** Bounds the work, and the depth with it. */
const maxFields = 1000;

/** By the last word of a field's name, so that `new_password` and `resetToken` are meant and `password_hint` is not. */
const credentialWords = new Set([
  'password',
  'passwd',
  'passwort',
  'passphrase',
  'pass',
  'pwd',
  'secret',
  'token',
  'pin',
]);

/** A CSRF token lies in a cookie by design, and opens nothing by itself. */
const harmless = /csrf|xsrf/i;

/** What the request carries in fields for passwords and tokens, and in `Authorization`. Its own session ids are not meant. */
export function credentialsOf(req: IncomingMessage, own: readonly string[]): readonly string[] {
  const found = new Set<string>();
  const carrier = req as IncomingMessage & { readonly body?: unknown; readonly query?: unknown };
  const budget = { fields: maxFields };
  collect(carrier.body, found, budget);
  collect(carrier.query, found, budget);
  const { authorization } = req.headers;
  if (authorization !== undefined) {
    const [scheme = '', rest = ''] = authorization.split(' ', 2);
    if (/^basic$/i.test(scheme)) {
      const decoded = Buffer.from(rest, 'base64').toString();
      add(found, decoded.slice(decoded.indexOf(':') + 1));
    } else add(found, rest);
  }
  if (found.size > 0 && own.length > 0) {
    const cookies = readCookies(req);
    for (const name of own) found.delete(cookies.get(name) ?? '');
  }
  return [...found];
}

function collect(value: unknown, found: Set<string>, budget: { fields: number }): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, entry] of Object.entries(value)) {
    if (budget.fields <= 0) return;
    budget.fields -= 1;
    if (isCredentialName(key)) {
      for (const text of Array.isArray(entry) ? entry : [entry]) if (typeof text === 'string') add(found, text);
    }
    collect(entry, found, budget);
  }
}

function isCredentialName(key: string): boolean {
  if (harmless.test(key)) return false;
  const words = key
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word !== '');
  return credentialWords.has(words.at(-1) ?? '');
}

function add(found: Set<string>, text: string): void {
  if (text.length >= minLength) found.add(text);
}

/**
 * Whether a cookie's value is one of the credentials, or holds one as a whole between delimiters: plain, percent-encoded,
 * or in base64. A credential that was cut, hashed or encrypted is not recognised.
 */
export function holdsCredential(value: string, credentials: readonly string[]): boolean {
  const forms = formsOf(value);
  return credentials.some((credential) => forms.some((form) => holdsWhole(form, credential)));
}

function formsOf(value: string): readonly string[] {
  const forms = new Set<string>();
  for (const form of [value, value.replaceAll('+', ' ')]) forms.add(form).add(decodedPercent(form));
  for (const form of [...forms]) {
    // Session middleware puts `s:` or `j:` in front, signatures come behind a dot.
    for (const part of form.split(/[.:|]/)) {
      if (/^[A-Za-z0-9+/_-]{10,}={0,2}$/.test(part)) forms.add(Buffer.from(part, 'base64').toString());
    }
  }
  return [...forms];
}

function decodedPercent(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    // Not percent-encoded UTF-8: it stands for itself.
    return value;
  }
}

function holdsWhole(text: string, credential: string): boolean {
  let at = text.indexOf(credential);
  while (at >= 0) {
    if (!isWordAt(text, at - 1) && !isWordAt(text, at + credential.length)) return true;
    at = text.indexOf(credential, at + 1);
  }
  return false;
}

function isWordAt(text: string, at: number): boolean {
  return at >= 0 && at < text.length && /[\p{L}\p{N}]/u.test(text.charAt(at));
}
