import type { Server as PlaintextServer } from 'node:http';
import type { Server } from 'node:https';
import type { Socket } from 'node:net';

/** A TLS record of the type handshake, which is how every client of TLS 1.2 and 1.3 begins. RFC 8446 section 5.1. */
const handshake = 0x16;

/**
 * Lets one port serve both: what begins as TLS goes to the TLS server, everything else to the one that refuses
 * plaintext, and neither sees the other's. A connection that says nothing, or closes its side before it did, is ended.
 * @param firstByteMs how long a client may take to say anything
 */
export function demux(tls: Server, plaintext: PlaintextServer, firstByteMs: number): void {
  // Documented by node:tls: a connection is given to the server by this event, before anything is read from it.
  const takeTls = tls.listeners('connection');
  tls.removeAllListeners('connection');
  tls.on('connection', (socket: Socket) => {
    const end = (): void => void socket.destroy();
    const timer = setTimeout(end, firstByteMs).unref();
    const forget = (): void => clearTimeout(timer);
    socket.once('close', forget).once('error', end);
    socket.once('data', (first: Buffer) => {
      forget();
      socket.pause().off('close', forget).off('error', end);
      socket.unshift(first);
      // The TLS server reads by itself what was put back; a server of node:http waits to be given it.
      if (first[0] === handshake) {
        for (const take of takeTls) Reflect.apply(take, tls, [socket]);
      } else {
        plaintext.emit('connection', socket);
        socket.resume();
      }
    });
  });
  plaintext.headersTimeout = Math.min(plaintext.headersTimeout, firstByteMs);
  plaintext.requestTimeout = Math.min(plaintext.requestTimeout, firstByteMs);
  // A server looks for overdue requests from when it listens; this one never will.
  plaintext.emit('listening');
}
