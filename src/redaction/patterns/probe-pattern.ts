import { SafekeepError } from '../../base/errors.js';
import { nameOf, type Statement, say } from '../../base/names.js';
import { atomsOf } from './pattern-atoms.js';

const longestSource = 512;
/** In small steps, so that the first length that is too slow is not slow for long. */
const sizes = [
  8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 32, 40, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072,
  4096, 6144, 8192, 12_288, 16_384,
] as const;
/** 64 KB may take 50 ms; a quarter of that takes a linear pattern a fraction of a millisecond. */
const mostMs = 6;
/** Twice the input, twice the time; what is quadratic takes four times as long. Below the floor a ratio is noise. */
const mostGrowth = 3;
const floorMs = 1;
const repeats = 5;
const mostPumps = 160;

/**
 * Lets a pattern of the application pass only after its time was seen to grow with the length of the text and no faster:
 * it is run, at rising lengths, on texts made of its own parts, which is where backtracking happens. The engine counts no
 * steps that could be asked for, so the best of several times is what is compared; what is in doubt is refused, and so is
 * what cannot be read. It does NOT prove linearity: a pattern that passes may have a text that was not tried.
 * @returns the pattern to search with, of its own: nobody else moves its `lastIndex`
 * @throws SafekeepError ERR_PATTERN_REFUSED with what is wrong with it
 */
export function probePattern(pattern: RegExp, type: string): RegExp {
  const refuse = (problem: Statement): never => {
    throw new SafekeepError('ERR_PATTERN_REFUSED', { type: nameOf(type), problem });
  };
  const { source, flags } = pattern;
  if (source.length > longestSource) refuse(say`it is longer than ${longestSource} characters`);
  const atoms = atomsOf(source);
  if (atoms === undefined) return refuse(say`look-behind and references to groups are not taken`);
  const compiled = new RegExp(source, `${flags.replace(/[gyd]/g, '')}g`);
  if (finds(compiled, '')) refuse(say`it finds something in an empty text`);
  // Its own label would be replaced at the second pass.
  if (finds(compiled, `[${type}]`)) refuse(say`it finds something in its own label`);
  for (const textOf of texts(atoms)) {
    const times: number[] = [];
    for (const [at, size] of sizes.entries()) {
      const ms = bestMs(compiled, textOf(size));
      times.push(ms);
      const half = times[sizes.indexOf((size / 2) as (typeof sizes)[number])] ?? times[at - 1] ?? 0;
      if (ms > mostMs || (ms > floorMs && ms > Math.max(half, floorMs / 4) * mostGrowth))
        refuse(say`its time grows faster than the text: ${size} characters of its own parts show it`);
    }
  }
  return compiled;
}

function finds(pattern: RegExp, text: string): boolean {
  pattern.lastIndex = 0;
  return pattern.test(text);
}

/** One by one and a few neighbours together, the parts of the pattern again and again, behind what has to stand before. */
function texts(atoms: readonly (readonly string[])[]): readonly ((size: number) => string)[] {
  const made = new Map<string, (size: number) => string>();
  const firsts = atoms.map(([first]) => first ?? '');
  function add(prefix: string, part: string): void {
    if (part === '' || made.size >= mostPumps) return;
    // No pattern finds the end, so the engine tries every way there is.
    made.set(`${prefix}\u0000${part}`, (size) => `${prefix}${part.repeat(Math.ceil(size / part.length))}\u0001`);
  }
  for (const [at, samples] of atoms.entries()) {
    for (const sample of samples) {
      add('', sample);
      add(firsts.slice(0, at).join(''), sample);
    }
  }
  for (let length = 2; length <= 6; length += 1) {
    for (let at = 0; at + length <= firsts.length; at += 1) add('', firsts.slice(at, at + length).join(''));
  }
  add('', firsts.join(''));
  return [...made.values()];
}

/** Once, and where that was slow the best of some times: what disturbs the machine makes no run faster. */
function bestMs(pattern: RegExp, text: string): number {
  let least = Number.POSITIVE_INFINITY;
  for (let done = 0; done < repeats && least > floorMs; done += 1) {
    const began = process.hrtime.bigint();
    text.replace(pattern, '');
    least = Math.min(least, Number(process.hrtime.bigint() - began) / 1e6);
  }
  return least;
}
