/**
 * What a storm of sign-ins does to the rest of the server: `npm run build -- --bench && node .build/bench/storm.js`.
 * A process for each contender and round, in shuffled order: 32 sign-ins at once, and meanwhile a file read, a DNS
 * look-up and the event loop are timed. Times of a machine that others use too are to be read as ratios.
 */
import { execFileSync } from 'node:child_process';
import { lookup } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createPasswords, type EngineName } from 'safekeep/passwords';
import { seeded, shuffled } from './harness/chance.js';
import { peer } from './harness/peers.js';
import { median } from './harness/ratio.js';

const signIns = 32;
const probeEveryMs = 10;
const password = 'salt marsh at low tide';
type Verify = () => Promise<boolean>;

interface Measured {
  readonly readMs: number;
  readonly lookupMs: number;
  readonly loopMs: number;
  readonly longestBlockMs: number;
  readonly perSecond: number;
  readonly residentMiB: number;
}

const gated = (engine: EngineName) => async (): Promise<Verify> => {
  const passwords = createPasswords({ engine, gate: { deadlineMs: 60_000 } });
  const stored = await passwords.hash(password, { account: '17' });
  return async () => (await passwords.verify(stored, password, { account: '17' })) !== null;
};
interface NodeRs {
  hash(password: string, options: object): Promise<string>;
  verify(stored: string, password: string): Promise<boolean>;
}
interface HashWasm {
  argon2id(options: object): Promise<string>;
  argon2Verify(options: { hash: string; password: string }): Promise<boolean>;
}
const salt = Buffer.from('sixteen letters!');

const contenders: Readonly<Record<string, () => Promise<Verify>>> = {
  'safekeep (argon2)': gated('argon2'),
  'safekeep (@node-rs/argon2)': gated('@node-rs/argon2'),
  argon2: async () => {
    const { default: argon2 } = await import('argon2');
    const stored = await argon2.hash(password, { memoryCost: 19_456, timeCost: 2, parallelism: 1 });
    return () => argon2.verify(stored, password);
  },
  '@node-rs/argon2': async () => {
    const argon2 = await peer<NodeRs>('@node-rs/argon2');
    const stored = await argon2.hash(password, { memoryCost: 19_456, timeCost: 2, parallelism: 1 });
    return () => argon2.verify(stored, password);
  },
  'hash-wasm': async () => {
    const wasm = await peer<HashWasm>('hash-wasm');
    const cost = { memorySize: 19_456, iterations: 2, parallelism: 1, hashLength: 32 };
    const hash = await wasm.argon2id({ ...cost, password, salt, outputType: 'encoded' });
    return () => wasm.argon2Verify({ hash, password });
  },
};

async function storm(open: () => Promise<Verify>): Promise<Measured> {
  const verify = await open();
  const file = fileURLToPath(import.meta.url);
  const [reads, lookups]: [number[], number[]] = [[], []];
  let over = false;
  async function probe(work: () => Promise<unknown>, times: number[]): Promise<void> {
    while (!over) {
      const began = performance.now();
      await work();
      times.push(performance.now() - began);
      await new Promise((resolve) => setTimeout(resolve, probeEveryMs));
    }
  }
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const began = performance.now();
  const logins = Array.from({ length: signIns }, verify);
  const probes = [probe(() => readFile(file), reads), probe(() => lookup('localhost'), lookups)];
  const right = (await Promise.all(logins)).filter(Boolean).length;
  if (right !== signIns) throw new Error(`only ${right} of ${signIns} were let in`);
  const seconds = (performance.now() - began) / 1000;
  over = true;
  await Promise.all(probes);
  delay.disable();
  return {
    readMs: p99(reads),
    lookupMs: p99(lookups),
    loopMs: delay.percentile(99) / 1e6,
    longestBlockMs: delay.max / 1e6,
    perSecond: signIns / seconds,
    residentMiB: process.resourceUsage().maxRSS / 1024,
  };
}

/** Of few samples it is the largest, which is what a page that waits for it sees. */
function p99(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))] as number;
}

const { values } = parseArgs({
  options: {
    contender: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
});
if (values.contender !== undefined) {
  const open = contenders[values.contender];
  if (open === undefined) throw new Error(`there is no contender ${values.contender}`);
  console.log(JSON.stringify(await storm(open)));
} else {
  const random = seeded(1);
  const rounds = new Map<string, Measured[]>(Object.keys(contenders).map((name) => [name, []]));
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const name of shuffled([...rounds.keys()], random)) {
      const args = [fileURLToPath(import.meta.url), '--contender', name];
      const stdout = execFileSync(process.execPath, args, { encoding: 'utf8' });
      rounds.get(name)?.push(JSON.parse(stdout) as Measured);
    }
  }
  const rows = [...rounds].map(([name, measured]) => {
    const of = (part: keyof Measured) => Math.round(10 * median(measured.map((one) => one[part]))) / 10;
    return {
      contender: name,
      'file read p99, ms': of('readMs'),
      'DNS p99, ms': of('lookupMs'),
      'loop delay p99, ms': of('loopMs'),
      'longest block, ms': of('longestBlockMs'),
      'sign-ins/s': of('perSecond'),
      'most RSS, MiB': of('residentMiB'),
    };
  });
  if (values.json) console.log(JSON.stringify({ node: process.version, signIns, rounds: Object.fromEntries(rounds) }));
  else console.table(rows);
}
