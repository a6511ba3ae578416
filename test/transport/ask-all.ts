import type { IncomingMessage } from 'node:http';
import { expect } from 'vitest';
import { inMemory } from './in-memory.js';
import { bytesOf, type Cell, cells, headerFaults, nameOf, promised, servers } from './plaintext-matrix.js';

/** Asks every cell whose place the stride divides, and compares what comes with what was promised. */
export async function askAll(stride: number): Promise<void> {
  const all = servers();
  const untouched = new Map<string, number>();
  for (const [kind, { server }] of all) {
    server.prependListener('request', (req: IncomingMessage, res) => {
      res.once('finish', () => {
        if (req.readableDidRead || req.listenerCount('data') > 0) untouched.set(kind, (untouched.get(kind) ?? 0) + 1);
      });
    });
  }
  const sameFor = new Map<string, string>();
  const refusals = new Map<string, Set<string>>();
  let asked = 0;
  let place = 0;
  let onward = 0;
  for (const cell of cells()) {
    place += 1;
    if (place % stride !== 0) continue;
    asked += 1;
    const of = all.get(cell.kind);
    if (of === undefined) throw new Error(cell.kind);
    const { status, location } = promised(cell);
    const answer = await inMemory(of.server, bytesOf(cell));
    const name = nameOf(cell);
    expect(`${answer.status} ${answer.headers.get('location')}`, name).toBe(`${status} ${location}`);
    const secure = status === 200 || status === 421 || (status === 204 && isSecure(cell));
    expect(headerFaults(answer, secure), name).toEqual([]);
    expect(answer.bytes, name).not.toMatch(/evil|canary|of-ada|anybody|192\.0\.2/);
    if (status === 200) onward += 1;
    else if (!secure) expect(answer.headers.get('connection'), name).toBe('close');
    const key = nameOf({ ...cell, credential: cell.credential.replace('invalid', 'valid') as Cell['credential'] });
    // References differ from error to error, and tell nothing of the request.
    const bytes = answer.bytes.replace(/[2-9A-Z]{4}-[2-9A-Z]{4}/g, 'reference');
    expect(sameFor.get(key) ?? bytes, name).toBe(bytes);
    sameFor.set(key, bytes);
    if (status === 403 && cell.method !== 'HEAD') {
      const kinds = refusals.get(cell.kind) ?? new Set<string>();
      refusals.set(cell.kind, kinds.add(bytes));
    }
  }
  expect(asked).toBe(Math.floor(place / stride));
  for (const [kind, { log, reached }] of all) {
    // One refusal for people, one for programs.
    expect(refusals.get(kind)?.size, kind).toBe(2);
    expect(log.join('\n'), kind).not.toMatch(/canary|of-ada|anybody|tab=1/);
    if (!kind.startsWith('a listed')) expect([reached, untouched.get(kind)], kind).toEqual([[], undefined]);
  }
  expect([...all.values()].reduce((sum, { reached }) => sum + reached.length, 0)).toBe(onward);
}

function isSecure(cell: Cell): boolean {
  return promised({ ...cell, path: 'page', host: 'own', method: 'POST', credential: 'none' }).status === 200;
}
