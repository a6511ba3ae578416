/** What is left of a line that is part of a private key. */
export interface KeyBlockLine {
  /** True for the line that begins the block. */
  readonly begins: boolean;
  /** What stands before the key and is printed, with a label behind it; undefined where the line says nothing more. */
  readonly before: string | undefined;
  /** What stands behind the end of the block. */
  readonly after: string | undefined;
}

const begin = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;
const end = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;
const body = /^[\s>|"'#*]*[A-Za-z0-9+/=]*(?:\\n|\\r)*["',;+\\]*\s*$/;
const header = /^\s*(?:Proc-Type|DEK-Info|Version|Comment|Hash):\s/i;
/** A line of a key behind a prefix of the log's own, such as a time and a host. */
const prefixed = /^(.*\s)[A-Za-z0-9+/=]{16,}\s*$/;
/** A line of a key is short; the patterns are not tried on others. */
const longestBodyLine = 2048;

/**
 * Private keys are printed over many lines, of which only the first says what they are. Behind it every line that looks
 * like one of a key belongs to it, until the end or until one does not: a first line alone cannot silence a log.
 */
export function createKeyBlocks(): { of(line: string): KeyBlockLine | undefined } {
  let isInside = false;
  /** Of what the log puts before each line: a time, a host. */
  let prefixLength = 0;
  return {
    of(line) {
      if (!isInside) {
        const found = line.includes('PRIVATE KEY') ? begin.exec(line) : null;
        if (found === null || end.test(line.slice(found.index))) return undefined;
        isInside = true;
        prefixLength = found.index;
        return { begins: true, before: line.slice(0, found.index), after: undefined };
      }
      const ended = line.includes('PRIVATE KEY') ? end.exec(line) : null;
      if (ended !== null) {
        isInside = false;
        const after = line.slice(ended.index + ended[0].length);
        return { begins: false, before: undefined, after: after.trim() === '' ? undefined : after };
      }
      if (line.length <= longestBodyLine) {
        const own = line.slice(prefixLength);
        if ([line, own].some((text) => body.test(text) || header.test(text)))
          return { begins: false, before: undefined, after: undefined };
        const behind = prefixed.exec(line);
        if (behind !== null) return { begins: false, before: behind[1] ?? '', after: undefined };
      }
      isInside = false;
      return undefined;
    },
  };
}
