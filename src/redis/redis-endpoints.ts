import { isIP } from 'node:net';
import { type ErrorCode, SafekeepError } from '../base/errors.js';
import { say } from '../base/names.js';
import type { RedisClient } from './redis-client.js';

/** Where a client connects, as far as it can be told from outside. */
interface Endpoint {
  readonly host?: unknown;
  readonly path?: unknown;
  readonly tls?: unknown;
  readonly url?: unknown;
  readonly rejectUnauthorized?: unknown;
}

/**
 * Counters decide who may guess, and sessions who is signed in: beyond this machine they travel in verified TLS, or not
 * at all. @throws SafekeepError with the code `refusal`
 */
export function refusePlaintextRedis(client: RedisClient, refusal: ErrorCode): void {
  const endpoints = endpointsOf(client);
  const isSafe = endpoints.length > 0 && endpoints.every((endpoint) => isVerifiedTls(endpoint) || isHere(endpoint));
  if (isSafe) return;
  throw new SafekeepError(refusal, {
    expected: say`a client that connects by TLS with a verified certificate, to loopback, or to a unix socket`,
  });
}

function endpointsOf(client: RedisClient): readonly Endpoint[] {
  const known = client as {
    readonly options?: unknown;
    readonly _options?: unknown;
    readonly startupNodes?: unknown;
    readonly masters?: unknown;
    readonly nodes?: unknown;
    readonly isCluster?: unknown;
  };
  if (known.isCluster === true) return ioCluster(known);
  if (Array.isArray(known.masters)) return nodeCluster(known);
  const options = record(known.options);
  // ioredis behind Sentinel asks the sentinels who the server is: only TLS says anything about that connection.
  if (options['sentinels'] !== undefined && options['sentinels'] !== null) return [{ tls: options['tls'] }];
  // That of node-redis keeps its options to itself: nothing can be told of it.
  if ('getMasterNode' in client) return [];
  if ('evalSha' in client) return [nodeEndpoint(options, undefined)];
  return [{ host: options['host'], path: options['path'], tls: options['tls'] }];
}

/** Those it was told of and those it has found since: a cluster says itself where its nodes are. */
function ioCluster(client: { readonly options?: unknown; readonly startupNodes?: unknown; readonly nodes?: unknown }) {
  const shared = record(record(client.options)['redisOptions']);
  const given = Array.isArray(client.startupNodes) ? (client.startupNodes as unknown[]) : [];
  const first = given.map((node): Endpoint => {
    if (typeof node === 'number') return { host: '127.0.0.1', tls: shared['tls'] };
    if (typeof node === 'string') return { url: node, tls: shared['tls'] };
    return { ...shared, ...record(node) };
  });
  const list = typeof client.nodes === 'function' ? (client.nodes as () => unknown).call(client) : [];
  const found = (Array.isArray(list) ? list : []).map((node): Endpoint => record(record(node)['options']));
  return [...first, ...found];
}

function nodeCluster(client: { readonly _options?: unknown; readonly masters?: unknown }): readonly Endpoint[] {
  const options = record(client._options);
  const defaults = record(record(options['defaults'])['socket']);
  const roots = Array.isArray(options['rootNodes']) ? (options['rootNodes'] as unknown[]) : [];
  const masters = client.masters as readonly { readonly host?: unknown }[];
  return [
    ...roots.map((node) => nodeEndpoint(record(node), defaults)),
    ...masters.map(({ host }): Endpoint => ({ ...defaults, host })),
  ];
}

function nodeEndpoint(options: Readonly<Record<string, unknown>>, defaults: object | undefined): Endpoint {
  const socket = { ...defaults, ...record(options['socket']) } as Endpoint;
  // Without a word node-redis connects to localhost.
  if (socket.host !== undefined || socket.path !== undefined) return socket;
  return { ...socket, url: options['url'] ?? 'redis://localhost' };
}

/** Both libraries take what `tls.connect` takes, beside `tls` or in it. */
function isVerifiedTls({ tls, url, rejectUnauthorized }: Endpoint): boolean {
  const isOn = tls === true || (typeof tls === 'object' && tls !== null);
  const byUrl = typeof url === 'string' && url.startsWith('rediss:');
  return (isOn || byUrl) && rejectUnauthorized !== false && record(tls)['rejectUnauthorized'] !== false;
}

function isHere({ host, path, url }: Endpoint): boolean {
  if (typeof path === 'string' && path.startsWith('/')) return true;
  const name = typeof url === 'string' && URL.canParse(url) ? new URL(url).hostname : host;
  if (typeof name !== 'string') return false;
  const bare = name.replace(/^\[|\]$/g, '').toLowerCase();
  if (bare === 'localhost' || bare === '::1') return true;
  return isIP(bare) === 4 && bare.startsWith('127.');
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
