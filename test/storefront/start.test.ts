import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../services/database.js';
import { machine } from '../shared/server.js';
import { ada } from './shop.js';

let test: TestDatabase;
let box: ReturnType<typeof machine>;
beforeEach(async () => {
  test = await testDatabase();
  box = machine('storefront');
});
afterEach(async () => {
  await box.remove();
  await test.drop();
});

const onTestDatabase = () => ({ DATABASE_URL: test.url });

async function refusal(environment: Record<string, string>, flags?: readonly string[]): Promise<string> {
  const server = await box.start({ ...onTestDatabase(), ...environment }, flags);
  expect(await server.end).toBe(1);
  // Words for an operator, not a stack for a developer.
  expect(server.output()).not.toMatch(/\n\s+at /);
  return server.output();
}

async function startedOnce(): Promise<void> {
  const server = await box.start(onTestDatabase());
  await server.open();
  server.signal('SIGTERM');
  expect(await server.end).toBe(0);
}

describe('the server', () => {
  it('opens from nothing, says where it is and what to trust, and answers over TLS', async () => {
    const server = await box.start(onTestDatabase());
    await server.open();
    const said = server.output();
    for (const word of [server.origin, '/outbox', '/glass', 'development-ca.pem', 'keys.json'])
      expect(said).toContain(word);
    await server.program().get('/').expect(200);
    for (const name of ['root.key', 'keys.json']) expect(statSync(join(box.data, name)).mode & 0o077).toBe(0);
  });

  it('finishes the requests in progress when it is told to stop, then ends with 0', async () => {
    const server = await box.start(onTestDatabase());
    await server.open();
    const program = server.program();
    await program.get('/').expect(200);
    // A registration takes three quarters of a second by design: it is under way when the signal comes.
    const pending = program
      .post('/register')
      .send({ ...ada, email: 'late@example.com' })
      .then(({ status }) => status);
    while ((await test.database.query('select 1 from safekeep.registrations')).length === 0);
    server.signal('SIGTERM');
    expect(await pending).toBe(202);
    expect(await server.end).toBe(0);
  });

  it('stops on SIGINT too', async () => {
    const server = await box.start(onTestDatabase());
    await server.open();
    server.signal('SIGINT');
    expect(await server.end).toBe(0);
  });

  it('has lost nothing it acknowledged when it starts again after kill -9', { timeout: 60_000 }, async () => {
    const first = await box.start();
    await first.open();
    const program = first.program();
    const email = 'kept@example.com';
    await program
      .post('/register')
      .send({ ...ada, email })
      .expect(202);
    const { body: mails } = await program.get('/outbox').expect(200);
    const code = /cnf_[\w-]+/.exec(mails[0].text)?.[0];
    await program.post('/confirm').send({ code, password: ada.password }).expect(201);
    await program.post('/account').send({ name: 'Ada Afterwards', address: ada.address, phone: ada.phone }).expect(200);
    first.signal('SIGKILL');
    await first.end;
    const second = await box.start();
    await second.open();
    const again = second.program();
    await again.post('/login').send({ email, password: ada.password }).expect(200);
    expect((await again.get('/account').expect(200)).body.name).toBe('Ada Afterwards');
  });
});

describe('a start that cannot be', () => {
  it('says that a port is taken', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };
    try {
      expect(await refusal({ PORT: String(port) })).toMatch(new RegExp(`ERR_PORT_IN_USE.*${port}[\\s\\S]*set PORT`));
      expect(await refusal({ HTTP_PORT: String(port) })).toMatch(new RegExp(`ERR_PORT_IN_USE.*${port}`));
    } finally {
      taken.close();
    }
  });

  it('says that mail has nowhere to go without the flag', async () => {
    expect(await refusal({}, [])).toContain('SMTP_URL is missing');
  });

  it('says that others can read the root key', async () => {
    await startedOnce();
    chmodSync(join(box.data, 'root.key'), 0o644);
    expect(await refusal({})).toMatch(/ERR_ROOT_KEY_MODE[\s\S]*chmod 600/);
  });

  it('says that the ring belongs to another root key', async () => {
    await startedOnce();
    writeFileSync(join(box.data, 'root.key'), Buffer.alloc(32, 7), { mode: 0o600 });
    expect(await refusal({})).toMatch(/ERR_ROOT_KEY[\s\S]*another root key/);
  });

  it('names a column that the policy does not know', async () => {
    await startedOnce();
    await test.database.query('alter table customers add column shoe_size text');
    expect(await refusal({})).toMatch(/ERR_SCHEMA_DRIFT[\s\S]*customers\.shoe_size[\s\S]*policy\.ts/);
  });

  it('makes no new keys in production unless it is told to', async () => {
    const production = { SMTP_URL: 'smtps://post.example', ROOT_KEY: join(box.data, '..', `root-${process.pid}.key`) };
    expect(await refusal(production, [])).toMatch(/ERR_KEY_RING_MISSING[\s\S]*--create-keys/);
  });
});
