import { SafekeepError } from '../../base/errors.js';
import { nameOf } from '../../base/names.js';

/** What a line of a list gives: the hash as it lies in `bytes`, valid until the next one. */
export type OnHash = (hash: Uint8Array) => void;

export interface HashLines {
  write(chunk: Uint8Array): void;
  /** The last line may lack its end. */
  end(): void;
  readonly lines: number;
  readonly hashes: number;
}

const hashDigits = 40;
/** A hash, a colon, a count, and some blanks: what is longer is no line of such a list. */
const longestLine = 128;
const [newline, carriage, blank, tab, colon] = [10, 13, 32, 9, 58];
const mark = [0xef, 0xbb, 0xbf];

/** The value of a hexadecimal digit by its byte, 255 for every other. */
const digitOf = Uint8Array.from({ length: 256 }, (_, byte) => {
  const value = Number.parseInt(String.fromCharCode(byte), 16);
  return Number.isNaN(value) ? 255 : value;
});

/**
 * Reads lines `SHA1:count` or `SHA1`, from bytes and without making text of them. Blank lines are skipped, upper and
 * lower case are one. What is neither ends the reading with its number: a list read by halves would look like a whole.
 * @param minCount above 0, a line without a count is refused, and one of a smaller count is left out
 */
export function createHashLines(minCount: number, onHash: OnHash): HashLines {
  const hash = new Uint8Array(hashDigits / 2);
  const rest = new Uint8Array(longestLine);
  let kept = 0;
  let lines = 0;
  let hashes = 0;

  function refuse(because: string): never {
    throw new SafekeepError('ERR_BREACHED_INPUT', { line: lines, because: nameOf(because) });
  }

  function line(bytes: Uint8Array, from: number, to: number): void {
    lines += 1;
    let start = from;
    let end = to;
    if (lines === 1 && mark.every((byte, index) => bytes[start + index] === byte)) start += mark.length;
    while (end > start && isBlank(bytes[end - 1]!)) end -= 1;
    while (start < end && isBlank(bytes[start]!)) start += 1;
    if (start === end) return;
    if (end - start < hashDigits) refuse('hash');
    for (let at = 0; at < hashDigits; at += 2) {
      const high = digitOf[bytes[start + at]!]!;
      const low = digitOf[bytes[start + at + 1]!]!;
      if ((high | low) > 15) refuse('hash');
      hash[at >> 1] = (high << 4) | low;
    }
    if (end - start === hashDigits) {
      if (minCount > 0) refuse('count');
    } else {
      if (bytes[start + hashDigits] !== colon) refuse('hash');
      if (count(bytes, start + hashDigits + 1, end) < minCount) return;
    }
    hashes += 1;
    onHash(hash);
  }

  function count(bytes: Uint8Array, from: number, to: number): number {
    if (from === to || to - from > 15) refuse('count');
    let value = 0;
    for (let at = from; at < to; at += 1) {
      const digit = bytes[at]! - 48;
      if (digit < 0 || digit > 9) refuse('count');
      value = value * 10 + digit;
    }
    return value;
  }

  function keep(bytes: Uint8Array): void {
    if (kept + bytes.length > longestLine) {
      lines += 1;
      refuse('hash');
    }
    rest.set(bytes, kept);
    kept += bytes.length;
  }

  return {
    write(chunk) {
      let from = 0;
      for (let to = chunk.indexOf(newline); to >= 0; to = chunk.indexOf(newline, from)) {
        if (kept > 0) {
          keep(chunk.subarray(from, to));
          line(rest, 0, kept);
          kept = 0;
        } else line(chunk, from, to);
        from = to + 1;
      }
      if (from < chunk.length) keep(chunk.subarray(from));
    },
    end() {
      if (kept > 0) line(rest, 0, kept);
      kept = 0;
    },
    get lines() {
      return lines;
    },
    get hashes() {
      return hashes;
    },
  };
}

function isBlank(byte: number): boolean {
  return byte === blank || byte === tab || byte === carriage;
}
