import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Makes a server's stop: it takes no new connection, lets requests in progress finish, closes each connection with
 * its last answer, and after the grace destroys what is left, such as a client that never says anything.
 */
export function drainer(server: Server, graceMs: number): () => Promise<void> {
  const sockets = new Set<Socket>();
  let draining: Promise<void> | undefined;
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.prependListener('request', (_req, res) => {
    res.once('close', () => {
      // The connection becomes idle only after this event.
      if (draining !== undefined) setImmediate(() => server.closeIdleConnections());
    });
    if (draining !== undefined && !res.headersSent) res.setHeader('Connection', 'close');
  });
  return function close() {
    draining ??= new Promise((resolve) => {
      const timer = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, graceMs).unref();
      server.close(() => {
        clearTimeout(timer);
        resolve();
      });
      server.closeIdleConnections();
    });
    return draining;
  };
}
