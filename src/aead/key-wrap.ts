import { pae, utf8 } from '../base/bytes.js';
import { committedOverheadBytes, createBodyKey } from './body-key.js';
import { createNonces } from './nonces.js';

/**
 * Wraps key material under a root key with suite 01. AES-KWP would be shorter, but it has no associated data: the
 * context (which ring, which key) has to be bound, and the commitment tells a wrong root key from damaged bytes.
 */
export function wrapKey(root: Uint8Array, material: Uint8Array, context: Uint8Array): Buffer {
  const key = createBodyKey(root, { nonces: createNonces(), committed: true });
  const wrapped = Buffer.alloc(material.length + committedOverheadBytes);
  key.sealInto(wrapped, 0, material, wrapAad(context));
  key.close();
  return wrapped;
}

/** The material, or null when the root key, the context or the bytes are not those it was wrapped with. */
export function unwrapKey(root: Uint8Array, wrapped: Uint8Array, context: Uint8Array): Buffer | null {
  const key = createBodyKey(root, { nonces: createNonces(), committed: true });
  const material = key.open(Buffer.from(wrapped), 0, wrapAad(context));
  key.close();
  return typeof material === 'string' ? null : material;
}

function wrapAad(context: Uint8Array): Buffer {
  return pae([utf8('sf1/wrap'), context]);
}
