import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { systemRandom } from '../../src/base/clock.js';
import { mintMailToken } from '../../src/base/mail-token.js';
import { root } from '../house/tree.js';
import { ada, codeIn, newAccount, passphrase, shopInput, type TestShop } from '../shop/shop.js';

export const nextPassword = 'nine quiet tractors climb the attic';
export type Deed = 'reset' | 'change' | 'undo';

export interface Run {
  /** What the process had done when it was killed, or did in all: its statements, and where a transaction began and ended. */
  readonly steps: readonly string[];
  readonly killed: boolean;
  /** What it answered, when it lived to. */
  readonly done: boolean;
}

/** An account with a session and a live code for one deed. */
export interface Prepared {
  readonly id: string;
  readonly email: string;
  readonly code: string;
}

const dist = (path: string) => JSON.stringify(pathToFileURL(join(root, 'dist', path)).href);

/**
 * The parts of a reset and of a change of address in a process of their own, from the built package, over a database
 * port that counts its steps and kills the process with signal 9 behind the one it was told. Nothing in src knows of it.
 */
function childText({ directory, test }: TestShop): string {
  return `
import { readFileSync } from 'node:fs';
import { createMailChanges, createResets, sqlResetStore } from ${dist('resets/index.js')};
import { sqlAccounts } from ${dist('accounts/index.js')};
import { sqlSecurityEvents } from ${dist('audit/index.js')};
import { postgres } from ${dist('database/index.js')};
import { createEnvelopes } from ${dist('envelope/index.js')};
import { createFields } from ${dist('fields/index.js')};
import { fileRootKey, openKeyRing } from ${dist('keys/index.js')};
import { createPasswords } from ${dist('passwords/index.js')};
import { definePolicy } from ${dist('policy/index.js')};
import { createSessions, sqlSessionStore } from ${dist('sessions/index.js')};

const [deed, code, killAt] = process.argv.slice(2);
const steps = [];
function reached(step) {
  steps.push(step);
  process.stdout.write(JSON.stringify(step) + '\\n');
  if (steps.length === Number(killAt)) process.kill(process.pid, 'SIGKILL');
}
const inner = postgres(${JSON.stringify(test.url)});
const counted = (of) => ({
  async query(sql, values) { const rows = await of.query(sql, values); reached(sql.replace(/\\s+/g, ' ').trim().slice(0, 60)); return rows; },
  async one(sql, values) { const row = await of.one(sql, values); reached(sql.replace(/\\s+/g, ' ').trim().slice(0, 60)); return row; },
});
const database = {
  ...counted(inner),
  columns: () => inner.columns(),
  close: () => inner.close(),
  async transaction(work) {
    const done = await inner.transaction(async (tx) => {
      reached('begin');
      const worked = await work(counted(tx));
      reached('before commit');
      return worked;
    });
    reached('commit');
    return done;
  },
};
const root = fileRootKey(${JSON.stringify(join(directory, 'root.key'))});
const keys = await openKeyRing({ root, path: ${JSON.stringify(join(directory, 'keys.json'))} });
const policy = definePolicy(${JSON.stringify(shopInput)});
const table = 'customers';
const application = policy.application;
const fields = createFields({ application, keys, policy });
const passwords = createPasswords({ keys, place: { application, table, column: 'password' } });
const accounts = sqlAccounts({ database, policy, fields, table });
const events = sqlSecurityEvents({ database, realm: table });
const sessions = createSessions({ store: sqlSessionStore({ database, realm: table }) });
const mailer = { send: async () => undefined };
const origin = 'https://shop.example';
const mailChanges = createMailChanges({
  database, policy, fields, accounts, table, sessions, mailer, origin, events,
  envelopes: createEnvelopes({ application, keys }),
  prove: (_req, account) => accounts.find(account),
  proofLimit: () => (_req, _res, next) => next(),
});
const resets = createResets({
  store: sqlResetStore({ database, realm: table }), accounts, passwords, sessions, mailer, origin, events,
  noticeAddresses: mailChanges.noticeAddresses,
});
const deeds = {
  reset: () => resets.redeem(code, ${JSON.stringify(nextPassword)}),
  async change() {
    const req = { body: { code } };
    await new Promise((resolve) => mailChanges.limit(req, {}, resolve));
    return await mailChanges.confirm(req, code, 'proven');
  },
  undo: () => mailChanges.undo(code),
};
// Whoever started it says when: two of them then meet at one code.
await new Promise((resolve) => process.stdin.once('data', resolve));
const done = (await deeds[deed]()) !== null;
process.stdout.write(JSON.stringify({ done }) + '\\n');
keys.close();
await inner.close();
process.exit(0);
`;
}

/** Runs a deed in a process that is killed behind the given step; Infinity: never. */
export async function runDeed(
  shop: TestShop,
  deed: Deed,
  code: string,
  killAt: number = Number.POSITIVE_INFINITY,
): Promise<Run> {
  if (!existsSync(join(root, 'dist/resets/index.js'))) throw new Error('run first: npm run build');
  const file = join(shop.directory, 'deed.mjs');
  writeFileSync(file, childText(shop));
  const child = spawn(process.execPath, [file, deed, code, String(killAt)], { stdio: ['pipe', 'pipe', 'pipe'] });
  let [output, problems] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    problems += text;
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end('go\n');
  const signal = await new Promise<NodeJS.Signals | null>((resolve) => child.once('close', (_code, by) => resolve(by)));
  const lines = output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as string | { readonly done: boolean });
  const end = lines.at(-1);
  if (signal === null && typeof end !== 'object') throw new Error(`the process failed: ${problems}`);
  return {
    steps: lines.filter((line) => typeof line === 'string'),
    killed: signal === 'SIGKILL',
    done: typeof end === 'object' && end.done,
  };
}

let made = 0;

/** A new account with a session, and the code of what is to be done to it. */
export async function prepare(shop: TestShop, deed: Deed): Promise<Prepared> {
  made += 1;
  const email = `person${made}@example.com`;
  const id = await newAccount(shop, { ...ada, email });
  const last = () => codeIn(shop.outbox.at(-1));
  if (deed === 'reset') await shop.keep.resets.request(email);
  else await shop.keep.mailChanges.request(id, `new${made}@example.com`);
  if (deed === 'undo') {
    await runDeed(shop, 'change', last());
    // The process that made the change mailed its code to nobody; another one is put in its place.
    const { text, hash } = mintMailToken('und', systemRandom);
    await shop.test.database.query(
      'update safekeep.mail_changes set token_hash = $2 where account = $1 and confirmed_at is not null',
      [id, hash],
    );
    await addSession(shop, id);
    return { id, email, code: text };
  }
  await addSession(shop, id);
  return { id, email, code: last() };
}

async function addSession({ test }: TestShop, id: string): Promise<void> {
  await test.database.query(
    `insert into safekeep.sessions (id_hash, realm, account, epoch, created_at, seen_at, expires_at)
     select sha256($1::bytea), 'customers', $2, epoch, now(), now(), now() + interval '1 hour'
     from safekeep.accounts where account = $2`,
    [Buffer.from(`session of ${id}`), id],
  );
}

/** What an account is after its process was killed: as it was, with everything it had; or changed, with none of it. */
export async function stateOf(shop: TestShop, deed: Deed, { id, email, code }: Prepared): Promise<string> {
  const { keep, test } = shop;
  const { count: live } = await test.database.one<{ count: number }>(
    `select count(*)::int from safekeep.sessions s join safekeep.accounts a using (realm, account, epoch) where account = $1`,
    [id],
  );
  const account = await keep.accounts.find(id);
  const opens = async (password: string) =>
    (await keep.passwords.verify(account?.passwordHash ?? null, password, { account: id })) !== null;
  const address = await keep.accounts.mailAddress(id);
  const { count: undoable } = await test.database.one<{ count: number }>(
    'select count(*)::int from safekeep.mail_changes where account = $1 and confirmed_at is not null',
    [id],
  );
  const facts = {
    oldPassword: await opens(passphrase),
    oldAddress: address === email,
    foundByAddress: (await keep.accounts.findByLogin(address ?? ''))?.id === id,
    undoable,
    live,
    // Asked last: the code works once more, or it does not.
    codeWorks: (await runDeed(shop, deed, code)).done,
  };
  return JSON.stringify(facts);
}

/** The two states that an account may be found in. */
export function allowedStates(deed: Deed): { readonly before: string; readonly after: string } {
  const state = (oldPassword: boolean, oldAddress: boolean, undoable: number, isBefore: boolean) =>
    JSON.stringify({
      ...{ oldPassword, oldAddress, foundByAddress: true, undoable },
      ...{ live: isBefore ? 1 : 0, codeWorks: isBefore },
    });
  if (deed === 'reset') return { before: state(true, true, 0, true), after: state(false, true, 0, false) };
  if (deed === 'change') return { before: state(true, true, 0, true), after: state(true, false, 1, false) };
  return { before: state(true, false, 1, true), after: state(true, true, 0, false) };
}
