import { SafekeepError } from '../../base/errors.js';
import { nameOf, type Statement, say } from '../../base/names.js';
import { merged } from '../find-folded.js';
import type { Match } from '../finding.js';
import type { Scan, ScanText } from '../scan-text.js';
import { probePattern } from './probe-pattern.js';

/** A pattern of the application: what its customer numbers, contracts or badges look like. */
export interface OwnPattern {
  /** The word in the label (`[contract]`), in findings (`pattern/contract`) and counters: `^[a-z][a-z0-9_.-]{0,63}$`. */
  readonly type: string;
  /** Tried for linear time when the redactor is made, and refused in doubt. Flags `g`, `y` and `d` have no effect. */
  readonly pattern: RegExp;
}

const mostPatterns = 50;
const typeForm = /^[a-z][a-z0-9_.-]{0,63}$/;

interface Probed {
  readonly type: string;
  readonly pattern: RegExp;
}

/** @throws SafekeepError ERR_PATTERN_REFUSED; ERR_OPTION_INVALID for what is no type and pattern */
export function probeAll(patterns: readonly OwnPattern[]): readonly Probed[] {
  if (patterns.length > mostPatterns) throw invalid(say`at most ${mostPatterns} of them`);
  return patterns.map((given: unknown) => {
    const { type, pattern } = (given ?? {}) as Partial<OwnPattern>;
    if (typeof type !== 'string' || !typeForm.test(type) || !(pattern instanceof RegExp)) {
      throw invalid(say`a lower-case type and a RegExp each`);
    }
    return { type, pattern: probePattern(pattern, type) };
  });
}

function invalid(expected: Statement): SafekeepError {
  return new SafekeepError('ERR_OPTION_INVALID', {
    of: nameOf('createRedactor'),
    option: nameOf('patterns'),
    expected,
  });
}

/** A scan that finds these as well. Where one meets what was found before, both are replaced as one. */
export function withPatterns(scan: ScanText, patterns: readonly Probed[]): ScanText {
  if (patterns.length === 0) return scan;
  return function scanWithPatterns(text): Scan {
    const plain = scan(text);
    const found: Match[] = [];
    for (const { type, pattern } of patterns) {
      for (const match of text.matchAll(pattern)) {
        const [given] = match;
        if (given === '') continue;
        const [start, end] = [match.index, match.index + given.length];
        found.push({ start, end, type, rule: `pattern/${type}`, replacement: `[${type}]` });
      }
    }
    if (found.length === 0) return plain;
    return { ...plain, matches: merged([...plain.matches, ...found]), needsEscape: true };
  };
}
