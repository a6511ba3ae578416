import type { Contender, Prepared } from '../harness/case.js';
import type { FieldLibrary, Sealing, Where } from './field-peers.js';

/** 64 bytes: a postal address in one line. */
export const values: readonly string[] = Array.from({ length: 64 }, (_, index) =>
  `${index} Larkspur Lane, Harrow-on-the-Marsh, Example County`.padEnd(64, '.'),
);
export const where: Where = { table: 'customers', column: 'address', row: '17' };

/** Contenders agree when what they sealed opens to what went in. */
function contender({ name, make }: FieldLibrary, run: (sealing: Sealing) => Promise<Prepared['run']>): Contender {
  return {
    name,
    async prepare() {
      const sealing = await make();
      return {
        async sample() {
          const opened = [];
          for (const value of values.slice(0, 4)) {
            opened.push(await sealing.open(await sealing.seal(value, where), where));
          }
          return opened.join('\n');
        },
        run: await run(sealing),
      };
    },
  };
}

/** A promise is waited for where there is one, and only there: what is synchronous pays for no turn of the loop. */
export function sealers(libraries: readonly FieldLibrary[]): Contender[] {
  return libraries.map((library) =>
    contender(library, async (sealing) => (operations) => {
      const first = sealing.seal(values[0] as string, where);
      if (typeof first !== 'string') return asynchronously(operations, first, (at) => sealing.seal(valueAt(at), where));
      let length = 0;
      for (let done = 1; done < operations; done += 1) length += (sealing.seal(valueAt(done), where) as string).length;
      return length + first.length;
    }),
  );
}

export function openers(libraries: readonly FieldLibrary[]): Contender[] {
  return libraries.map((library) =>
    contender(library, async (sealing) => {
      const sealed: string[] = [];
      for (const value of values) sealed.push(await sealing.seal(value, where));
      const sealedAt = (at: number) => sealed[at & 63] as string;
      return (operations) => {
        const first = sealing.open(sealedAt(0), where);
        if (typeof first !== 'string')
          return asynchronously(operations, first, (at) => sealing.open(sealedAt(at), where));
        let length = 0;
        for (let done = 1; done < operations; done += 1)
          length += (sealing.open(sealedAt(done), where) as string).length;
        return length + first.length;
      };
    }),
  );
}

function valueAt(at: number): string {
  return values[at & 63] as string;
}

/** One after the other: some packages keep state between two calls, and mix them up when they overlap. */
async function asynchronously(
  operations: number,
  first: Promise<string>,
  act: (at: number) => string | Promise<string>,
): Promise<number> {
  let length = (await first).length;
  for (let done = 1; done < operations; done += 1) length += (await act(done)).length;
  return length;
}
