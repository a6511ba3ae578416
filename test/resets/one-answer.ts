import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../src/base/clock.js';
import { openEngine } from '../../src/passwords/engines/open-engine.js';
import { ada, newAccount, type TestShop, testShop } from '../shop/shop.js';
import { changeApp } from './mail-change/shop-app.js';

/** The four places where a stranger can name an address. */
export const places = ['login', 'forgot', 'register', 'change'] as const;
export type Place = (typeof places)[number];
/** Whether an account has the address. */
export const kinds = ['known', 'unknown'] as const;
export type Kind = (typeof kinds)[number];

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: readonly string[];
  readonly tookMs: number;
}

export interface Strangers {
  readonly shop: TestShop;
  /** Argon2 tags that were computed since the start. */
  hashes(): number;
  /** Asks at one place for an address that an account has, or that none has. */
  ask(place: Place, kind: Kind): Promise<Answer>;
  /** Forgets codes and registrations, so that every question meets what the first met. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

const paths: Readonly<Record<Place, string>> = {
  login: '/login',
  forgot: '/forgot',
  register: '/register',
  change: '/account/email',
};
const asker = 'asker@example.com';

/**
 * A server with all four, and a client that is signed in to an account of his own: a change of address is asked for in a
 * session. Every question names another address, of somebody or of nobody.
 */
export async function strangers(
  floorMs: number,
  { clock, known = 1 }: { readonly clock?: Clock; readonly known?: number } = {},
): Promise<Strangers> {
  let computed = 0;
  const engine = openEngine('argon2');
  const shop = await testShop({
    floorMs,
    hashing: {
      gate: { deadlineMs: 60_000 },
      engine: {
        tag(request) {
          computed += 1;
          return engine.tag(request);
        },
      },
    },
    mailsPerHour: 10_000,
    loginLimits: { perAccount: 100, perSubnet: 10_000, perAccountOfStrangers: 1000 },
    ...(clock === undefined ? {} : { clock }),
  });
  const app = changeApp(shop);
  for (let at = 0; at < known; at += 1) await newAccount(shop, { ...ada, email: `known${at}@example.com` });
  await newAccount(shop, { ...ada, email: asker });
  const server = await listening(createServer(app));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  let asked = 0;

  async function post(path: string, body: object, cookie = ''): Promise<Response> {
    const headers = { 'content-type': 'application/json', accept: 'application/json', cookie };
    return await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  }
  let session = '';
  async function settle(): Promise<void> {
    for (const table of ['mail_changes', 'resets', 'registrations'])
      await shop.test.database.query(`delete from safekeep.${table}`);
    const entered = await post('/enter', { email: asker });
    session = entered.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  }
  await settle();

  return {
    shop,
    hashes: () => computed,
    settle,
    async ask(place, kind) {
      asked += 1;
      const email = kind === 'known' ? `known${asked % known}@example.com` : `nobody${asked}@example.com`;
      const body = place === 'login' ? { email, password: 'the wrong one of hers' } : { email };
      const startedMs = performance.now();
      const answer = await post(paths[place], body, place === 'change' ? session : '');
      const text = await answer.text();
      const tookMs = performance.now() - startedMs;
      // What a limit says of the client's own network is the client's to know, and the date is everybody's.
      const said = [...answer.headers].filter(([name]) => !/^(?:ratelimit|date$|keep-alive$|connection$)/.test(name));
      const headers = said.map(([name, value]) => `${name}: ${value}`);
      return { status: answer.status, body: text.replace(/"reference":"[^"]+"/, ''), headers, tookMs };
    },
    async close() {
      await new Promise((resolve) => server.close(resolve));
      await shop.close();
    },
  };
}

async function listening(server: Server): Promise<Server> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
