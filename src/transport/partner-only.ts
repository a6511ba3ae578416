import type { X509Certificate } from 'node:crypto';
import { TLSSocket } from 'node:tls';
import type { Request, RequestHandler } from 'express';
import { type Clock, systemClock } from '../base/clock.js';
import { SafekeepError } from '../base/errors.js';
import { nameOf } from '../base/names.js';
import { objectRule, optional, readOptions, required, textRule, withDefault } from '../base/options.js';
import type { SecurityEvents } from '../base/ports/security-events.js';
import type { PartnerCertificate, PartnerRegister } from '../certificates/index.js';
import type { Recipient, ResolvedPolicy } from '../policy/index.js';
import { closeAfter } from './linger.js';

export interface PartnerOnlyOptions {
  /** From `openPartnerRegister`. */
  readonly register: PartnerRegister;
  /** The policy: its recipients say what each partner may be given, and for what. */
  readonly policy: { readonly resolved: ResolvedPolicy };
  /** The recipient that each partner acts as: `{ line_provider: 'isp_partners' }`. A partner not named here is refused. */
  readonly partners: Readonly<Record<string, string>>;
  /** The purpose that the routes behind it serve; the recipient must have it. */
  readonly purpose: string;
  readonly events?: SecurityEvents | undefined;
  readonly clock?: Clock | undefined;
}

/** Who asks. */
export interface Partner {
  readonly name: string;
  readonly recipient: Recipient;
  readonly purpose: string;
  /** Serial number of the certificate, for the record of what was handed over. */
  readonly serial: string;
}

const shape = {
  register: required(objectRule<PartnerRegister>('find', 'authority')),
  policy: required(objectRule<{ readonly resolved: ResolvedPolicy }>()),
  partners: required(objectRule<Readonly<Record<string, string>>>()),
  purpose: required(textRule({ maxLength: 80 })),
  events: optional(objectRule<SecurityEvents>('record')),
  clock: withDefault(objectRule<Clock>('nowMs'), systemClock),
};
const clientAuth = '1.3.6.1.5.5.7.3.2';
const seat: unique symbol = Symbol('safekeep.partner');
type Carrier = { [seat]?: Partner };

type Refusal = 'no_certificate' | 'unregistered' | 'revoked' | 'expired' | 'authority' | 'recipient';

/**
 * Lets partners' programs through, told by a client certificate of this very TLS connection, and only those that stand
 * in the register as good at this moment: asked anew with each request, so that a revocation counts from the next one
 * on, in open connections and in resumed sessions, for which Node says `authorized` without looking again. The
 * certificate must come from the authority pinned for its partner. Mount it on a listener that ends TLS itself
 * (`createPartnerServer`); what a proxy says in a header about a certificate is not read.
 *
 * It does NOT choose what a partner is given: `receivableColumns` does. ASVS 5.0 V12.1.3.
 * @throws SafekeepError ERR_OPTION_*, ERR_PARTNER_POLICY at set-up; passes on ERR_PARTNER_REFUSED, ERR_PARTNER_REGISTER
 * @example
 * app.use('/provisioning', partnerOnly({ register, policy, partners: { line_provider: 'isp_partners' }, purpose: 'provisioning' }));
 */
export function partnerOnly(options: PartnerOnlyOptions): RequestHandler {
  const o = readOptions('partnerOnly', shape, options);
  const { register, purpose, events, clock } = o;
  const recipients = new Map<string, Recipient>();
  for (const [partner, name] of Object.entries(o.partners)) {
    const recipient = o.policy.resolved.recipients.get(name);
    if (recipient === undefined || !recipient.purposes.includes(purpose)) {
      throw new SafekeepError('ERR_PARTNER_POLICY', { recipient: nameOf(name), purpose: nameOf(purpose) });
    }
    recipients.set(partner, recipient);
  }

  function judge(
    certificate: X509Certificate | undefined,
  ): Refusal | { entry: PartnerCertificate; recipient: Recipient } {
    if (certificate === undefined) return 'no_certificate';
    const entry = register.find(certificate.fingerprint256);
    if (entry === undefined) return 'unregistered';
    if (entry.revokedAtMs !== null) return 'revoked';
    const now = clock.nowMs();
    if (now < Date.parse(certificate.validFrom) || now >= Date.parse(certificate.validTo)) return 'expired';
    const authority = register.authority(entry.partner);
    if (authority === undefined || !isFrom(certificate, authority)) return 'authority';
    const recipient = recipients.get(entry.partner);
    return recipient === undefined ? 'recipient' : { entry, recipient };
  }

  return function partnerOnlyMiddleware(req, res, next) {
    const judged = judge(certificateOf(req));
    if (typeof judged !== 'string') {
      (req as Carrier)[seat] = Object.freeze({
        name: judged.entry.partner,
        recipient: judged.recipient,
        purpose,
        serial: judged.entry.serial,
      });
      return next();
    }
    // A connection that was good once is not kept for the next attempt.
    closeAfter(req, res);
    const refused = new SafekeepError('ERR_PARTNER_REFUSED');
    if (events === undefined) return next(refused);
    events.record({ kind: 'partner.refused', facts: { reason: nameOf(judged) } }).then(() => next(refused), next);
  };
}

/** The partner of this request. @throws SafekeepError ERR_PARTNER_REFUSED on a route that `partnerOnly` does not guard */
export function partnerOf(req: Request): Partner {
  const partner = (req as Carrier)[seat];
  if (partner === undefined) throw new SafekeepError('ERR_PARTNER_REFUSED');
  return partner;
}

function certificateOf(req: Request): X509Certificate | undefined {
  const { socket } = req;
  return socket instanceof TLSSocket && socket.authorized ? socket.getPeerX509Certificate() : undefined;
}

function isFrom(certificate: X509Certificate, authority: X509Certificate): boolean {
  return (
    !certificate.ca &&
    certificate.keyUsage?.includes(clientAuth) === true &&
    certificate.checkIssued(authority) &&
    certificate.verify(authority.publicKey)
  );
}
