import { isSafekeepError, SafekeepError } from './errors.js';
import { nameOf } from './names.js';

/**
 * Loads an optional package where it is used.
 * @throws SafekeepError ERR_PEER_MISSING with the package to install; ERR_NATIVE_MODULE when it is there but broken.
 */
export async function loadPeer<T>(install: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (isSafekeepError(error)) throw error;
    const code = (error as { code?: unknown } | null | undefined)?.code;
    const missing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
    throw new SafekeepError(missing ? 'ERR_PEER_MISSING' : 'ERR_NATIVE_MODULE', { install: nameOf(install) });
  }
}
