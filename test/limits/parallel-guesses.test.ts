import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { root } from '../house/tree.js';
import { type Backend, fixedKeys, hasRedis, memoryBackend, redisBackends, redisPorts, redisTitle } from './backends.js';
import { signIn } from './sign-in.js';

const kinds: readonly (readonly [string, () => Promise<Backend>, boolean])[] = [
  ['in memory', memoryBackend, true],
  // The other client is held to the same by counters.test.ts.
  ...Object.entries(redisBackends)
    .filter(([name]) => name.startsWith('ioredis'))
    .map(([name, make]) => [name, make, hasRedis] as const),
];

describe.each(kinds)('two hundred guesses at once: %s', (title, make, isThere) => {
  it.skipIf(!isThere)(redisTitle(`lets exactly five reach the hash, ${title}`), async () => {
    const backend = await make();
    const shop = await signIn({
      counters: backend.counters,
      keys: fixedKeys,
      perSubnet: 1000,
      perAccountOfStrangers: 900,
    });
    const answers = await Promise.all(Array.from({ length: 200 }, () => shop.try()));
    const next = await shop.try({ email: 'bob@example.com' });
    shop.close();
    await backend.close();
    expect(shop.hashed.count).toBe(5 + 1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(5);
    expect(answers.filter(({ code }) => code === 'ERR_LOGIN_LIMITED')).toHaveLength(195);
    // What was refused left no place behind in the counter of the subnet.
    expect(next.left).toBe(1000 - 6);
  });
});

const dist = (path: string): string => JSON.stringify(pathToFileURL(join(root, 'dist', path)).href);
const installed = (name: string): string =>
  JSON.stringify(pathToFileURL(createRequire(import.meta.url).resolve(name)).href);

/** A server of its own: says when it is ready, guesses at itself when told to, and tells how often it looked. */
const childText = (port: number, prefix: string): string => `
import { request } from 'node:http';
import express from ${installed('express')};
import { Redis } from ${installed('ioredis')};
import { attemptOf, loginLimit, redisCounters } from ${dist('limits/index.js')};
const keys = { derive: (_purpose, label) => ({ keyId: 1, key: Buffer.alloc(32, label) }) };
const client = new Redis(${port}, '127.0.0.1');
const counters = redisCounters(client, { keys, instances: 4, prefix: ${JSON.stringify(prefix)}, timeoutMs: 1000 });
const account = (req) => req.body.email;
const limit = loginLimit({ account, counters, keys, perSubnet: 1000, perAccountOfStrangers: 900, whenDown: 'refuse' });
let looked = 0;
const app = express().use(express.json());
app.post('/login', limit, (req, res) => {
  attemptOf(req).begin();
  looked += 1;
  res.status(401).json({});
});
app.use((error, _req, res, _next) => void res.status(error.status ?? 500).json({}));
const server = app.listen(0, '127.0.0.1', () => console.log('ready'));
process.stdin.once('data', async () => {
  const url = 'http://127.0.0.1:' + server.address().port + '/login';
  const headers = { 'content-type': 'application/json' };
  const guess = () =>
    new Promise((resolve, reject) => {
      const sent = request(url, { method: 'POST', headers }, (res) => resolve(res.resume().statusCode));
      sent.once('error', reject).end('{"email":"ada@example.com"}');
    });
  const statuses = await Promise.all(Array.from({ length: 50 }, guess));
  console.log(JSON.stringify({ looked, refused: statuses.filter((status) => status === 429).length }));
  process.exit();
});
`;

describe.skipIf(!hasRedis)(redisTitle('four processes that share a Redis'), () => {
  it('let exactly five of two hundred guesses at once reach the hash', async () => {
    if (!existsSync(join(root, 'dist/limits/index.js'))) throw new Error('run first: npm run build');
    const [port = 0] = await redisPorts('redis');
    const folder = mkdtempSync(join(tmpdir(), 'safekeep-limits-'));
    const file = join(folder, 'server.mjs');
    writeFileSync(file, childText(port, `p${process.pid}${Date.now()}`));
    try {
      const children = Array.from({ length: 4 }, () => {
        const child = spawn(process.execPath, [file], { stdio: ['pipe', 'pipe', 'inherit'] });
        return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
      });
      for (const { lines } of children) expect((await lines.next()).value).toBe('ready');
      for (const { child } of children) child.stdin.write('go\n');
      const told = await Promise.all(
        children.map(async ({ lines }) => JSON.parse((await lines.next()).value as string)),
      );
      const sum = (key: string): number => told.reduce((total: number, one) => total + (one[key] as number), 0);
      expect([sum('looked'), sum('refused')]).toEqual([5, 195]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
