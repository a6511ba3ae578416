import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EngineName, PasswordEngine, TagRequest } from '../../../src/passwords/engine.js';
import { argon2Engine } from '../../../src/passwords/engines/argon2-engine.js';
import { cryptoArgon2, cryptoEngine } from '../../../src/passwords/engines/crypto-engine.js';
import { nodeRsEngine } from '../../../src/passwords/engines/node-rs-engine.js';
import { published, tagsOf } from './published.js';

const hasCrypto = cryptoArgon2() !== undefined;
const engines: readonly (readonly [EngineName | 'crypto.argon2 (needs Node 24)', boolean, () => PasswordEngine])[] = [
  ['argon2', true, argon2Engine],
  ['@node-rs/argon2', true, nodeRsEngine],
  ['crypto.argon2 (needs Node 24)', hasCrypto, cryptoEngine],
];

describe.each(engines)('the engine %s', (_name, isHere, make) => {
  it.skipIf(!isHere)('gives every published tag', async () => {
    // The dear ones are in the long suite.
    const cheap = published.filter(([, memoryKiB, passes]) => memoryKiB * passes <= 65536);
    expect(cheap.length).toBeGreaterThan(6);
    expect(await tagsOf(make(), cheap)).toEqual(cheap.map(([, , , , tag]) => tag));
  });

  it.skipIf(!isHere)(
    'agrees with another within all the bounds of a stored hash, the empty password included',
    async () => {
      const [engine, reference] = [make(), make === argon2Engine ? nodeRsEngine() : argon2Engine()];
      const anyRequest: fc.Arbitrary<TagRequest> = fc
        .record({
          variant: fc.constantFrom('argon2id' as const, 'argon2i' as const, 'argon2d' as const),
          lanes: fc.integer({ min: 1, max: 8 }),
          over: fc.integer({ min: 0, max: 200 }),
          passes: fc.integer({ min: 1, max: 4 }),
          password: fc.uint8Array({ maxLength: 1024 }),
          salt: fc.uint8Array({ minLength: 8, maxLength: 64 }),
          tagBytes: fc.integer({ min: 16, max: 64 }),
        })
        .map(({ over, ...rest }) => ({ ...rest, memoryKiB: 8 * rest.lanes + over }));
      await fc.assert(
        fc.asyncProperty(anyRequest, async (request) => {
          const tags = [await engine.tag(request), await reference.tag(request)];
          expect(Buffer.from(tags[0] as Uint8Array).toString('hex')).toBe(
            Buffer.from(tags[1] as Uint8Array).toString('hex'),
          );
        }),
        {
          numRuns: 20,
          examples: [
            [
              {
                variant: 'argon2id',
                memoryKiB: 8,
                passes: 1,
                lanes: 1,
                password: new Uint8Array(),
                salt: new Uint8Array(8),
                tagBytes: 16,
              },
            ],
          ],
        },
      );
    },
  );
});

// RFC 9106 sections 5.1 to 5.3: password 32 times 01, salt 16 times 02, secret 8 times 03, data 12 times 04. The third
// package takes no associated data: what it stands on is the list above and the agreement with the other two.
describe.each([
  [0, 'argon2d', '512b391b6f1162975371d30919734294f868e3be3984f3c1a13a4db9fabe4acb'],
  [1, 'argon2i', 'c814d9d1dc7f37aa13f0d77f2494bda1c8de6b016dd388d29952a4c4672b6ce8'],
  [2, 'argon2id', '0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659'],
] as const)('the tag of RFC 9106 (type %i, %s)', (type, variant, expected) => {
  const [password, salt, secret, data] = [
    Buffer.alloc(32, 1),
    Buffer.alloc(16, 2),
    Buffer.alloc(8, 3),
    Buffer.alloc(12, 4),
  ];

  it('comes from the package argon2', async () => {
    const { hash } = await import('argon2');
    const cost = { memoryCost: 32, timeCost: 3, parallelism: 4, hashLength: 32 };
    const tag = await hash(password, { raw: true, type, version: 0x13, ...cost, salt, secret, associatedData: data });
    expect(tag.toString('hex')).toBe(expected);
  });

  it.skipIf(!hasCrypto)('comes from crypto.argon2 (needs Node 24)', async () => {
    const cost = { memory: 32, passes: 3, parallelism: 4, tagLength: 32 };
    const parameters = { message: password, nonce: salt, secret, associatedData: data, ...cost };
    const tag = await new Promise<Buffer>((resolve, reject) =>
      cryptoArgon2()?.(variant, parameters, (error, made) => (error ? reject(error) : resolve(made))),
    );
    expect(tag.toString('hex')).toBe(expected);
  });
});
