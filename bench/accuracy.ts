import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { type Contender, contenders } from './contenders/redactors.js';
import { corpus } from './corpora/generate.js';
import { type Labelled, readLabelled, scoredTypes } from './corpora/labelled.js';

const usage = `node .build/bench/accuracy.js [options]
  --corpus <file>    a labelled set, one {"text", "spans": [{"type", "start", "end"}]} a line (default: our own two)
  --part <part>      of ours: 'report' (default) or 'tune', whose shapes the rules were made with
  --count <n>        texts of each of ours (default 4000)
  --seed <n>         of ours (default 1)
  --misses           print the texts that safekeep missed or touched without need`;

/** Wilson's interval at 95 %: also right for 0 of n and n of n. */
export function bounds(hits: number, n: number): readonly [low: number, high: number] {
  if (n === 0) return [0, 1];
  const [z, share] = [1.959964, hits / n];
  const middle = (share + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

function share(hits: number, n: number): string {
  if (n === 0) return '–';
  const [low, high] = bounds(hits, n).map((bound) => (bound * 100).toFixed(1));
  return `${((hits * 100) / n).toFixed(1)} % [${low}, ${high}] of ${n}`;
}

/**
 * Every tool is asked for its output alone, for that is what all of them have. What may stay of a datum is what a mask
 * leaves: the host of an address, the network of an IP, less than half of anything else.
 */
function isGone(out: string, value: string, type: string): boolean {
  if (type === 'ip') return !out.includes(value);
  if (type === 'email') return !out.includes(value.slice(0, value.indexOf('@') + 1));
  const half = Math.ceil(value.length / 2);
  return !out.includes(value.slice(0, half)) && !out.includes(value.slice(-half));
}

/** Precision is by texts: of those that a tool changed, how many had something to find. */
async function score(
  name: string,
  texts: readonly Labelled[],
  contender: Contender,
  printMisses: boolean,
): Promise<void> {
  const redact = await contender.prepare();
  const found = new Map<string, [hits: number, n: number]>();
  let [changed, rightly, clean, untouched] = [0, 0, 0, 0];
  for (const { text, spans } of texts) {
    const out = redact(text);
    const scored = spans.filter(({ type }) => (scoredTypes as readonly string[]).includes(type));
    for (const { type, start, end } of scored) {
      const entry = found.get(type) ?? [0, 0];
      const isFound = isGone(out, text.slice(start, end), type);
      found.set(type, [entry[0] + (isFound ? 1 : 0), entry[1] + 1]);
      if (!isFound && printMisses) console.log(`missed ${type}: ${text}`);
    }
    if (out !== text) {
      changed += 1;
      if (spans.length > 0) rightly += 1;
    }
    if (spans.length === 0) {
      clean += 1;
      if (out === text) untouched += 1;
      else if (printMisses) console.log(`touched: ${text} -> ${out}`);
    }
  }
  const all = [...found.values()].reduce(([hits, n], [moreHits, more]) => [hits + moreHits, n + more], [0, 0]);
  console.log(`\n${contender.name} on ${name}`);
  console.log(`  recall     ${share(all[0] ?? 0, all[1] ?? 0)}`);
  for (const type of scoredTypes) {
    const entry = found.get(type);
    if (entry !== undefined) console.log(`    ${type.padEnd(8)} ${share(...entry)}`);
  }
  console.log(`  precision  ${share(rightly, changed)} texts that were changed`);
  console.log(`  untouched  ${share(untouched, clean)} clean texts`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      corpus: { type: 'string' },
      part: { type: 'string', default: 'report' },
      count: { type: 'string', default: '4000' },
      seed: { type: 'string', default: '1' },
      misses: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(usage);
  const [part, count, seed] = [
    values.part === 'tune' ? 'tune' : 'report',
    Number(values.count),
    Number(values.seed),
  ] as const;
  const sets: (readonly [string, readonly Labelled[]])[] =
    values.corpus !== undefined
      ? [[basename(values.corpus), readLabelled(readFileSync(values.corpus, 'utf8'))]]
      : (['log-lines', 'prose'] as const).map((kind) => [
          `${kind} (${part}, seed ${seed})`,
          corpus(kind, part, count, seed),
        ]);
  for (const [name, texts] of sets) {
    console.log(`\n# ${name}: ${texts.length} texts`);
    for (const [at, contender] of contenders.entries()) {
      try {
        await score(name, texts, contender, values.misses && at === 0);
      } catch (error) {
        console.log(`\n${contender.name}: left out: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
});
