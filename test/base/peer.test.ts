import { describe, expect, it } from 'vitest';
import { loadPeer } from '../../src/base/peer.js';

describe('loadPeer', () => {
  it('returns the package', async () => {
    expect(await loadPeer('node:os', () => import('node:os'))).toHaveProperty('cpus');
  });

  it('names the package to install when it is not there', async () => {
    const absent = '@example/absent';
    await expect(loadPeer(absent, () => import(absent))).rejects.toMatchObject({
      code: 'ERR_PEER_MISSING',
      facts: { install: '@example/absent' },
    });
  });

  it.each([new Error('/srv/app/x.node: invalid ELF header'), undefined, 'text'])(
    'says that the package is there but broken, and repeats nothing of %s',
    async (thrown) => {
      const failure = loadPeer('argon2', () => Promise.reject(thrown));
      await expect(failure).rejects.toMatchObject({
        code: 'ERR_NATIVE_MODULE',
        message: 'ERR_NATIVE_MODULE: A native module does not load on this machine (install: argon2).',
      });
    },
  );
});
