import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type AwsCredentials, type AwsKmsRootKeyOptions, awsKmsRootKey, openKeyRing } from '../../src/keys/index.js';
import { type Fault, keyServer, kms } from './key-service-server.js';
import { manualClock } from './rings.js';
import { temporaryFolder } from './temporary-folder.js';

const material = Buffer.alloc(32, 7);
const context = Buffer.from('a context');
const region = 'eu-central-1';

async function service(options: Partial<AwsKmsRootKeyOptions> = {}) {
  const clock = manualClock();
  const { state, answer } = kms(clock.nowMs);
  const server = await keyServer(answer);
  const { address, ca } = server;
  const settings = { address, ca, region, key: state.keyId, credentials: { ...state.credentials }, clock, ...options };
  return { root: awsKmsRootKey(settings), state, clock, settings, ...server };
}
const type = (name: string, status = 400): Fault => ({ status, body: { __type: name } });

describe('awsKmsRootKey', () => {
  it('wraps and unwraps with a signature that the service finds right', async () => {
    const { root, received } = await service();
    expect(root.kind).toBe('aws-kms');
    const wrapped = await root.wrap(material, context);
    expect(await root.unwrap(wrapped, context)).toEqual(material);
    expect(received.map(({ headers }) => headers['x-amz-target'])).toEqual([
      'TrentService.Encrypt',
      'TrentService.Decrypt',
    ]);
    expect(JSON.parse(received[1]?.body ?? '')).toEqual({
      KeyId: 'alias/shop',
      CiphertextBlob: wrapped.toString('base64'),
      EncryptionContext: { safekeep: context.toString('base64url') },
    });
  });

  it('holds a key ring', async () => {
    const { root } = await service();
    const path = join(await temporaryFolder(), 'keys.json');
    const ring = await openKeyRing({ root, path, create: true });
    expect((await openKeyRing({ root, path })).list()).toEqual(ring.list());
  });

  it('refuses another context, a flipped bit, another key and a disabled one, and says which', async () => {
    const { root, state, settings } = await service();
    const wrapped = await root.wrap(material, context);
    const said = (name: string) => ({ code: 'ERR_ROOT_KEY', facts: { status: 400, said: name } });
    await expect(root.unwrap(wrapped, Buffer.from('elsewhere'))).rejects.toMatchObject(
      said('InvalidCiphertextException'),
    );
    wrapped[20]! ^= 1;
    await expect(root.unwrap(wrapped, context)).rejects.toMatchObject(said('InvalidCiphertextException'));
    const other = awsKmsRootKey({ ...settings, key: 'alias/other' });
    await expect(other.wrap(material, context)).rejects.toMatchObject(said('NotFoundException'));
    state.enabled = false;
    await expect(root.wrap(material, context)).rejects.toMatchObject(said('DisabledException'));
  });

  it('says that credentials are refused, and shows neither them nor the service’s words', async () => {
    const { settings, state, root } = await service();
    const { secretAccessKey: _, ...rest } = state.credentials;
    const wrong = awsKmsRootKey({ ...settings, credentials: { ...rest, secretAccessKey: 'anotherSecret' } });
    const error: unknown = await wrong.wrap(material, context).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ERR_ROOT_KEY_REFUSED', facts: { said: 'InvalidSignatureException' } });
    expect(inspect(error, { depth: 9 })).not.toMatch(/[sS]ecret(Of|')|session-1|ada@/);
    state.expiresAtMs = 0;
    await expect(root.wrap(material, context)).rejects.toMatchObject({ facts: { said: 'ExpiredTokenException' } });
  });

  it('repeats no name that it does not know', async () => {
    const { root, faults } = await service();
    faults.push(type('ada@example.com'));
    await expect(root.wrap(material, context)).rejects.toMatchObject({
      code: 'ERR_ROOT_KEY',
      facts: { status: 400, said: undefined },
    });
  });

  it('asks its function for fresh credentials when they expired, once', async () => {
    let asked = 0;
    const fresh = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secretOfTheExample', sessionToken: 'session-2' };
    const { root, state } = await service({
      credentials: () => {
        asked += 1;
        return asked === 1 ? { ...fresh, sessionToken: 'session-1' } : fresh;
      },
    });
    state.credentials = fresh;
    expect(await root.unwrap(await root.wrap(material, context), context)).toEqual(material);
    expect(asked).toBe(3);
    state.expiresAtMs = 0;
    await expect(root.wrap(material, context)).rejects.toMatchObject({ code: 'ERR_ROOT_KEY_REFUSED' });
    expect(asked).toBe(5);
  });

  it('refuses credentials that its function does not have', async () => {
    const { root, received } = await service({ credentials: () => undefined as unknown as AwsCredentials });
    await expect(root.wrap(material, context)).rejects.toMatchObject({ code: 'ERR_ROOT_KEY_REFUSED' });
    expect(received).toEqual([]);
  });

  const passing: [string, Fault[]][] = [
    [
      'throttling, which comes with status 400',
      [type('ThrottlingException'), type('com.amazonaws.kms#ThrottlingException')],
    ],
    ['an error of the service', [type('KMSInternalException', 500), type('DependencyTimeoutException', 503)]],
    ['a torn connection', ['torn']],
  ];
  it.each(passing)('tries again after %s', async (_what, troubles) => {
    const { root, faults, received } = await service();
    faults.push(...troubles);
    expect(await root.unwrap(await root.wrap(material, context), context)).toEqual(material);
    expect(received).toHaveLength(troubles.length + 2);
  });

  it('gives up after its tries, and signs each with its own time', async () => {
    const { root, faults, received } = await service({ tries: 3 });
    const later = type('ThrottlingException');
    faults.push(later, later, later);
    await expect(root.wrap(material, context)).rejects.toMatchObject({
      code: 'ERR_ROOT_KEY_UNAVAILABLE',
      facts: { root: 'aws-kms', tried: 3, status: 400 },
    });
    expect(received).toHaveLength(3);
  });

  it('is late by less than the service allows', async () => {
    const { root, clock, settings } = await service();
    const behind = awsKmsRootKey({ ...settings, clock: { ...clock, nowMs: () => clock.nowMs() - 301_000 } });
    await expect(behind.wrap(material, context)).rejects.toMatchObject({
      facts: { said: 'InvalidSignatureException' },
    });
    expect(await root.wrap(material, context)).toBeInstanceOf(Buffer);
  });

  it.each([
    ['region', { region: 'Frankfurt' }],
    ['region', { region: 'evil.example/' }],
    ['key', { key: 'a key' }],
    ['address', { address: 'https://kms.shop.example/x' }],
    ['credentials', { credentials: {} }],
    ['credentials', { credentials: null }],
    ['credentials', { credentials: { accessKeyId: 'A\r\n', secretAccessKey: 'b' } }],
  ])('refuses a wrong %s: %j', (option, wrong) => {
    const settings = { key: 'alias/shop', region, credentials: { accessKeyId: 'A', secretAccessKey: 'b' }, ...wrong };
    expect(() => awsKmsRootKey(settings as AwsKmsRootKeyOptions)).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_INVALID', facts: expect.objectContaining({ option }) as object }),
    );
  });

  it('speaks plaintext to no other machine', () => {
    const settings = { key: 'alias/shop', region, credentials: { accessKeyId: 'A', secretAccessKey: 'b' } };
    expect(() => awsKmsRootKey({ ...settings, address: 'http://kms.shop.example' })).toThrow(
      expect.objectContaining({ code: 'ERR_ROOT_KEY_PLAINTEXT' }),
    );
    expect(awsKmsRootKey(settings).kind).toBe('aws-kms');
  });
});
