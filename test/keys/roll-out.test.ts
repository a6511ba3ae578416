import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { fileRootKey, openKeyRing } from '../../src/keys/index.js';
import { root } from '../house/tree.js';
import { type TestDatabase, testDatabase } from '../services/database.js';
import { temporaryFolder } from './temporary-folder.js';

const children: ChildProcess[] = [];
let test: TestDatabase | undefined;
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await test?.drop();
});

/** A server of its own that holds the ring: it answers one line for each line it is asked. */
async function server(file: string): Promise<{ readonly child: ChildProcess; ask(line: string): Promise<string> }> {
  const child = spawn(process.execPath, [file], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  await once(lines, 'line');
  return {
    child,
    async ask(line) {
      const answered = once(lines, 'line');
      child.stdin?.write(`${line}\n`);
      return String((await answered)[0]);
    },
  };
}

describe('the roll-out of a key over several processes', () => {
  it('waits for each of them, opens everywhere before it seals anywhere, and forgets one that was killed', async () => {
    if (!existsSync(join(root, 'dist/keys/index.js'))) throw new Error('run first: npm run build');
    test = await testDatabase();
    const folder = await temporaryFolder();
    const rootFile = join(folder, 'root.key');
    const options = { root: fileRootKey(rootFile, { create: true }), database: test.database, refreshSeconds: 3600 };
    const ring = await openKeyRing({ ...options, create: true });
    const dist = (path: string) => JSON.stringify(pathToFileURL(join(root, 'dist', path)).href);
    const file = join(folder, 'server.mjs');
    writeFileSync(
      file,
      `import { createInterface } from 'node:readline';
       import { postgres } from ${dist('database/index.js')};
       import { createFields } from ${dist('fields/index.js')};
       import { fileRootKey, openKeyRing } from ${dist('keys/index.js')};
       const database = postgres(${JSON.stringify(test.url)}, { maxConnections: 1 });
       const keys = await openKeyRing({ root: fileRootKey(${JSON.stringify(rootFile)}), database, refreshSeconds: 3600 });
       const fields = createFields({ application: 'shop', keys });
       const place = { table: 'customers', column: 'email', row: 1 };
       console.log('ready');
       for await (const line of createInterface({ input: process.stdin })) {
         if (line === 'reload') await keys.reload();
         if (line === 'seal') console.log(fields.seal('ada@example.com', place));
         else if (line.startsWith('open ')) {
           let answer;
           try { answer = fields.open(line.slice(5), place).reveal(); } catch (error) { answer = error.code; }
           console.log(answer);
         } else console.log(keys.active('fields').id);
       }`,
    );
    const [one, two, lost] = await Promise.all([server(file), server(file), server(file)]);
    const old = String(ring.active('fields').id);
    const { id } = await ring.stage('fields');
    await expect(ring.activate(id)).rejects.toMatchObject({ code: 'ERR_KEY_ROLL_OUT', facts: { waitingFor: 3 } });
    expect(await one.ask('reload')).toBe(old);
    lost.child.kill('SIGKILL');
    await once(lost.child, 'close');
    // A dead process cannot take its word back: it is waited for until that runs out.
    await expect(ring.activate(id)).rejects.toMatchObject({ code: 'ERR_KEY_ROLL_OUT', facts: { waitingFor: 2 } });
    expect(await two.ask('reload')).toBe(old);
    await test.database.query(
      `update safekeep.key_ring_holders set expires_at = now() - interval '1 second' where not $1 = any(opens)`,
      [id],
    );
    await ring.activate(id);
    // The first server seals under the new key before the second has heard that it is active: it opens it all the same.
    expect(await one.ask('reload')).toBe(String(id));
    const sealed = await one.ask('seal');
    expect(Buffer.from(sealed.slice(4, 12), 'base64url').readUInt32BE(2)).toBe(id);
    expect(await two.ask('active')).toBe(old);
    expect(await two.ask(`open ${sealed}`)).toBe('ada@example.com');
    // And as long as it seals under the old one, that is neither suspended nor proven unused.
    const behind = { code: 'ERR_KEY_ROLL_OUT', facts: { waitingFor: 1 } };
    await expect(ring.suspend(Number(old))).rejects.toMatchObject(behind);
    const stale = await two.ask('seal');
    expect(await two.ask('reload')).toBe(String(id));
    await ring.suspend(Number(old));
    await one.ask('reload');
    expect(await one.ask(`open ${stale}`)).toBe('ERR_KEY_UNKNOWN');
    await ring.resume(Number(old));
    await one.ask('reload');
    expect(await one.ask(`open ${stale}`)).toBe('ada@example.com');
    ring.close();
  }, 60_000);
});
