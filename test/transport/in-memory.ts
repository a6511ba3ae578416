import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { type Duplex, duplexPair } from 'node:stream';
import { type Answer, exchange } from './loopback.js';

/** A connection to a server of `node:http` without a network: its own parser, its own sockets' rules, any peer. */
export function connection(server: Server, remoteAddress = '127.0.0.1', encrypted = false): Duplex {
  const [near, far] = duplexPair();
  Object.assign(far, { remoteAddress, encrypted });
  server.emit('connection', far);
  return near;
}

export function inMemory(
  server: Server,
  bytes: string | readonly string[],
  remoteAddress?: string,
  encrypted?: boolean,
): Promise<Answer> {
  return exchange(connection(server, remoteAddress, encrypted) as Socket, bytes);
}
