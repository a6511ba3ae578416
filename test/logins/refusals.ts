import { randomInt } from 'node:crypto';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { loginLimit } from '../../src/limits/index.js';
import { createLogins } from '../../src/logins/index.js';
import { newAccount, testShop } from '../shop/shop.js';

/** Why a sign-in is refused. `control` is `unknown` once more: what the test says of those two is its own noise. */
export const classes = ['unknown', 'control', 'wrong', 'disabled', 'legacy', 'wrapped', 'edited', 'locked'] as const;
export type RefusalClass = (typeof classes)[number];

// PHP 8.2 and passlib 1.7.4, of 'salt marsh at low tide'.
const bcrypt = '$2y$05$enT0LXXYxNySCUJzgwwBm.M7vArxubyVAQcK0kzrTMfIvVmseKdxm';
const dear = '$2a$10$XajjQvNhvvRt5GSeFk1xFeyqRrsxkhBkUiQeg0dt.wU1qD4aFDcga';

export interface Refusals {
  /** Milliseconds of every request, as a client on this machine sees them. */
  readonly times: Readonly<Record<RefusalClass, readonly number[]>>;
  readonly statuses: ReadonlySet<number>;
}

/**
 * Refused sign-ins of every class over HTTP, through the whole toolkit with a database: in every round one of each, in
 * an order drawn anew, so that whatever else happens on the machine happens to all of them.
 */
export async function refusals(
  rounds: number,
  floorMs: number,
  { isDear = false, warmUps = 2 }: { readonly isDear?: boolean; readonly warmUps?: number } = {},
): Promise<Refusals> {
  const shop = await testShop({
    hashing: {
      // A busy machine would answer some with 503, which is another answer.
      gate: { deadlineMs: 60_000 },
      legacy: [{ scheme: 'bcrypt', most: isDear ? 10 : 5 }],
      dangerouslyAcceptUnsealed: 'hashes for this test',
    },
    loginLimits: { perAccount: 100, perSubnet: 10_000 },
  });
  const agent = new Agent({ keepAlive: true });
  const app = express().use(express.json());
  // The limit of a network is another question, and would end this one early.
  let tries = 0;
  let lockedTries = 0;
  const limit = loginLimit({
    account: ({ body }) => {
      if ((body as { readonly email: string }).email.startsWith('locked')) {
        lockedTries += 1;
        // Another one before this client has filled the account's counter itself, which is answered with 429.
        return `locked ${Math.floor(lockedTries / 80)}`;
      }
      tries += 1;
      return String(tries);
    },
    // Strangers have used up the tries of the one account that is asked for again and again.
    perAccountOfStrangers: 1,
    firstWaitSeconds: 900,
    longestWaitSeconds: 900,
    perAccount: 100,
    perSubnet: 10_000,
    windowSeconds: 1,
  });
  const { accounts, passwords, events } = shop.keep;
  const logins = createLogins({ accounts, passwords, events, limit, floorMs });
  app.post('/login', limit, async (req, res) => {
    res.status((await logins.verify(req, req.body as object)) === null ? 401 : 200).json({});
  });
  const server = createServer(app);
  try {
    for (const name of classes.slice(2)) {
      const id = await newAccount(shop, { name: 'Ada Example', email: `${name}@example.com` });
      const old = isDear ? dear : bcrypt;
      const hashes: Partial<Record<RefusalClass, string>> = {
        legacy: old,
        wrapped: await passwords.wrapLegacy(old, { account: id }),
        edited: '$2b$31$'.padEnd(60, '.'),
      };
      const hash = hashes[name];
      if (hash !== undefined)
        await shop.test.database.query('update customers set password = $2 where id = $1', [id, hash]);
    }
    await shop.test.database.query(
      `update safekeep.accounts set state = 'disabled' where account =
         (select account from safekeep.accounts order by confirmed_at offset 1 limit 1)`,
    );
    await passwords.dearestMs();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const times = Object.fromEntries(classes.map((name) => [name, [] as number[]])) as Record<RefusalClass, number[]>;
    const statuses = new Set<number>();
    for (let round = -warmUps; round < rounds; round += 1) {
      const order = shuffled(classes);
      await Promise.all(
        order.map(async (name) => {
          const { status, tookMs } = await post(agent, port, { email: `${name}@example.com`, password: 'wrong' });
          // The first rounds warm everything up.
          if (round < 0) return;
          statuses.add(status);
          times[name].push(tookMs);
        }),
      );
    }
    return { times, statuses };
  } finally {
    agent.destroy();
    server.close();
    await shop.close();
  }
}

function post(agent: Agent, port: number, body: unknown): Promise<{ status: number; tookMs: number }> {
  return new Promise((resolve, reject) => {
    const startedMs = performance.now();
    const headers = { 'content-type': 'application/json' };
    const call = request({ agent, port, host: '127.0.0.1', path: '/login', method: 'POST', headers }, (res) => {
      res.resume();
      res.once('end', () => resolve({ status: res.statusCode ?? 0, tookMs: performance.now() - startedMs }));
    });
    call.once('error', reject).end(JSON.stringify(body));
  });
}

function shuffled<T>(values: readonly T[]): T[] {
  const order = [...values];
  for (let at = order.length - 1; at > 0; at -= 1) {
    const other = randomInt(at + 1);
    [order[at], order[other]] = [order[other] as T, order[at] as T];
  }
  return order;
}
