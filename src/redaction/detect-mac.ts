import { isHex, isWord } from './characters.js';
import type { Detection } from './finding.js';

/**
 * The hardware address of a machine whose first separator, `:` or `-`, is at `first`: six pairs (EUI-48) or eight
 * (EUI-64). Fingerprints of keys have more pairs and stay. All zeros and all ones are nobody's.
 */
export function detectMac(text: string, first: number): Detection {
  const start = first - 2;
  const separator = text.charCodeAt(first);
  if (start < 0 || !isHex(text.charCodeAt(start)) || !isHex(text.charCodeAt(start + 1))) return null;
  const before = text.charCodeAt(start - 1);
  if (isWord(before) || before === 45 || (before === 58 && separator === 58)) return null;
  let pairs = 1;
  let end = first;
  while (pairs < 9 && text.charCodeAt(end) === separator) {
    if (!isHex(text.charCodeAt(end + 1)) || !isHex(text.charCodeAt(end + 2))) break;
    end += 3;
    pairs += 1;
  }
  if ((pairs !== 6 && pairs !== 8) || isWord(text.charCodeAt(end))) return null;
  if (text.charCodeAt(end) === separator && isHex(text.charCodeAt(end + 1))) return null;
  return found(text, start, end, separator === 45);
}

/** `0011.22aa.bbcc`, as routers write it; the first dot is at `first`. */
export function detectDottedMac(text: string, first: number): Detection {
  if (text.charCodeAt(first + 5) !== 46) return null;
  const start = first - 4;
  const end = first + 10;
  if (start < 0 || isPart(text.charCodeAt(start - 1)) || isPart(text.charCodeAt(end))) return null;
  if (!/^[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}$/i.test(text.slice(start, end))) return null;
  return found(text, start, end, true);
}

const isPart = (code: number): boolean => isWord(code) || code === 46;

/** Without a letter a dashed or dotted one is a number of something, unless the word is there. */
function found(text: string, start: number, end: number, isDoubtful: boolean): Detection {
  const given = text.slice(start, end);
  if (/^[0:.-]+$/.test(given) || /^[f:.-]+$/i.test(given)) return null;
  if (
    isDoubtful &&
    !/[a-f]/i.test(given) &&
    !/\b(?:mac|station|hwaddr|bssid)\b/i.test(text.slice(Math.max(0, start - 24), start))
  )
    return null;
  return { start, end, type: 'mac', rule: 'value/mac', replacement: '[mac]' };
}
