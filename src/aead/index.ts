export {
  type BodyKey,
  type BodyKeyOptions,
  committedOverheadBytes,
  createBodyKey,
  plainOverheadBytes,
} from './body-key.js';
export {
  type ChunkedMessage,
  chunkBytes,
  createChunkedMessage,
  saltBytes,
  sealedChunkBytes,
  streamCommitmentBytes,
} from './cobblestone.js';
export { deriveKey } from './derive-key.js';
export {
  openForeignCbc,
  openForeignCtr,
  openForeignGcm,
  openForeignXChaCha20,
  openForeignXChaCha20Poly1305,
} from './foreign-ciphers.js';
export { unwrapKey, wrapKey } from './key-wrap.js';
export { createNonces, type Nonces } from './nonces.js';
