import { hash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { breachedFile, buildBreachedList } from 'safekeep/passwords';
import type { BenchCase, Prepared } from '../harness/case.js';

const entries = 1_000_000;
const passwordAt = (index: number): string => `barge ${index} at noon`;
/** Half of them are in the list. */
const asked = Array.from({ length: 512 }, (_, index) => passwordAt(index % 2 === 0 ? index * 997 : entries + index));

async function* lines(): AsyncIterable<Uint8Array> {
  for (let from = 0; from < entries; from += 1000) {
    let text = '';
    for (let index = from; index < from + 1000; index += 1) text += `${hash('sha1', passwordAt(index))}\n`;
    yield Buffer.from(text);
  }
}

function prepared(isListed: (password: string) => boolean | Promise<boolean>): Prepared {
  return {
    async sample() {
      const answers: boolean[] = [];
      for (const password of asked) answers.push(await isListed(password));
      return answers.map(Number).join('');
    },
    async run(operations) {
      let sum = 0;
      for (let done = 0; done < operations; done += 1) sum += Number(await isListed(asked[done & 511] as string));
      return sum;
    },
  };
}

export const cases: readonly BenchCase[] = [
  {
    name: 'breached',
    question: 'What does it cost to ask whether a password is among a million breached ones, SHA-1 included?',
    mode: 'process',
    operations: 20_000,
    contenders: [
      {
        name: 'safekeep (breachedFile, in memory)',
        async prepare() {
          const folder = mkdtempSync(join(tmpdir(), 'safekeep-bench-'));
          try {
            const path = join(folder, 'list');
            await buildBreachedList({ input: lines(), output: path });
            const list = breachedFile({ path });
            await list.open();
            return prepared(async (password) => (await list.look(password)) === 'listed');
          } finally {
            rmSync(folder, { recursive: true, force: true });
          }
        },
      },
      {
        name: 'a Set of SHA-1s',
        async prepare() {
          const known = new Set<string>();
          for (let index = 0; index < entries; index += 1) known.add(hash('sha1', passwordAt(index), 'binary'));
          return prepared((password) => known.has(hash('sha1', password, 'binary')));
        },
      },
      {
        name: 'the SHA-1 alone',
        family: 'sha1',
        prepare: async () => prepared((password) => hash('sha1', password, 'binary').charCodeAt(0) > 255),
      },
    ],
  },
];
