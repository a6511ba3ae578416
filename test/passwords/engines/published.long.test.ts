import { describe, expect, it } from 'vitest';
import { argon2Engine } from '../../../src/passwords/engines/argon2-engine.js';
import { cryptoArgon2, cryptoEngine } from '../../../src/passwords/engines/crypto-engine.js';
import { nodeRsEngine } from '../../../src/passwords/engines/node-rs-engine.js';
import { published, tagsOf } from './published.js';

describe('every published tag, the dear ones too', () => {
  it.each([
    ['argon2', argon2Engine],
    ['@node-rs/argon2', nodeRsEngine],
  ])('comes from %s', async (_name, make) => {
    expect(await tagsOf(make(), published)).toEqual(published.map(([, , , , tag]) => tag));
  });

  it.skipIf(cryptoArgon2() === undefined)('comes from crypto.argon2 (needs Node 24)', async () => {
    expect(await tagsOf(cryptoEngine(), published)).toEqual(published.map(([, , , , tag]) => tag));
  });
});
