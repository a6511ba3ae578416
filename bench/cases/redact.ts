import { logObjects } from '../contenders/log-objects.js';
import { keyContenders, valueContenders } from '../contenders/log-writers.js';
import { contenders as redactors } from '../contenders/redactors.js';
import type { BenchCase, Contender, Prepared } from '../harness/case.js';

const lines = logObjects(1000, 12).map((object) => JSON.stringify(object));
/** Without a digit: redact-pii replaces each of them. */
const clean = 'the shelf is empty';
const mail = 'ada@example.com';

function prepared(redact: (line: string) => string, family: string): Prepared {
  return {
    sample() {
      if (family !== 'text') return family;
      if (redact(`mail to ${mail}`).includes(mail)) throw new Error('an address is printed');
      return redact(clean);
    },
    run(operations) {
      let sum = 0;
      for (let done = 0; done < operations; done += 1) sum += redact(lines[done % lines.length] as string).length;
      return sum;
    },
  };
}

function limit(name: string, pass: (line: string) => string): Contender {
  return { name, family: name, prepare: async () => prepared(pass, name) };
}

/** Every character once, in a table: what no scanner in JavaScript can be faster than. */
const table = new Uint8Array(65_536).fill(1);
function loop(line: string): string {
  let sum = 0;
  for (let at = 0; at < line.length; at += 1) sum += table[line.charCodeAt(at)] as number;
  return sum === line.length ? line : '';
}

export const cases: readonly BenchCase[] = [
  {
    name: 'redact-keys',
    question: 'What does a line of a logger cost where keys decide, at any depth?',
    mode: 'process',
    operations: 4000,
    contenders: keyContenders,
  },
  {
    name: 'redact-values',
    question: 'What does a line of a logger cost where every text is searched as well?',
    mode: 'process',
    operations: 4000,
    contenders: valueContenders,
  },
  {
    name: 'redact-lines',
    question: 'What does it cost to search a finished line of JSON of 500 B?',
    mode: 'process',
    operations: 1000,
    contenders: [
      ...redactors
        .filter(({ name }) => !name.endsWith('on objects'))
        .map(({ name, prepare }) => ({
          name,
          family: 'text',
          prepare: async () => prepared(await prepare(), 'text'),
        })),
      limit('JSON.parse and JSON.stringify', (line) => JSON.stringify(JSON.parse(line))),
      limit('a loop over the characters, the limit', loop),
    ],
  },
];
