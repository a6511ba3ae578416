import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { openKeyRing, type VaultTransitRootKeyOptions, vaultTransitRootKey } from '../../src/keys/index.js';
import { type Fault, keyServer, transit } from './key-service-server.js';
import { manualClock } from './rings.js';
import { temporaryFolder } from './temporary-folder.js';

const material = Buffer.alloc(32, 7);
const context = Buffer.from('a context');

async function vault(options: Partial<VaultTransitRootKeyOptions> = {}) {
  const { state, answer } = transit();
  const server = await keyServer(answer);
  const clock = manualClock();
  const settings = { address: server.address, ca: server.ca, key: 'shop', token: 'hvs.first', clock, ...options };
  return { root: vaultTransitRootKey(settings), state, clock, settings, ...server };
}

describe('vaultTransitRootKey', () => {
  it('wraps and unwraps, and sends what the API pages ask for', async () => {
    const { root, received } = await vault({ namespace: 'shops/larkspur' });
    expect(root.kind).toBe('vault-transit');
    const wrapped = await root.wrap(material, context);
    expect(wrapped.toString()).toMatch(/^vault:v1:/);
    expect(await root.unwrap(wrapped, context)).toEqual(material);
    expect(received.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /v1/transit/encrypt/shop',
      'POST /v1/transit/decrypt/shop',
    ]);
    expect(received[0]?.headers).toMatchObject({
      'x-vault-token': 'hvs.first',
      'x-vault-namespace': 'shops/larkspur',
      'x-vault-request': 'true',
    });
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({
      plaintext: material.toString('base64'),
      associated_data: context.toString('base64'),
    });
  });

  it('holds a key ring, and a new version of the transit key keeps it open', async () => {
    const { root, state } = await vault();
    const path = join(await temporaryFolder(), 'keys.json');
    const ring = await openKeyRing({ root, path, create: true });
    state.rotate();
    const { id } = await ring.stage('fields');
    const again = await openKeyRing({ root, path });
    expect(again.find(id)?.derive(context)).toEqual(ring.find(id)?.derive(context));
  });

  it.each([
    ['another context', (wrapped: Buffer) => wrapped, Buffer.from('elsewhere')],
    [
      'a flipped bit',
      (wrapped: Buffer) => Buffer.from(wrapped.toString().replace(/.(?=.{10}$)/, (c) => (c === 'A' ? 'B' : 'A'))),
      context,
    ],
    ['a version that there is not', (wrapped: Buffer) => Buffer.from(wrapped.toString().replace('v1', 'v9')), context],
  ])('refuses %s', async (_what, change, at) => {
    const { root } = await vault();
    const wrapped = await root.wrap(material, context);
    await expect(root.unwrap(change(wrapped), at)).rejects.toMatchObject({
      code: 'ERR_ROOT_KEY',
      facts: { status: 400 },
    });
  });

  it('refuses a version below the lowest that the server opens', async () => {
    const { root, state } = await vault();
    const wrapped = await root.wrap(material, context);
    state.rotate();
    state.minDecryptionVersion = 2;
    await expect(root.unwrap(wrapped, context)).rejects.toMatchObject({ code: 'ERR_ROOT_KEY' });
  });

  it('does not trouble the server with what another kind of root key wrapped', async () => {
    const { root, received } = await vault();
    await expect(root.unwrap(Buffer.alloc(104, 1), context)).rejects.toMatchObject({ code: 'ERR_ROOT_KEY' });
    expect(received).toEqual([]);
  });

  it('says that a token is refused, and shows neither it nor the server’s words', async () => {
    const { root, state } = await vault();
    state.token = 'hvs.second';
    const error: unknown = await root.wrap(material, context).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ERR_ROOT_KEY_REFUSED', facts: { status: 403 } });
    expect(inspect(error, { depth: 9 })).not.toMatch(/hvs|permission denied/);
  });

  it('asks its function for a fresh token when one expired, once', async () => {
    const tokens = ['hvs.first', 'hvs.first', 'hvs.second', 'hvs.second', 'hvs.second'];
    let asked = 0;
    const { root, state } = await vault({ token: async () => tokens[asked++] ?? '' });
    const wrapped = await root.wrap(material, context);
    state.token = 'hvs.second';
    expect(await root.unwrap(wrapped, context)).toEqual(material);
    expect(asked).toBe(3);
    state.token = 'hvs.third';
    await expect(root.unwrap(wrapped, context)).rejects.toMatchObject({ code: 'ERR_ROOT_KEY_REFUSED' });
    expect(asked).toBe(5);
    await expect(root.unwrap(wrapped, context)).rejects.toMatchObject({ code: 'ERR_ROOT_KEY_REFUSED' });
  });

  const passing: [string, Fault[]][] = [
    ['a sealed server', [{ status: 503, body: { errors: ['Vault is sealed'] } }]],
    ['throttling', [{ status: 429 }, { status: 429 }]],
    ['an error of the server', [{ status: 500 }, { status: 502 }, { status: 504 }]],
    ['a torn connection', ['torn']],
    ['a standby that lags behind', [{ status: 412 }]],
  ];
  it.each(passing)('tries again after %s', async (_what, troubles) => {
    const { root, faults, received, clock } = await vault();
    const before = clock.nowMs();
    faults.push(...troubles);
    const wrapped = await root.wrap(material, context);
    expect(received).toHaveLength(troubles.length + 1);
    expect(await root.unwrap(wrapped, context)).toEqual(material);
    const leastMs = [50, 150, 350][troubles.length - 1] ?? 0;
    expect(clock.nowMs() - before).toBeGreaterThanOrEqual(leastMs);
    expect(clock.nowMs() - before).toBeLessThanOrEqual(2 * leastMs);
  });

  it('tries again after silence, and gives up after its tries', async () => {
    const { root, faults, received } = await vault({ timeoutMs: 100, tries: 3 });
    faults.push('silence');
    expect(await root.wrap(material, context)).toBeInstanceOf(Buffer);
    faults.push('silence', { status: 503 }, { status: 503 });
    await expect(root.wrap(material, context)).rejects.toMatchObject({
      code: 'ERR_ROOT_KEY_UNAVAILABLE',
      status: 503,
      facts: { root: 'vault-transit', tried: 3, status: 503 },
    });
    expect(received).toHaveLength(5);
  });

  it('follows no redirect, and does not wait for it to go away', async () => {
    const { root, faults, received } = await vault();
    faults.push({ status: 307, headers: { location: 'https://elsewhere.example/' } });
    await expect(root.wrap(material, context)).rejects.toMatchObject({
      code: 'ERR_ROOT_KEY_UNAVAILABLE',
      facts: { tried: 1 },
    });
    expect(received).toHaveLength(1);
  });

  const nonsense: [string, Fault][] = [
    ['no data', { status: 200, body: {} }],
    ['a list', { status: 200, body: [] }],
    ['another member', { status: 200, body: { data: { key: 'x' } } }],
    ['a ciphertext of another form', { status: 200, body: { data: { ciphertext: 'vault:v0:AAAA' } } }],
    ['a number', { status: 200, body: { data: { ciphertext: 7 } } }],
    ['no such mount', { status: 404, body: { errors: [] } }],
  ];
  it.each(nonsense)('takes %s for no answer', async (_what, fault) => {
    const { root, faults } = await vault();
    faults.push(fault);
    await expect(root.wrap(material, context)).rejects.toMatchObject({ code: 'ERR_ROOT_KEY' });
  });

  it('takes a plaintext that is no base64 for none, and reads no endless answer', async () => {
    const { root, faults } = await vault({ tries: 1 });
    const wrapped = await root.wrap(material, context);
    faults.push({ status: 200, body: { data: { plaintext: 'AAA' } } }, 'endless');
    await expect(root.unwrap(wrapped, context)).rejects.toMatchObject({ code: 'ERR_ROOT_KEY' });
    await expect(root.unwrap(wrapped, context)).rejects.toMatchObject({
      code: 'ERR_ROOT_KEY_UNAVAILABLE',
      facts: { system: 'ANSWER_TOO_LONG' },
    });
  });

  it('speaks to no server that its authority does not vouch for', async () => {
    const { settings, port, received } = await vault();
    const other = await keyServer(transit().answer);
    for (const wrong of [{ ca: undefined }, { ca: other.ca }]) {
      const root = vaultTransitRootKey({ ...settings, ...wrong });
      await expect(root.wrap(material, context)).rejects.toMatchObject({
        code: 'ERR_ROOT_KEY_UNAVAILABLE',
        facts: { tried: 1, system: expect.stringMatching(/CERT|SIGNATURE/) as string },
      });
    }
    // Nor when the environment says that nobody needs to.
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      const trusting = vaultTransitRootKey({ ...settings, ca: other.ca });
      await expect(trusting.wrap(material, context)).rejects.toMatchObject({ code: 'ERR_ROOT_KEY_UNAVAILABLE' });
    } finally {
      if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
    }
    // A name that the certificate does not bear.
    const root = vaultTransitRootKey({ ...settings, address: `https://127.0.0.2:${port}`, tries: 1 });
    await expect(root.wrap(material, context)).rejects.toMatchObject({ code: 'ERR_ROOT_KEY_UNAVAILABLE' });
    expect(received).toEqual([]);
  });

  it('speaks plaintext on this machine only, unless a reason is given', async () => {
    const { state: _, answer } = transit();
    const { address } = await keyServer(answer, true);
    const local = vaultTransitRootKey({ address, key: 'shop', token: 'hvs.first' });
    expect(await local.unwrap(await local.wrap(material, context), context)).toEqual(material);
    const far = { address: 'http://vault.shop.example:8200', key: 'shop', token: 'hvs.first' };
    expect(() => vaultTransitRootKey(far)).toThrow(expect.objectContaining({ code: 'ERR_ROOT_KEY_PLAINTEXT' }));
    const reason = 'a WireGuard tunnel between the two hosts';
    expect(vaultTransitRootKey({ ...far, dangerouslyAllowPlaintextToKeyService: reason }).kind).toBe('vault-transit');
  });

  it.each([
    ['address', { address: 'vault.shop.example' }],
    ['address', { address: 'https://vault.shop.example/v1' }],
    ['address', { address: 'ftp://vault.shop.example' }],
    ['key', { key: '../sys/seal' }],
    ['key', { key: 'a/b' }],
    ['mount', { mount: 'transit?x' }],
    ['token', { token: '' }],
    ['token', { token: 'two\r\nlines' }],
    ['tries', { tries: 0 }],
  ])('refuses a wrong %s: %j', (option, wrong) => {
    const settings = { address: 'https://vault.shop.example:8200', key: 'shop', token: 'hvs.first', ...wrong };
    expect(() => vaultTransitRootKey(settings)).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_INVALID', facts: expect.objectContaining({ option }) as object }),
    );
  });
});
