import { loadPeer } from '../../base/peer.js';
import type { PasswordEngine, TagRequest } from '../engine.js';
import { assertKnown } from './known-answers.js';

export type ComputeTag = (request: TagRequest) => Promise<Uint8Array>;

/**
 * An engine over a package that is loaded at the first hash, and then asked for published tags before it is believed:
 * an engine that hashes wrongly writes passwords nobody can check again.
 * @throws SafekeepError from `tag`: ERR_PEER_MISSING, ERR_NATIVE_MODULE when it does not load, ERR_PASSWORD_ENGINE when
 *   it hashes wrongly
 */
export function lazyEngine(install: string, load: () => Promise<ComputeTag>): PasswordEngine {
  let ready: Promise<ComputeTag> | undefined;
  async function checked(): Promise<ComputeTag> {
    const compute = await loadPeer(install, load);
    await assertKnown({ tag: compute }, install);
    return compute;
  }
  return Object.freeze({
    async tag(request: TagRequest) {
      ready ??= checked();
      return await (await ready)(request);
    },
  });
}
