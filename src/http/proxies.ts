import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { SafekeepError } from '../base/errors.js';
import { type Statement, say } from '../base/names.js';
import { anyRule, functionRule, oneOfRule, optional, readOptions, withDefault } from '../base/options.js';
import { canonicalAddress } from './addresses.js';
import { nodeAddress, parseForwarded } from './forwarded.js';

export interface ProxiesOptions {
  /**
   * Addresses or networks (CIDR) of your own proxies, e.g. `['10.0.4.7', '2001:db8:5::/64']`. Default none: no
   * forwarded header is believed. `true` and hop counts are refused: with either, any client that reaches the server
   * directly claims TLS, and any address, with one header.
   */
  readonly trusted?: readonly string[] | undefined;
  /**
   * The one family of headers the proxies write; the other is ignored. They must overwrite or append, never pass on
   * what a client sent. Default `x-forwarded`.
   */
  readonly header?: 'x-forwarded' | 'forwarded' | undefined;
  /**
   * Told when a request came in plaintext from a peer that is not listed and says that its client came over TLS: a proxy
   * of yours that is missing in `trusted`, which sends browsers round in circles, or somebody who tries. Once for each
   * peer, of the first 16. What it throws is dropped.
   */
  readonly onUnlisted?: ((peer: UnlistedPeer) => void) | undefined;
}

/** Who wrote a header that decided nothing. */
export interface UnlistedPeer {
  readonly address: string;
}

/** Who sent a request and how it travelled: the one answer that TLS checks, limits and logs share. */
export interface Proxies {
  /** Whether the client's own leg was TLS: the socket, or a listed proxy's unambiguous word about it. */
  arrivedOverTls(req: IncomingMessage): boolean;
  /** The rightmost address that is no listed proxy, in one spelling. `0.0.0.0` where a socket has none. */
  clientAddress(req: IncomingMessage): string;
  /** Requests so far with forwarded headers that decided nothing: from an unlisted peer, or of the other family. */
  ignoredForwarded(): number;
}

interface Origin {
  readonly secure: boolean;
  readonly address: string;
}
type Walk = Origin | null;

const shape = {
  trusted: withDefault(anyRule<readonly string[]>(), []),
  header: withDefault(oneOfRule('x-forwarded', 'forwarded'), 'x-forwarded'),
  onUnlisted: optional(functionRule<(peer: UnlistedPeer) => void>()),
};
/** An attacker has as many addresses as he likes, and a log has not. */
const mostUnlisted = 16;

/**
 * Makes the one judge of forwarded headers. It does NOT protect from a listed proxy that forwards a client's own
 * headers untouched. ASVS 5.0 V4.1.3.
 * @throws SafekeepError ERR_PROXY_TRUST for `true`, a hop count, a name, or a network so wide that strangers are in it.
 * @example
 * const proxies = createProxies({ trusted: ['10.0.4.0/24'] });
 */
export function createProxies(options: ProxiesOptions = {}): Proxies {
  const { trusted, header, onUnlisted } = readOptions('createProxies', shape, options);
  const listed = listOf(trusted);
  const isListed = (address: string): boolean =>
    trusted.length > 0 && listed.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  const walk = header === 'forwarded' ? walkForwarded : walkXForwarded;
  // On the request and not in a WeakMap, which would cost the collector more than all of this.
  const seen = Symbol('origin');
  let ignored = 0;
  const told = new Set<string>();

  /** RFC 6797 and our own redirects make a loop of it: the proxy's word is not taken, so plaintext it is. */
  function tellOf(address: string, req: IncomingMessage): void {
    if (onUnlisted === undefined || told.has(address) || told.size >= mostUnlisted || !claimsTls(req)) return;
    told.add(address);
    try {
      onUnlisted({ address });
    } catch {
      // A log that is down must not keep a client from its answer.
    }
  }

  function originOf(req: IncomingMessage & { [seen]?: Origin }): Origin {
    const known = req[seen];
    if (known !== undefined) return known;
    const origin = read(req);
    req[seen] = origin;
    return origin;
  }

  function read(req: IncomingMessage): Origin {
    const secure = (req.socket as Partial<TLSSocket>).encrypted === true;
    const address = canonicalAddress(req.socket.remoteAddress ?? '') ?? '0.0.0.0';
    const socket = { secure, address };
    const byX = req.headers['x-forwarded-for'] !== undefined || req.headers['x-forwarded-proto'] !== undefined;
    const byForwarded = req.headers.forwarded !== undefined;
    if (!byX && !byForwarded) return socket;
    const believed = isListed(address);
    if (!believed || (header === 'forwarded' ? byX : byForwarded)) ignored += 1;
    if (!believed && !secure) tellOf(address, req);
    if (!believed || !(header === 'forwarded' ? byForwarded : byX)) return socket;
    // A listed proxy that is not understood has said nothing good: not secure, and the proxy's own address.
    return walk(req, socket, isListed) ?? { secure: false, address };
  }

  return Object.freeze({
    arrivedOverTls: (req: IncomingMessage) => originOf(req).secure,
    clientAddress: (req: IncomingMessage) => originOf(req).address,
    ignoredForwarded: () => ignored,
  });
}

/** By either family: which of them is configured says nothing about a proxy that is not. */
function claimsTls({ headers }: IncomingMessage): boolean {
  const said =
    String(headers['x-forwarded-proto'] ?? '')
      .trim()
      .toLowerCase() === 'https';
  return (
    said ||
    parseForwarded(headers.forwarded ?? '')
      ?.at(-1)
      ?.proto?.toLowerCase() === 'https'
  );
}

/**
 * `X-Forwarded-Proto` has no hops. Two values mean that somebody in front did not overwrite it, and the first may be
 * the client's, so only exactly one `https` counts.
 */
function walkXForwarded(req: IncomingMessage, socket: Origin, isListed: (address: string) => boolean): Walk {
  const proto = req.headers['x-forwarded-proto'];
  const secure = proto === undefined ? socket.secure : String(proto).trim().toLowerCase() === 'https';
  let address = socket.address;
  const nodes = String(req.headers['x-forwarded-for'] ?? '').split(',');
  for (let place = nodes.length - 1; place >= 0 && isListed(address); place -= 1) {
    const next = nodeAddress((nodes[place] ?? '').trim());
    if (next === null) break;
    address = next;
  }
  return { secure, address };
}

/** Each element was written by the hop to its right: reading stops at the first hop that is no listed proxy. */
function walkForwarded(req: IncomingMessage, socket: Origin, isListed: (address: string) => boolean): Walk {
  const elements = parseForwarded(req.headers.forwarded ?? '');
  if (elements === null) return null;
  let { address, secure } = socket;
  for (let place = elements.length - 1; place >= 0 && isListed(address); place -= 1) {
    const element = elements[place];
    secure = element?.proto?.toLowerCase() === 'https';
    const next = nodeAddress(element?.for ?? '');
    if (next === null) break;
    address = next;
  }
  return { secure, address };
}

function listOf(trusted: unknown): BlockList {
  if (!Array.isArray(trusted)) {
    throw new SafekeepError('ERR_PROXY_TRUST', {
      expected: say`a list of addresses or networks`,
      attack: say`with true or a hop count, any client that connects directly claims TLS and any address with one header`,
    });
  }
  const list = new BlockList();
  for (const [place, entry] of trusted.entries()) {
    const refused = addNetwork(list, entry);
    if (refused !== undefined) throw new SafekeepError('ERR_PROXY_TRUST', { place, expected: refused });
  }
  return list;
}

/** Wide enough for 10.0.0.0/8 and fc00::/7; anything wider has strangers in it. */
function addNetwork(list: BlockList, entry: unknown): Statement | undefined {
  const [text = '', prefix, ...rest] = typeof entry === 'string' ? entry.split('/') : [];
  // A zone would be dropped, and the same link-local address of every other interface be trusted with it.
  const address = text.includes('%') ? null : canonicalAddress(text);
  if (address === null || rest.length > 0 || (prefix !== undefined && !/^\d{1,3}$/.test(prefix))) {
    return say`an address or a network such as 10.0.4.0/24`;
  }
  const [family, full, least] = isIP(address) === 4 ? (['ipv4', 32, 8] as const) : (['ipv6', 128, 7] as const);
  const bits = prefix === undefined ? full : Number(prefix);
  if (bits > full) return say`a prefix of at most ${full} bits`;
  if (bits < least) return say`a prefix of ${least} bits or more: strangers are in a wider network`;
  list.addSubnet(address, bits, family);
  return undefined;
}
