import { digitsEnd, isDigit, isWord } from './characters.js';
import type { Detection } from './finding.js';

/**
 * A US social security number as AAA-GG-SSSS. Areas 000, 666 and 900-999, group 00 and serial 0000 were never issued
 * (SSA, randomization FAQ), which keeps many part numbers whole. With blanks only where a word in front says what it is.
 */
export function detectSsn(text: string, start: number, firstEnd: number): Detection {
  if (firstEnd - start !== 3) return null;
  const separator = text.charCodeAt(firstEnd);
  if (separator !== 45 && separator !== 32) return null;
  const groupEnd = digitsEnd(text, firstEnd + 1);
  if (groupEnd - firstEnd !== 3 || text.charCodeAt(groupEnd) !== separator) return null;
  const end = digitsEnd(text, groupEnd + 1);
  if (end - groupEnd !== 5) return null;
  if (!boundary(text.charCodeAt(start - 1), text.charCodeAt(start - 2))) return null;
  if (!boundary(text.charCodeAt(end), text.charCodeAt(end + 1))) return null;
  if (!wasIssued(text.slice(start, firstEnd), text.slice(firstEnd + 1, groupEnd), text.slice(groupEnd + 1, end)))
    return null;
  if (separator === 32 && !/ssn|social security/i.test(text.slice(Math.max(0, start - 40), start))) return null;
  return { start, end, type: 'ssn', rule: 'value/ssn', replacement: '[ssn]' };
}

function wasIssued(area: string, group: string, serial: string): boolean {
  return area !== '000' && area !== '666' && area < '900' && group !== '00' && serial !== '0000';
}

/** Not inside a word, and not one part of a longer dashed or dotted number. */
function boundary(next: number, beyond: number): boolean {
  return !isWord(next) && !((next === 45 || next === 46) && isDigit(beyond));
}
