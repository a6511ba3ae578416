import { isBase64Url, isWord, runEnd } from './characters.js';
import type { Detection } from './finding.js';

const whole = Number.POSITIVE_INFINITY;
/** What the keys of well-known issuers begin with, and how many characters follow at least (their own documentation). */
const issuers: readonly (readonly [prefix: string, least: number])[] = [
  ['ghp_', 30],
  ['gho_', 30],
  ['ghu_', 30],
  ['ghs_', 30],
  ['ghr_', 30],
  ['github_pat_', 40],
  ['glpat-', 18],
  ['sk_live_', 16],
  ['sk_test_', 16],
  ['rk_live_', 16],
  ['rk_test_', 16],
  ['whsec_', 24],
  ['npm_', 34],
  ['hf_', 30],
  ['shpat_', 30],
  ['shpss_', 30],
  ['dckr_pat_', 20],
  ['dop_v1_', 40],
  ['glsa_', 30],
  ['lin_api_', 30],
  ['sk-', 20],
  ['xoxb-', 20],
  ['xoxp-', 20],
  ['xoxa-', 20],
  ['xoxr-', 20],
  ['xoxs-', 20],
  ['xapp-', 20],
  ['pypi-', 40],
  ['SG.', 40],
  ['ya29.', 20],
  ['hvs.', 20],
  ['AKIA', 16],
  ['ASIA', 16],
  ['AIza', 35],
];
const byLetter = new Map<string, (readonly [string, number])[]>();
for (const issuer of issuers) byLetter.set(issuer[0][0] ?? '', [...(byLetter.get(issuer[0][0] ?? '') ?? []), issuer]);
const isKeyPart = (code: number): boolean => isBase64Url(code) || code === 46;

/** A key whose prefix holds the character at `at`: its `_`, `-`, `.` or capital `I`. At most seven characters back. */
export function detectApiKey(text: string, at: number): Detection {
  // The shortest of them has sixteen characters behind it.
  if (!isBase64Url(text.charCodeAt(at + 13))) return null;
  let start = at;
  while (start > 0 && start > at - 7 && isWord(text.charCodeAt(start - 1))) start -= 1;
  // Not inside a run that was read from its own beginning: each is read once.
  if (isKeyPart(text.charCodeAt(start - 1))) return null;
  const candidates = byLetter.get(text[start] ?? '');
  const issuer = candidates?.find(([prefix]) => text.startsWith(prefix, start));
  if (issuer === undefined) return null;
  const [prefix, least] = issuer;
  const isDotted = prefix.endsWith('.');
  let end = runEnd(text, start + prefix.length, whole, isDotted ? isKeyPart : isBase64Url);
  while (text.charCodeAt(end - 1) === 46) end -= 1;
  if (end - start - prefix.length < least || !/\d/.test(text.slice(start + prefix.length, start + 80))) return null;
  // AWS has one length, and capitals only.
  if (prefix.endsWith('IA') && !/^[A-Z0-9]{20}$/.test(text.slice(start, Math.min(end, start + 21)))) return null;
  return { start, end, type: 'api_key', rule: 'value/api-key', replacement: '[api_key]' };
}

/** `-----BEGIN … PRIVATE KEY-----` at its first hyphen, to the end mark or, when that is missing, to the text's end. */
export function detectPrivateKey(text: string, start: number): Detection {
  if (!text.startsWith('-----BEGIN ', start)) return null;
  if (!/^-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY/.test(text.slice(start, start + 72))) return null;
  const mark = text.indexOf('-----END ', start + 11);
  const closing = mark === -1 ? -1 : text.indexOf('-----', mark + 9);
  const end = closing === -1 ? text.length : closing + 5;
  return { start, end, type: 'private_key', rule: 'value/private-key', replacement: '[private_key]' };
}
