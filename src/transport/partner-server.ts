import type { RequestListener } from 'node:http';
import type { PartnerRegister } from '../certificates/index.js';
import { type TlsServer, tlsServer } from './tls-server.js';
import type { TlsServerOptions } from './tls-server-options.js';

/**
 * A listener of its own for partners' programs: it ends TLS itself and asks every client for a certificate from a
 * partner's authority; a client without one gets no HTTP. As `createTlsServer` in all else. It follows the register
 * too, so that a new partner needs no restart. `partnerOnly` behind it says who may do what.
 *
 * Node cannot ask for a certificate by the name of the host (SNI), hence the port of its own. ASVS 5.0 V12.1.3.
 * @throws SafekeepError as `createTlsServer`; ERR_PARTNER_REGISTER
 * @example
 * const partners = createPartnerServer(app, { key: 'tls.key', cert: 'tls.crt', port: 9444, register });
 * await partners.listen();
 */
export function createPartnerServer(
  app: RequestListener,
  options: Omit<TlsServerOptions, 'hosts'> & { readonly register: PartnerRegister },
): TlsServer {
  const { register, ...rest } = options;
  return tlsServer(app, rest, () => register.authorities());
}
