import { expect, it, vi } from 'vitest';
import { testShop } from './shop.js';

vi.mock('../../src/passwords/legacy/bcrypt.js', async (original) => {
  const { bcryptScheme } = await original<typeof import('../../src/passwords/legacy/bcrypt.js')>();
  const missing = () => Promise.reject(Object.assign(new Error('not found'), { code: 'ERR_MODULE_NOT_FOUND' }));
  return { bcryptScheme: (most: number) => bcryptScheme(most, missing) };
});

it('stops the start, and not a sign-in, when the package of a declared scheme is not installed', async () => {
  await expect(testShop({ hashing: { legacy: ['bcrypt'] } })).rejects.toMatchObject({
    code: 'ERR_PEER_MISSING',
    facts: { install: '@node-rs/bcrypt' },
  });
});
