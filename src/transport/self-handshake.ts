import { isIP } from 'node:net';
import { duplexPair } from 'node:stream';
import { connect, createSecureContext, type SecureContextOptions, type SecureVersion, TLSSocket } from 'node:tls';
import { SafekeepError } from '../base/errors.js';
import { nameOf } from '../base/names.js';

const timeLimitMs = 5000;

/**
 * Shakes hands with what is about to be served, in memory, in TLS 1.3 and in 1.2: Node takes pairs without a word that
 * no client can use. It does NOT ask whether clients trust the issuer.
 * @param fingerprint of the certificate that must come back
 * @throws SafekeepError ERR_TLS_HANDSHAKE with OpenSSL's code
 */
export async function selfHandshake(served: SecureContextOptions, host: string, fingerprint: string): Promise<void> {
  for (const version of ['TLSv1.3', 'TLSv1.2'] as const) {
    const shown = await shake(served, host, version).catch((error: NodeJS.ErrnoException) => {
      throw new SafekeepError('ERR_TLS_HANDSHAKE', {
        version: nameOf(version),
        reason: nameOf(String(error.code ?? 'unknown')),
      });
    });
    if (shown !== fingerprint) {
      throw new SafekeepError('ERR_TLS_HANDSHAKE', {
        version: nameOf(version),
        reason: nameOf('another-certificate'),
      });
    }
  }
}

function shake(served: SecureContextOptions, host: string, version: SecureVersion): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const [near, far] = duplexPair();
    const server = new TLSSocket(far, { isServer: true, secureContext: createSecureContext(served) });
    const client = connect({
      socket: near,
      ...(isIP(host) === 0 ? { servername: host } : {}),
      minVersion: version,
      maxVersion: version,
      // What is asked is whether the server can serve it; a private CA is nobody's business here.
      rejectUnauthorized: false,
    });
    const timer = setTimeout(() => end(new Error('time')), timeLimitMs);
    function end(error: Error | undefined): void {
      clearTimeout(timer);
      const shown = error === undefined ? client.getPeerX509Certificate()?.fingerprint256 : undefined;
      client.destroy();
      server.destroy();
      if (error === undefined) resolve(shown);
      else reject(error);
    }
    client.once('secureConnect', () => end(undefined));
    client.once('error', end);
    server.once('error', end);
    client.on('error', () => {});
    server.on('error', () => {});
  });
}
