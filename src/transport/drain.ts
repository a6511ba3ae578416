import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Makes a server's stop: it takes no new connection, lets requests in progress finish, closes each connection with
 * its last answer, and after the grace destroys what is left, such as a client that never says anything.
 */
export function drainer(server: Server, graceMs: number): () => Promise<void> {
  const sockets = new Set<Socket>();
  const inProgress = new Set<ServerResponse>();
  let draining: Promise<void> | undefined;
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.prependListener('request', (_req, res) => {
    inProgress.add(res);
    if (draining !== undefined) sayLast(res);
    res.once('close', () => {
      inProgress.delete(res);
      // For an answer whose headers were out already; the connection becomes idle only after this event.
      if (draining !== undefined) setImmediate(() => server.closeIdleConnections());
    });
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
      for (const res of inProgress) sayLast(res);
    });
    return draining;
  };
}

/** The client learns that no further request will be answered here, and does not lose one to a closed connection. */
function sayLast(res: ServerResponse): void {
  if (!res.headersSent) res.setHeader('Connection', 'close');
}
