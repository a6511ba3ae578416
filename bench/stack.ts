/**
 * What the whole stack costs a server in processor time per request, over HTTPS keep-alive: `npm run build -- --bench &&
 * node .build/bench/stack.js`. A server process for each contender, all alive; in each round every one gets the same
 * number of requests, in shuffled order, and says what processor time they took. Only ratios of one round are compared:
 * the times themselves are those of a machine that others use too.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { Agent, get } from 'node:https';
import { parseArgs } from 'node:util';
import { contenderNames, type Ready, type Spent } from './contenders/stacks.js';
import { seeded, shuffled } from './harness/chance.js';
import { median, type Pair, ratioOf, straddlesOne } from './harness/ratio.js';

const connections = 8;

interface Contender {
  readonly name: string;
  readonly child: ChildProcess;
  readonly port: number;
  readonly agent: Agent;
}

async function start(name: string): Promise<Contender> {
  const child = fork(new URL('contenders/stacks.js', import.meta.url), [name.replace(' (control)', '')], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const { port, ca } = await new Promise<Ready>((resolve, reject) => {
    child.once('message', (message) => resolve(message as Ready));
    child.once('exit', (code) => reject(new Error(`${name} ended with ${code}`)));
  });
  const agent = new Agent({ keepAlive: true, maxSockets: connections, ca });
  return { name, child, port, agent };
}

function ask({ port, agent }: Contender): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { Accept: 'application/json', 'User-Agent': 'bench', Cookie: 'theme=dark' };
    get({ host: 'localhost', port, path: '/offers/7', agent, headers }, (res) => {
      let text = '';
      res.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      res.once('end', () => resolve(`${res.statusCode} ${text}`));
    }).once('error', reject);
  });
}

async function askMany(contender: Contender, requests: number): Promise<void> {
  let left = requests;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const answer = await ask(contender);
      if (answer !== '200 {"offer":"7","price":1200}') throw new Error(`${contender.name} answered ${answer}`);
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
}

/** Microseconds of processor time since the last question. */
function spent({ child }: Contender): Promise<number> {
  return new Promise((resolve) => {
    child.once('message', (message) => resolve((message as Spent).microseconds));
    child.send('spent');
  });
}

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '24' },
    requests: { type: 'string', default: '400' },
    json: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const requests = Number(values.requests);
const [bare = ''] = contenderNames;
const contenders = await Promise.all([...contenderNames, `${bare} (control)`].map(start));
const random = seeded(1);
const times = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
for (const each of contenders) await askMany(each, requests * 3);
for (let round = 0; round < rounds; round += 1) {
  for (const each of shuffled(contenders, random)) {
    await spent(each);
    await askMany(each, requests);
    times.get(each.name)?.push((await spent(each)) / requests);
  }
}
for (const { child, agent } of contenders) {
  agent.destroy();
  child.disconnect();
}
const bareTimes = times.get(bare) ?? [];
const rows = [...times].map(([name, own]) => {
  // Above 1 a contender would be cheaper than bare Express: the share of bare's throughput that is left.
  const pairs = own.map((ours, round): Pair => ({ generation: 0, ours, theirs: bareTimes[round] ?? 0 }));
  const ratio = ratioOf(pairs);
  return { name, least: Math.min(...own), median: median(own), ...ratio };
});
const control = rows.find(({ name }) => name.endsWith('(control)'));
if (values.json) console.log(JSON.stringify({ node: process.version, rounds, requests, rows }, null, 2));
else {
  console.table(
    rows.map(({ name, least, median: middle, ratio, low, high }) => ({
      contender: name,
      'µs/request, least': Math.round(least),
      'µs/request, median': Math.round(middle),
      'of bare Express': `${ratio.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`,
    })),
  );
}
if (control !== undefined && !straddlesOne(control)) {
  console.error('void: the control does not straddle 1.00');
  process.exitCode = 1;
}
