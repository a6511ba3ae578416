import { spawn, spawnSync } from 'node:child_process';
import { connect, createServer } from 'node:net';
import type { Request, RequestHandler, Response } from 'express';
import { MemoryStore, rateLimit, type Store } from 'express-rate-limit';
import { Redis } from 'ioredis';
import { RedisStore } from 'rate-limit-redis';
import { attemptOf, type LoginLimitOptions, loginLimit, redisCounters } from 'safekeep/limits';
import { Absent, type Contender, type Prepared } from '../harness/case.js';

const keys = { derive: (_purpose: string, label: string) => ({ keyId: 1, key: Buffer.alloc(32, label) }) };

/** What a guard sees of a sign-in: every one from an address of its own, for one of many accounts. */
function requestOf(number: number): { readonly req: Request; readonly res: Response } {
  const headers = new Map<string, unknown>();
  const address = `203.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
  const socket = { remoteAddress: address };
  const body = { email: `customer-${number}@example.com` };
  // What the guards touch of the two, and no more: no server and no socket is timed.
  const req: unknown = { headers: {}, rawHeaders: [], socket, ip: address, body };
  const set = (name: string, value: unknown): void => void headers.set(name, value);
  const res: unknown = { headersSent: false, setHeader: set, append: set };
  return { req: req as Request, res: res as Response };
}

/** One sign-in through a chain of middleware; whether it got through. */
function pass(chain: readonly RequestHandler[], { req, res }: ReturnType<typeof requestOf>): Promise<boolean> {
  return new Promise((resolve) => {
    const step = (at: number): void => {
      const handler = chain[at];
      if (handler === undefined) resolve(true);
      else void handler(req, res, (error?: unknown) => (error === undefined ? step(at + 1) : resolve(false)));
    };
    step(0);
  });
}

const ours = (more: Partial<LoginLimitOptions>): RequestHandler =>
  loginLimit({ account: (req) => (req.body as { email: string }).email, keys, ...more });

/** The three counters that people chain: address, account, account and address. */
const three = (store: (prefix: string) => Store): RequestHandler[] => {
  const email = (req: Request): string => (req.body as { email: string }).email;
  const address = (req: Request): string => req.socket.remoteAddress ?? '';
  const keysOf = { ip: address, account: email, pair: (req: Request) => `${email(req)} ${address(req)}` };
  return Object.entries(keysOf).map(([name, keyGenerator]) =>
    rateLimit({
      windowMs: 900_000,
      limit: 30,
      keyGenerator,
      store: store(`rl:${name}:`),
      standardHeaders: name === 'ip' ? 'draft-8' : false,
      legacyHeaders: false,
      validate: false,
      handler: (_req, _res, next) => next(new Error('limited')),
    }),
  );
};

function prepared(chain: readonly RequestHandler[], width: number): Prepared {
  let next = 0;
  const one = async (): Promise<number> => {
    next += 1;
    return (await pass(chain, requestOf(next))) ? 1 : 0;
  };
  return {
    async sample() {
      const last = requestOf(16_000_000);
      const through: boolean[] = [];
      // Wrong guesses of one client: whichever counter it is that fills, some get through and then none.
      for (let at = 0; at < 40; at += 1) {
        const { req } = last;
        through.push(await pass(chain, { req: { ...req } as Request, res: requestOf(0).res }));
      }
      return `${through[0]} ${through[39]}`;
    },
    async run(operations) {
      let sum = 0;
      const worker = async (share: number): Promise<void> => {
        for (let done = 0; done < share; done += 1) {
          const through = await one();
          sum += through;
        }
      };
      await Promise.all(Array.from({ length: width }, () => worker(operations / width)));
      if (sum !== operations) throw new Error(`${operations - sum} sign-ins were refused`);
      return sum;
    },
  };
}

/** In memory: our whole guard, ended by a success, beside the middleware that it stands on and beside three of them. */
export const inMemory: readonly Contender[] = [
  {
    name: 'safekeep (loginLimit, then succeed)',
    async prepare() {
      const end: RequestHandler = (req, _res, next) => {
        const attempt = attemptOf(req);
        if ((req.body as { email: string }).email.startsWith('customer-16000000@')) return next();
        attempt.begin();
        void attempt.succeed().then(() => next());
      };
      return prepared([ours({}), end], 1);
    },
  },
  {
    name: 'three express-rate-limit with MemoryStore',
    prepare: async () =>
      prepared(
        three(() => new MemoryStore()),
        1,
      ),
  },
  {
    name: 'one express-rate-limit with MemoryStore',
    prepare: async () => prepared(three(() => new MemoryStore()).slice(0, 1), 1),
  },
];

async function connected(port: number): Promise<Redis> {
  const client = new Redis(port, '127.0.0.1', { retryStrategy: () => 20 });
  client.on('error', () => undefined);
  await client.ping();
  return client;
}

async function serverPort(): Promise<number> {
  const program = ['redis-server', 'valkey-server'].find((name) => spawnSync(name, ['--version']).status === 0);
  if (program === undefined) throw new Absent('there is no redis-server and no valkey-server here');
  const port = await freePort();
  const child = spawn(program, ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'], {
    stdio: 'ignore',
  });
  process.once('exit', () => child.kill());
  // The harness ends its processes by a signal.
  for (const signal of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.once(signal, () => process.exit());
  return port;
}

/** A port that leads to the other one, `delayMs` later: the way to a server that is not on this machine. */
function delayedPort(to: number, delayMs: number): Promise<number> {
  const proxy = createServer((near) => {
    const far = connect(to, '127.0.0.1');
    near.on('data', (bytes) => setTimeout(() => far.write(bytes), delayMs));
    far.on('data', (bytes) => near.write(bytes));
    for (const socket of [near, far]) {
      socket.setNoDelay(true).on('error', () => undefined);
      socket.on('close', () => [near, far].map((end) => end.destroy()));
    }
  });
  return new Promise((resolve) => {
    proxy.listen(0, '127.0.0.1', () => {
      proxy.unref();
      const address = proxy.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** On Redis, so many sign-ins at a time. */
const over = (client: () => Promise<Redis>, width: number): readonly Contender[] => [
  {
    name: 'safekeep (loginLimit over redisCounters)',
    async prepare() {
      const counters = redisCounters(await client(), { keys, instances: 1, timeoutMs: 1000 });
      return prepared([ours({ counters, whenDown: 'refuse' })], width);
    },
  },
  {
    name: 'three chained rate-limit-redis',
    async prepare() {
      const redis = await client();
      const sendCommand = (...[command = '', ...rest]: string[]) => redis.call(command, ...rest) as Promise<never>;
      return prepared(
        three((prefix) => new RedisStore({ prefix, sendCommand })),
        width,
      );
    },
  },
];

/** On this machine, where the processor is what both wait for. */
export const onRedis: readonly Contender[] = over(async () => connected(await serverPort()), 50);
/** One network away, one sign-in at a time: what a customer waits. */
export const onDistantRedis: readonly Contender[] = over(
  async () => connected(await delayedPort(await serverPort(), 1)),
  1,
);
