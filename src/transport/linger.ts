import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

const lingerMs = 1000;

/**
 * Ends our side of a connection at once and the whole of it when the client ends its own, or after a second. Closing
 * at once while the client still sends makes its system throw the answer away (TCP reset): RFC 9112 section 9.6.
 */
export function endLingering(socket: Duplex, bytes: string): void {
  socket.end(bytes);
  const timer = setTimeout(() => socket.destroy(), lingerMs).unref();
  socket.once('close', () => clearTimeout(timer));
}

const closing: unique symbol = Symbol('safekeep.closing');
type MayBeClosing = { [closing]?: true };

/** Ends the connection after this answer; what the client still sends is dropped unseen. */
export function closeAfter(req: IncomingMessage, res: ServerResponse): void {
  res.setHeader('Connection', 'close');
  const { socket } = req;
  (socket as MayBeClosing)[closing] = true;
  // node:http calls this when the last answer has been handed over.
  socket.destroySoon = () => endLingering(socket, '');
}

/** True for a request that was sent behind one whose answer ends the connection: nobody would learn what became of it. */
export function isTooLate(req: IncomingMessage): boolean {
  return (req.socket as MayBeClosing)[closing] === true;
}
