import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SecurityEvent } from '../../src/base/ports/security-events.js';
import { createEnvelopes } from '../../src/envelope/index.js';
import { fileRootKey, type KeyRing, openKeyRing } from '../../src/keys/index.js';
import { createPasswords, type PasswordsOptions } from '../../src/passwords/index.js';
import { temporaryFolder } from '../keys/temporary-folder.js';
import { fakeEngine } from './fake-engine.js';

const good = 'salt marsh at low tide';
const account = '17';
const place = { application: 'shop', table: 'customers', column: 'password' };

/** What somebody who can write to the table makes of a stored hash. */
const edits: readonly (readonly [name: string, edit: (phc: string) => string, kind: string])[] = [
  ['m = 2 GiB', (phc) => phc.replace('m=19456', 'm=2097152'), 'password.bounds'],
  ['m = 4 TiB', (phc) => phc.replace('m=19456', 'm=4294967295'), 'password.bounds'],
  ['m over the ceiling by one', (phc) => phc.replace('m=19456', 'm=65537'), 'password.bounds'],
  ['t = 10^9', (phc) => phc.replace('t=2', 't=1000000000'), 'password.bounds'],
  ['p = 255', (phc) => phc.replace('p=1', 'p=255'), 'password.bounds'],
  ['no memory', (phc) => phc.replace('m=19456', 'm=0'), 'password.bounds'],
  ['a string of a megabyte', (phc) => phc + 'A'.repeat(1_000_000), 'password.bounds'],
  ['a salt of a megabyte', (phc) => phc.replace('p=1$', `p=1$${'A'.repeat(1_000_000)}`), 'password.bounds'],
  ['another version', (phc) => phc.replace('v=19', 'v=16'), 'password.unreadable'],
  ['a scheme we do not know', () => '$unknown$1$salt$hash', 'password.unreadable'],
  ['rubbish', () => '\u0000\ufffd{}\n', 'password.unreadable'],
  ['nothing', () => '', 'password.unreadable'],
];

/** The forms in which a hash is stored, and how an editor who has the ring as well would write his. */
const forms: readonly (readonly [
  name: string,
  options: (keys: KeyRing) => PasswordsOptions,
  write: (keys: KeyRing, text: string) => string,
])[] = [
  ['plain', () => ({}), (_keys, text) => text],
  [
    'sealed',
    (keys) => ({ keys, place }),
    (keys, value) =>
      createEnvelopes({ application: 'shop', keys }).seal({ type: 'text', value }, { ...place, row: account }),
  ],
  [
    'let in unsealed',
    (keys) => ({ keys, place, dangerouslyAcceptUnsealed: 'plain hashes of before the ring' }),
    (_keys, text) => text,
  ],
];

describe.each(forms)('a stored hash that was edited (%s)', (_form, options, write) => {
  it('is no match after the work of everyone, an event, and never computed as it asks', async () => {
    const folder = await temporaryFolder();
    const root = fileRootKey(join(folder, 'root.key'), { create: true });
    const keys = await openKeyRing({ root, path: join(folder, 'keys.json'), create: true });
    const phc = await createPasswords({ engine: fakeEngine() }).hash(good, { account });
    for (const [name, edit, kind] of edits) {
      const engine = fakeEngine();
      const recorded: SecurityEvent[] = [];
      const events = { record: async (event: SecurityEvent) => void recorded.push(event) };
      const passwords = createPasswords({ engine, events, ...options(keys) });
      const stored = write(keys, edit(phc));
      expect([name, await passwords.verify(stored, good, { account })]).toEqual([name, null]);
      // The dummy's parameters, once: what the edit asks for never reaches the engine.
      expect(engine.requests).toMatchObject([
        { variant: 'argon2id', memoryKiB: 19456, passes: 2, lanes: 1, tagBytes: 32 },
      ]);
      expect(engine.requests[0]?.salt.length).toBe(16);
      // A sealed text that is far too long is not opened: it is out of bounds whatever is in it.
      const expected =
        stored.length > 2048 && options(keys).keys !== undefined ? /^password\./ : new RegExp(`^${kind}$`);
      expect(recorded).toEqual([{ kind: expect.stringMatching(expected), account, facts: expect.any(Object) }]);
    }
    keys.close();
  });
});
