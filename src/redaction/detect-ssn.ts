import { digitsEnd, isDigit, isWord } from './characters.js';
import type { Detection } from './finding.js';

/**
 * A US social security number as AAA-GG-SSSS. Areas 000, 666 and 900-999, group 00 and serial 0000 were never issued
 * (SSA, randomization FAQ), which keeps many part numbers whole. With blanks or dots, or without anything between, only
 * where a word in front says what it is.
 */
export function detectSsn(text: string, start: number, firstEnd: number): Detection {
  const isBare = firstEnd - start === 9;
  if (firstEnd - start !== 3 && !isBare) return null;
  const separator = isBare ? 0 : text.charCodeAt(firstEnd);
  if (!isBare && separator !== 45 && separator !== 32 && separator !== 46 && separator !== 0xa0) return null;
  const groupStart = isBare ? start + 3 : firstEnd + 1;
  const groupEnd = isBare ? start + 5 : digitsEnd(text, groupStart);
  if (groupEnd - groupStart !== 2 || (!isBare && text.charCodeAt(groupEnd) !== separator)) return null;
  const serialStart = isBare ? groupEnd : groupEnd + 1;
  const end = isBare ? firstEnd : digitsEnd(text, serialStart);
  if (end - serialStart !== 4) return null;
  if (!boundary(text.charCodeAt(start - 1), text.charCodeAt(start - 2))) return null;
  if (!boundary(text.charCodeAt(end), text.charCodeAt(end + 1))) return null;
  if (separator !== 45 && !wordInFront.test(text.slice(Math.max(0, start - 48), start))) return null;
  if (!wasIssued(text.slice(start, start + 3), text.slice(groupStart, groupEnd), text.slice(serialStart, end)))
    return null;
  return { start, end, type: 'ssn', rule: 'value/ssn', replacement: '[ssn]' };
}

const wordInFront = /(?:\bssn\b|\bs\.s\.n\.?|social[ _-]?security|\bss ?#)[^0-9]{0,32}$/i;

function wasIssued(area: string, group: string, serial: string): boolean {
  return area !== '000' && area !== '666' && area < '900' && group !== '00' && serial !== '0000';
}

/** Not inside a word, and not one part of a longer dashed or dotted number. */
function boundary(next: number, beyond: number): boolean {
  return !isWord(next) && !((next === 45 || next === 46) && isDigit(beyond));
}
