import type { Server } from 'node:net';
import { SafekeepError } from '../base/errors.js';
import { nameOf } from '../base/names.js';

export interface Listening {
  /** The port that was taken; of use when 0 was asked for. */
  readonly port: number;
  readonly host: string;
}

/**
 * Listens, or says in clear words why not.
 * @throws SafekeepError ERR_PORT_IN_USE, ERR_PORT_REFUSED, ERR_LISTEN
 */
export function listenOn(server: Server, port: number, host: string): Promise<Listening> {
  return new Promise((resolve, reject) => {
    function refused(error: NodeJS.ErrnoException): void {
      server.off('listening', listening);
      if (error.code === 'EADDRINUSE') reject(new SafekeepError('ERR_PORT_IN_USE', { port, host: nameOf(host) }));
      else if (error.code === 'EACCES') reject(new SafekeepError('ERR_PORT_REFUSED', { port, host: nameOf(host) }));
      else reject(new SafekeepError('ERR_LISTEN', { port, host: nameOf(host), reason: nameOf(String(error.code)) }));
    }
    function listening(): void {
      server.off('error', refused);
      const address = server.address();
      resolve({ port: typeof address === 'object' && address !== null ? address.port : port, host });
    }
    server.once('error', refused);
    server.once('listening', listening);
    server.listen(port, host);
  });
}
