import { parentPort } from 'node:worker_threads';
import { type MatchExtended, ZxcvbnFactory } from '@zxcvbn-ts/core';
import { adjacencyGraphs, dictionary } from '@zxcvbn-ts/language-common';
import type { Pattern } from './guess-units.js';
import type { Guess, GuessQuestion } from './guessability.js';

/**
 * The thread of zxcvbn: what it costs grows faster than the password (tens of milliseconds for 48 characters), and no
 * request may hold up the others for that long.
 */
const zxcvbn = new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs });

parentPort?.on('message', ({ id, password, words }: GuessQuestion) => {
  const { guessesLog10, sequence } = zxcvbn.check(password, [...words]);
  const guess: Guess = { id, guessesLog10, pattern: mostOf(sequence) };
  parentPort?.postMessage(guess);
});

/** The pattern that covers most of it: what to tell the person. */
function mostOf(sequence: readonly MatchExtended[]): Pattern {
  const covered = new Map<Pattern, number>();
  for (const match of sequence) {
    const pattern = patternOf(match);
    if (pattern !== undefined) covered.set(pattern, (covered.get(pattern) ?? 0) + match.token.length);
  }
  const [most] = [...covered].sort(([, a], [, b]) => b - a);
  return most?.[0] ?? 'common';
}

function patternOf(match: MatchExtended): Pattern | undefined {
  switch (match.pattern) {
    case 'bruteforce':
    case 'separator':
      return undefined;
    case 'dictionary':
      return (match as { dictionaryName?: unknown }).dictionaryName === 'userInputs' ? 'context' : 'common';
    case 'repeat':
      return 'repeat';
    default:
      return 'sequence';
  }
}
