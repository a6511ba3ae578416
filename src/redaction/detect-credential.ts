import { mailTokenKinds } from '../base/mail-token.js';
import { isBase64Url, isWord, runEnd } from './characters.js';
import type { Detection } from './finding.js';

const whole = Number.POSITIVE_INFINITY;
const hashNames = /^\$(?:argon2(?:id|i|d)|2[abxy]|scrypt|pbkdf2(?:-sha\d+)?|[156y]|7|gy|sha1|md5|bcrypt-sha256)\$/;
const isPhc = (code: number): boolean => isBase64Url(code) || '+/.,=$'.includes(String.fromCharCode(code));
const isToken68 = (code: number): boolean => isBase64Url(code) || '+/.~='.includes(String.fromCharCode(code));

/** A JSON web token whose first `eyJ` ends at `capital`. */
export function detectJwt(text: string, capital: number): Detection {
  const start = capital - 2;
  if (start < 0 || !text.startsWith('ey', start) || isBase64Url(text.charCodeAt(start - 1))) return null;
  let end = runEnd(text, start, whole, isBase64Url);
  if (end - start < 10 || text.charCodeAt(end) !== 46) return null;
  // Two parts are enough: a signature that was cut off takes nothing from what the payload tells.
  for (let part = 0; part < 4 && text.charCodeAt(end) === 46; part += 1)
    end = runEnd(text, end + 1, whole, isBase64Url);
  return end - start < 24 ? null : { start, end, type: 'jwt', rule: 'value/jwt', replacement: '[jwt]' };
}

const mailTokens: ReadonlySet<string> = new Set(mailTokenKinds);
const lastLetters: ReadonlySet<number> = new Set(mailTokenKinds.map((kind) => kind.charCodeAt(2)));

/** `rst_…`, `cnf_…` and their like, the tokens our mails carry; the underscore is at `underscore`. */
export function detectMailToken(text: string, underscore: number): Detection {
  const start = underscore - 3;
  if (start < 0 || !lastLetters.has(text.charCodeAt(underscore - 1))) return null;
  if (!mailTokens.has(text.slice(start, underscore))) return null;
  if (isBase64Url(text.charCodeAt(start - 1))) return null;
  const end = runEnd(text, underscore + 1, whole, isBase64Url);
  // 43 characters and a checksum of 6; most of one is a leak too.
  return end - underscore < 33 ? null : { start, end, type: 'token', rule: 'value/mail-token', replacement: '[token]' };
}

/** A sealed value in its text form; the `1` of `sf1.` is at `one`. Useless without the ring, and no line needs it. */
export function detectSealed(text: string, one: number): Detection {
  const start = one - 2;
  if (start < 0 || !text.startsWith('sf1.', start) || isWord(text.charCodeAt(start - 1))) return null;
  const end = runEnd(text, one + 2, whole, isBase64Url);
  return end - start < 44 ? null : { start, end, type: 'sealed', rule: 'value/sealed', replacement: '[sealed]' };
}

/** A stored password: PHC strings and their crypt(3) ancestors, from their first `$`. */
export function detectPasswordHash(text: string, start: number): Detection {
  if (!hashNames.test(text.slice(start, start + 20))) return null;
  const end = runEnd(text, start, whole, isPhc);
  if (end - start < 20) return null;
  return { start, end, type: 'password_hash', rule: 'value/password-hash', replacement: '[password_hash]' };
}

/** `Bearer …` and `Basic …` anywhere in a text; the scheme's name stays. `start` is at its `b`. */
export function detectAuthorization(text: string, start: number): Detection {
  const second = text.charCodeAt(start + 1) | 32;
  if ((second !== 101 && second !== 97) || isWord(text.charCodeAt(start - 1))) return null;
  const scheme = /^(?:bearer|basic) {1,4}/i.exec(text.slice(start, start + 12));
  if (scheme === null) return null;
  const from = start + scheme[0].length;
  const end = runEnd(text, from, whole, isToken68);
  const credential = text.slice(from, Math.min(end, from + 1024));
  const holds =
    scheme[0].length > 0 && (scheme[0][1] === 'e' || scheme[0][1] === 'E') ? isBearer(credential) : isBasic(credential);
  if (!holds) return null;
  return { start: from, end, type: 'credential', rule: 'value/authorization', replacement: '[credential]' };
}

/** Not the prose of "bearer authentication": a digit, a dot or a capital inside, or more than any word is long. */
function isBearer(credential: string): boolean {
  return credential.length >= 8 && (credential.length > 24 || /[\d._~+/]|[a-z][A-Z]/.test(credential.slice(0, -1)));
}

/** Base64 of `name:password`. */
function isBasic(credential: string): boolean {
  return (
    credential.length >= 4 &&
    /^[A-Za-z0-9+/_-]+={0,2}$/.test(credential) &&
    Buffer.from(credential, 'base64').includes(58)
  );
}

/** `name:password@` behind `://`; the colon is at `colon`. */
export function detectUserinfo(text: string, colon: number): Detection {
  if (!text.startsWith('://', colon)) return null;
  const start = colon + 3;
  let at = -1;
  for (let next = start; next < text.length; next += 1) {
    const code = text.charCodeAt(next);
    if (code === 64) at = next;
    if (code === 47 || code === 63 || code === 35 || code <= 32 || code === 34 || code === 60) break;
  }
  if (at <= start) return null;
  return { start, end: at, type: 'credential', rule: 'value/userinfo', replacement: '[credential]' };
}
