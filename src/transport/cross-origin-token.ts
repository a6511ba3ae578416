import { createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { equalBytes, fromBase64Url, pae, utf8 } from '../base/bytes.js';
import type { Random } from '../base/clock.js';
import type { DerivedKeys } from '../base/ports/derived-keys.js';
import { readCookies, soleHeader } from '../http/index.js';

/** Where a page of yours puts the token: a hidden field of a form, or a header that a script sets. */
export const tokenField = 'csrf_token';
export const tokenHeader = 'x-csrf-token';

const nonceBytes = 16;
const macBytes = 32;

/** Tokens bound to a cookie of this request: they open nothing by themselves, and are stored nowhere. */
export interface CrossOriginTokens {
  /** Whether the request brings one of the cookies, so that it could be somebody else's doing in its owner's name. */
  concerns(req: IncomingMessage): boolean;
  /** A new token for a page of this request's owner. null: it brings none of the cookies. */
  make(req: IncomingMessage): string | null;
  /** Whether the request shows a token that was made for the cookie it brings. */
  shown(req: IncomingMessage): boolean;
}

/**
 * Random bytes, and an HMAC over them and the cookie's value under a key of the ring: who cannot read the cookie cannot
 * make one, and a token of another session does not fit. The random part differs each time, so that compressed pages
 * give nothing away by their length.
 */
export function crossOriginTokens(keys: DerivedKeys, cookies: readonly string[], random: Random): CrossOriginTokens {
  /** The first of the named cookies that the request brings. */
  function owner(req: IncomingMessage): Buffer | undefined {
    const brought = readCookies(req);
    const name = cookies.find((each) => brought.has(each));
    return name === undefined ? undefined : pae([utf8(name), utf8(brought.get(name) ?? '')]);
  }
  function mac(nonce: Uint8Array, of: Uint8Array): Buffer {
    const { key } = keys.derive('limits', 'cross-origin');
    return createHmac('sha256', key)
      .update(pae([nonce, of]))
      .digest();
  }
  return {
    concerns: (req) => owner(req) !== undefined,
    make(req) {
      const of = owner(req);
      if (of === undefined) return null;
      const nonce = random.bytes(nonceBytes);
      return Buffer.concat([nonce, mac(nonce, of)]).toString('base64url');
    },
    shown(req) {
      const of = owner(req);
      const bytes = fromBase64Url(tokenOf(req) ?? '');
      if (of === undefined || bytes?.length !== nonceBytes + macBytes) return false;
      return equalBytes(mac(bytes.subarray(0, nonceBytes), of), bytes.subarray(nonceBytes));
    },
  };
}

/** From the header, or from a body that a parser in front has read. Never from the URL, which logs keep. */
function tokenOf(req: IncomingMessage & { readonly body?: unknown }): string | undefined {
  const header = soleHeader(req, tokenHeader);
  if (header !== undefined) return header ?? undefined;
  const { body } = req;
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, tokenField)) return undefined;
  const value = (body as Readonly<Record<string, unknown>>)[tokenField];
  return typeof value === 'string' ? value : undefined;
}
