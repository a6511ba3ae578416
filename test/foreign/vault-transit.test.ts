import { describe, expect, it } from 'vitest';
import { type VaultTransitReaderOptions, vaultTransitReader } from '../../src/foreign/index.js';
import { vaultTransitRootKey } from '../../src/keys/index.js';
import { keyServer, transit } from '../keys/key-service-server.js';
import { manualClock } from '../keys/rings.js';
import { outcomeOf, place } from './tampering.js';

/** A transit engine, a value that it encrypted with the row as associated data, and a reader of it. */
async function vault(options: Partial<VaultTransitReaderOptions> = {}) {
  const { state, answer } = transit();
  const server = await keyServer(answer);
  const clock = manualClock();
  const settings = { address: server.address, ca: server.ca, key: 'shop', token: 'hvs.first', clock };
  const made = async (text: string | Uint8Array, row: string) =>
    (await vaultTransitRootKey(settings).wrap(Buffer.from(text as string), Buffer.from(row))).toString();
  const reader = vaultTransitReader({ ...settings, associatedData: ({ row }) => String(row[0]), ...options });
  return { reader, made, state, settings, ...server };
}

describe('vaultTransitReader', () => {
  it('reads what the engine encrypted, under every version of the key', async () => {
    const { reader, made, state, received } = await vault();
    const stored = [await made('Ada', 'c-1')];
    state.rotate();
    stored.push(await made('Ada', 'c-1'), await made('', 'c-1'));
    for (const [at, value] of ['Ada', 'Ada', ''].entries()) {
      expect(await reader.read(stored[at] as string, place)).toBe(value);
    }
    expect(JSON.parse(received.at(-1)?.body ?? '')).toEqual({
      ciphertext: stored[2],
      associated_data: Buffer.from('c-1').toString('base64'),
    });
    expect(reader.name).toBe('vault-transit');
  });

  it('sends the context of a derived key', async () => {
    const { reader, made, received } = await vault({ context: ({ table }) => table });
    await reader.read(await made('Ada', 'c-1'), place);
    expect(JSON.parse(received.at(-1)?.body ?? '')).toMatchObject({
      context: Buffer.from('customers').toString('base64'),
    });
  });

  it('refuses a moved row, a changed value and a version that there is not, without a value in the error', async () => {
    const { reader, made, state } = await vault();
    const stored = await made('Ada', 'c-1');
    const code = 'ERR_FOREIGN_BROKEN';
    expect(await outcomeOf(reader, stored, { ...place, row: ['c-2'] })).toMatchObject({ code });
    expect(await outcomeOf(reader, stored.replace('v1', 'v9'))).toMatchObject({ code });
    const flipped = stored.replace(/.(?=.{10}$)/, (char) => (char === 'A' ? 'B' : 'A'));
    expect(await outcomeOf(reader, flipped)).toMatchObject({ code, facts: { place: 'customers.note' } });
    state.minDecryptionVersion = 2;
    expect(await outcomeOf(reader, stored)).toMatchObject({ code });
  });

  it('sends out nothing that is not the engine’s', async () => {
    const { reader, received } = await vault();
    for (const stored of ['Ada Lovelace', '', 'vault:v0:AAAA', 'vault:v1:', 'sf1.AAAA']) {
      expect(await outcomeOf(reader, stored)).toMatchObject({ code: 'ERR_FOREIGN_FORMAT' });
    }
    expect(received).toEqual([]);
  });

  it('says what the service says of the token, of the key, and when it is away', async () => {
    const { reader, made, settings, faults, state } = await vault();
    const stored = await made('Ada', 'c-1');
    const elsewhere = vaultTransitReader({ ...settings, key: 'other' });
    expect(await outcomeOf(elsewhere, stored)).toMatchObject({ code: 'ERR_FOREIGN_KEY' });
    faults.push(...Array.from({ length: 4 }, () => ({ status: 503 })));
    expect(await outcomeOf(reader, stored)).toMatchObject({ code: 'ERR_ROOT_KEY_UNAVAILABLE' });
    state.token = 'hvs.second';
    expect(await outcomeOf(reader, stored)).toMatchObject({ code: 'ERR_ROOT_KEY_REFUSED' });
  });

  it('gives bytes where they are asked for, and refuses them as text', async () => {
    const { reader, made, settings } = await vault();
    const stored = await made(Buffer.from([0xff]), 'c-1');
    expect(await outcomeOf(reader, stored)).toMatchObject({ code: 'ERR_FOREIGN_VALUE' });
    const bytes = vaultTransitReader({ ...settings, as: 'bytes', associatedData: () => 'c-1' });
    expect(await bytes.read(stored, place)).toEqual(Buffer.from([0xff]));
  });

  it('takes no answer for a value that is none', async () => {
    const { reader, made, faults } = await vault();
    const stored = await made('Ada', 'c-1');
    for (const plaintext of ['QWRh!', 'QWR', null, 7]) {
      faults.push({ status: 200, body: { data: { plaintext } } });
      expect(await outcomeOf(reader, stored)).toMatchObject({ code: 'ERR_FOREIGN_BROKEN' });
    }
  });

  it.each([
    [{ address: 'http://vault.shop.example:8200' }, 'ERR_ROOT_KEY_PLAINTEXT'],
    [{ token: 'a b' }, 'ERR_OPTION_INVALID'],
    [{ key: '../sys' }, 'ERR_OPTION_INVALID'],
    [{ tokn: 'x' }, 'ERR_OPTION_UNKNOWN'],
  ])('refuses %j', (wrong, code) => {
    const options = { address: 'https://vault.shop.example:8200', key: 'shop', token: 'hvs.first', ...wrong };
    expect(() => vaultTransitReader(options)).toThrow(expect.objectContaining({ code }));
  });
});
