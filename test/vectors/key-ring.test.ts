import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fileRootKey, openKeyRing } from '../../src/keys/index.js';
import { temporaryFolder } from '../keys/temporary-folder.js';
import { hkdf, hmac, openBody, pae } from './reference.js';

interface Wrapped {
  readonly wrapped: string;
  readonly check: string;
}
const file = JSON.parse(readFileSync(join(import.meta.dirname, 'key-ring.json'), 'utf8')) as {
  readonly rootKey: string;
  readonly ring: {
    readonly ring: string;
    readonly counter: number;
    readonly guard: Wrapped;
    readonly keys: readonly (Wrapped & { id: number; purpose: string; state: string; created: string })[];
    readonly mac: string;
  };
  readonly expected: readonly { id: number; purpose: string; state: string; created: string; derived: string }[];
  readonly pseudonyms: string;
};
const bytes = (text: string) => Buffer.from(text, 'base64url');
const u32 = (value: number) => {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(value);
  return out;
};

describe('the frozen key ring', () => {
  it('opens under its root key and derives the keys it has always derived', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'root.key'), Buffer.from(file.rootKey, 'hex'), { mode: 0o600 });
    await writeFile(join(folder, 'keys.json'), JSON.stringify(file.ring));
    const ring = await openKeyRing({ root: fileRootKey(join(folder, 'root.key')), path: join(folder, 'keys.json') });
    const found = ring
      .list()
      .map((key) => ({ ...key, derived: ring.find(key.id)?.derive(Buffer.from('vector')).toString('hex') }));
    expect(found).toEqual(file.expected);
    expect(ring.derive('pseudonyms', 'log').key.toString('hex')).toBe(file.pseudonyms);
  });

  it('opens by a second implementation of the page', () => {
    const { ring, counter, guard, keys, mac } = file.ring;
    const root = Buffer.from(file.rootKey, 'hex');
    const unwrap = (wrapped: string, context: Buffer) => openBody(root, bytes(wrapped), pae('sf1/wrap', context));
    const check = (key: Buffer, context: Buffer) => hmac(hkdf(key, pae('sf1/check')), context).toString('base64url');
    const guardContext = pae('sf1/ring', bytes(ring), 'guard');
    const guardKey = unwrap(guard.wrapped, guardContext);
    expect(check(guardKey, guardContext)).toBe(guard.check);
    const rising = Buffer.alloc(8);
    rising.writeBigUInt64BE(BigInt(counter));
    const entries = keys.map(({ id, purpose, state, created, wrapped, check: value }) =>
      pae(u32(id), purpose, state, created, bytes(wrapped), bytes(value)),
    );
    const list = pae(bytes(ring), rising, bytes(guard.wrapped), bytes(guard.check), ...entries);
    expect(hmac(hkdf(guardKey, pae('sf1/ring-mac')), list).toString('base64url')).toBe(mac);
    for (const { id, purpose, wrapped, check: value } of keys) {
      const context = pae('sf1/ring', bytes(ring), 'key', u32(id), purpose);
      const key = unwrap(wrapped, context);
      expect(check(key, context)).toBe(value);
      const derived = hkdf(key, 'vector').toString('hex');
      expect(file.expected.find((expected) => expected.id === id)?.derived).toBe(derived);
    }
  });
});
