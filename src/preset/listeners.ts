import type { Application } from 'express';
import type { Clock } from '../base/clock.js';
import type { Log } from '../base/ports/log.js';
import type { AcmeChallenges } from '../certificates/index.js';
import {
  createPlaintextServer,
  createTlsServer,
  type HstsStage,
  type Listening,
  type PlaintextOptions,
} from '../transport/index.js';

export interface ListenOptions {
  readonly port: number;
  /** Default 127.0.0.1: a server is reachable from outside only when it is told so. */
  readonly host?: string | undefined;
  /** Paths of the PEM files. */
  readonly key: string;
  readonly cert: string;
  /** Whether this port answers plaintext too, as `listenPlaintext` does on one of its own. Default false. */
  readonly plaintext?: boolean | undefined;
}

export interface ListenPlaintextOptions {
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string | undefined;
  /** Of `createAcmeCertificates`, where certificates come from an ACME authority. Default none. */
  readonly challenges?: AcmeChallenges | undefined;
}

export interface Listeners {
  listen(app: Application, options: ListenOptions): Promise<Listening>;
  listenPlaintext(options: ListenPlaintextOptions): Promise<Listening>;
  close(): Promise<void>;
}

/** The servers of one preset, which end together; what befalls a certificate is logged. */
export function listeners(
  log: Log,
  plaintext: PlaintextOptions,
  tls: { readonly clock: Clock; readonly hsts?: HstsStage },
): Listeners {
  const servers: { close(): Promise<void> }[] = [];
  return {
    async listen(app: Application, { plaintext: both = false, ...where }: ListenOptions) {
      const { origin } = plaintext;
      const server = createTlsServer(app, { ...where, origin, plaintext: both ? plaintext : undefined, ...tls });
      servers.push(server);
      const listening = await server.listen();
      server.follow({
        onReload: ({ expiresAtMs }) => log.info({ expiresAtMs }, 'a renewed certificate is served'),
        onRefused: (error) => log.error({ err: error }, 'a certificate was refused; the present one is served on'),
        onExpiring: ({ level, expiresAtMs }) => log.warn({ level, expiresAtMs }, 'the certificate nears its end'),
      });
      return listening;
    },
    async listenPlaintext({ port, host, challenges }: ListenPlaintextOptions) {
      const server = createPlaintextServer({ ...plaintext, port, host, challenges });
      servers.push(server);
      return server.listen();
    },
    async close() {
      await Promise.all(servers.splice(0).map((server) => server.close()));
    },
  };
}
