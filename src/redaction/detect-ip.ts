import { digitsEnd, isDigit, isHex, isLetter, isWord } from './characters.js';
import type { Detection } from './finding.js';
import { maskAddress } from './masks.js';

/** An IPv4 address at a run of one to three digits; what looks like a version or is nobody's address stays. */
export function detectIpv4(text: string, start: number, firstEnd: number): Detection {
  if (firstEnd - start > 3 || text.charCodeAt(firstEnd) !== 46) return null;
  let end = firstEnd;
  for (let part = 1; part < 4; part += 1) {
    if (text.charCodeAt(end) !== 46) return null;
    const partEnd = digitsEnd(text, end + 1);
    if (!isOctet(text, end + 1, partEnd)) return null;
    end = partEnd;
  }
  if (!isOctet(text, start, firstEnd)) return null;
  const after = text.charCodeAt(end);
  if (isWord(after) || ((after === 46 || after === 45) && isWord(text.charCodeAt(end + 1)))) return null;
  if (looksLikeVersion(text, start)) return null;
  const address = text.slice(start, end);
  if (/^(?:127\.|0\.0\.0\.0$|255\.255\.255\.255$)/.test(address)) return null;
  if (address.endsWith('.0') && after === 47 && isDigit(text.charCodeAt(end + 1))) return null;
  return { start, end, type: 'ip', rule: 'value/ip', replacement: maskAddress(address) ?? '[ip]' };
}

function isOctet(text: string, start: number, end: number): boolean {
  const length = end - start;
  if (length < 1 || length > 3 || (length > 1 && text.charCodeAt(start) === 48)) return false;
  return length < 3 || Number(text.slice(start, end)) <= 255;
}

/** `v1.2.3.4`, `pkg@1.2.3.4`, `Chrome/120.0.0.0`, `version 1.2.3.4`; but `https://1.2.3.4` is an address. */
function looksLikeVersion(text: string, start: number): boolean {
  const before = text.charCodeAt(start - 1);
  if (isWord(before) || before === 46 || before === 45 || before === 64) return true;
  if (before === 47) return isLetter(text.charCodeAt(start - 2));
  return /\b(?:version|release|build|v|ver|upgraded to|node|engine)[ :=]{1,2}$/i.test(
    text.slice(Math.max(0, start - 14), start),
  );
}

/**
 * An IPv6 address whose first colon is at `colon`. Only networks that belong to somebody are read: 2000::/3, fc00::/7,
 * fe80::/10 and mapped IPv4. That first group of four digits is what tells an address from a time, a MAC and `a::b`.
 */
export function detectIpv6(text: string, colon: number, floor: number): Detection {
  let start = colon;
  while (start > floor && start > colon - 5 && isHex(text.charCodeAt(start - 1))) start -= 1;
  // Times and MAC addresses have two digits here and are gone before anything is cut out.
  if (start !== colon && colon - start !== 4) return null;
  const before = text.charCodeAt(start - 1);
  if (isWord(before) || before === 58 || before === 46) return null;
  const mapped =
    start === colon && text.charCodeAt(colon + 1) === 58 && /^::ffff:\d/i.test(text.slice(start, start + 8));
  if (start === colon && !mapped) return null;
  if (!mapped && !/^(?:[23][0-9a-f]{3}|f[cd][0-9a-f]{2}|fe[89ab][0-9a-f])$/i.test(text.slice(start, colon)))
    return null;
  let end = colon;
  const limit = Math.min(text.length, start + 45);
  while (end < limit && (isHex(text.charCodeAt(end)) || isColonOrDot(text.charCodeAt(end)))) end += 1;
  while (end > colon && isColonOrDot(text.charCodeAt(end - 1)) && !text.startsWith('::', end - 2)) end -= 1;
  const address = text.slice(start, end);
  if (!isIpv6(address) || isWord(text.charCodeAt(end))) return null;
  if (address.endsWith('::') && text.charCodeAt(end) === 47) return null;
  return { start, end, type: 'ip', rule: 'value/ip', replacement: maskAddress(address) ?? '[ip]' };
}

const isColonOrDot = (code: number): boolean => code === 58 || code === 46;

function isIpv6(address: string): boolean {
  const halves = address.split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  const last = groups.at(-1) ?? '';
  const size = groups.length + (last.includes('.') ? 1 : 0);
  const wellFormed = groups.every((group, at) =>
    at === groups.length - 1 && group.includes('.')
      ? /^\d{1,3}(?:\.\d{1,3}){3}$/.test(group)
      : /^[0-9a-f]{1,4}$/i.test(group),
  );
  return wellFormed && (halves.length === 2 ? size < 8 : size === 8);
}
