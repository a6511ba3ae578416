/** One process of a bench: prepares the contenders it is told to host, then runs slices when asked. Forked by host.ts. */
import { type BenchCase, loadCases, type Prepared } from './case.js';

export type Request =
  | {
      readonly do: 'prepare';
      readonly file: string;
      readonly caseName: string;
      readonly entry: string;
      readonly contender: string;
    }
  | { readonly do: 'slice'; readonly entry: string; readonly operations: number };
export type Reply =
  | { readonly done: 'prepared'; readonly sample: string }
  | { readonly done: 'slice'; readonly ns: number; readonly consumed: number }
  | { readonly done: 'absent'; readonly reason: string }
  | { readonly done: 'failed'; readonly reason: string };

const prepared = new Map<string, Prepared>();
const { gc } = globalThis as { gc?: () => void };

async function answer(request: Request): Promise<Reply> {
  if (request.do === 'prepare') {
    const found = (await loadCases(request.file)).find(({ name }: BenchCase) => name === request.caseName);
    const contender = found?.contenders.find(({ name }) => name === request.contender);
    if (contender === undefined) throw new Error(`no ${request.contender} in ${request.caseName}`);
    const ready = await contender.prepare();
    prepared.set(request.entry, ready);
    return { done: 'prepared', sample: await ready.sample() };
  }
  const contender = prepared.get(request.entry);
  if (contender === undefined) throw new Error(`${request.entry} is not prepared`);
  // Rubbish of the slice before is nobody's cost but that slice's.
  gc?.();
  const began = process.hrtime.bigint();
  const consumed = await contender.run(request.operations);
  return { done: 'slice', ns: Number(process.hrtime.bigint() - began), consumed };
}

process.on('message', (request: Request) => {
  answer(request).then(
    (reply) => process.send?.(reply),
    (error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      const isAbsent = error instanceof Error && error.name === 'Absent';
      process.send?.({ done: isAbsent ? 'absent' : 'failed', reason } satisfies Reply);
    },
  );
});
