import {
  derivingPeers,
  type FieldLibrary,
  naive,
  ours,
  peers,
  type Sealing,
  slowPeers,
  type Where,
} from './contenders/field-peers.js';
import { Absent } from './harness/case.js';

/** What a probe found: the misuse went through, it was refused, or the library gives no way to try it. */
export type Finding = 'ACCEPTED' | 'refused' | '-';
export interface Probe {
  readonly name: string;
  run(make: () => Promise<Sealing>): Promise<Finding>;
}

const value = 'amount=0000100 to 17 Larkspur Lane';
const home: Where = { table: 'orders', column: 'note', row: '1' };

/** What each library does when somebody who can write to the database, or a bug, hands it the wrong text. */
export const probes: readonly Probe[] = [
  { name: 'moved to another row', run: (make) => moved(make, { ...home, row: '2' }) },
  { name: 'moved to another column', run: (make) => moved(make, { ...home, column: 'address' }) },
  { name: 'moved to another table', run: (make) => moved(make, { ...home, table: 'returns' }) },
  {
    name: 'one character changed',
    async run(make) {
      const sealing = await make();
      const sealed = await sealing.seal(value, home);
      for (let at = 0; at < sealed.length; at += 1) {
        const changed = `${sealed.slice(0, at)}${other(sealed[at] as string)}${sealed.slice(at + 1)}`;
        const read = await attempt(sealing, changed, home);
        if (read !== undefined && read !== value) return 'ACCEPTED';
      }
      return 'refused';
    },
  },
  {
    name: 'tag cut to 4 bytes',
    async run(make) {
      const sealing = await make();
      if (sealing.cutTag === undefined) return '-';
      const cut = sealing.cutTag(await sealing.seal('', home));
      return (await attempt(sealing, cut, home)) === undefined ? 'refused' : 'ACCEPTED';
    },
  },
  {
    name: 'cut short, any length',
    async run(make) {
      const sealing = await make();
      const sealed = await sealing.seal(value, home);
      for (let length = 0; length < sealed.length; length += 1) {
        const read = await attempt(sealing, sealed.slice(0, length), home);
        if (read !== undefined && read !== value) return 'ACCEPTED';
      }
      return 'refused';
    },
  },
  {
    name: 'plaintext in the column',
    run: async (make) => ((await attempt(await make(), value, home)) === undefined ? 'refused' : 'ACCEPTED'),
  },
  {
    name: 'sealed by another key',
    async run(make) {
      const sealed = await (await make()).seal(value, home);
      return (await attempt(await make(), sealed, home)) === undefined ? 'refused' : 'ACCEPTED';
    },
  },
  {
    name: 'sealed once more',
    async run(make) {
      const sealing = await make();
      const sealed = await sealing.seal(value, home);
      try {
        await sealing.seal(sealed, home);
        return 'ACCEPTED';
      } catch {
        return 'refused';
      }
    },
  },
  {
    name: 'stored text in the error',
    async run(make) {
      const sealing = await make();
      for (const stored of [value, `${await sealing.seal(value, home)}~`]) {
        try {
          await sealing.open(stored, home);
        } catch (error) {
          if (error instanceof Error && `${error.message} ${error.stack}`.includes(stored)) return 'ACCEPTED';
        }
      }
      return 'refused';
    },
  },
];

export const probed: readonly FieldLibrary[] = [ours, naive, ...peers, ...slowPeers, ...derivingPeers];

/** One library through all probes; undefined and the reason where its package is not installed. */
export async function probe({ name, make }: FieldLibrary): Promise<readonly Finding[] | string> {
  try {
    const sealing = await make();
    // A library that opens nothing refuses everything, and that would prove nothing.
    if ((await attempt(sealing, await sealing.seal(value, home), home)) !== value)
      throw new Error(`${name} does not open what it sealed`);
  } catch (error) {
    if (error instanceof Absent) return error.message;
    throw error;
  }
  const findings: Finding[] = [];
  for (const { run } of probes) findings.push(await run(make));
  return findings;
}

async function moved(make: () => Promise<Sealing>, there: Where): Promise<Finding> {
  const sealing = await make();
  const sealed = await sealing.seal(value, home);
  return (await attempt(sealing, sealed, there)) === undefined ? 'refused' : 'ACCEPTED';
}

/** What was read; undefined: refused. */
async function attempt(sealing: Sealing, stored: string, where: Where): Promise<string | undefined> {
  try {
    const read = await sealing.open(stored, where);
    return typeof read === 'string' ? read : undefined;
  } catch {
    return undefined;
  }
}

/** A character that every alphabet in use has too. */
function other(character: string): string {
  return character === 'a' ? 'b' : 'a';
}

/** The table, a library a line. */
export async function probeTable(libraries: readonly FieldLibrary[]): Promise<string> {
  const lines = [`| library | ${probes.map(({ name }) => name).join(' | ')} |`, `|---|${'---|'.repeat(probes.length)}`];
  for (const library of libraries) {
    const found = await probe(library);
    lines.push(`| ${library.name} | ${typeof found === 'string' ? `left out: ${found}` : found.join(' | ')} |`);
  }
  return lines.join('\n');
}
