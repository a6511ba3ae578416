import { type KeyObject, sign } from 'node:crypto';
import type { Random } from '../base/clock.js';
import type { Extension } from './extensions.js';

export type Forge = typeof import('node-forge');
/** In forge and left out of its types. */
type WithTbs = { getTBSCertificate(certificate: ReturnType<Forge['pki']['createCertificate']>): Asn1 };
type Asn1 = ReturnType<Forge['asn1']['create']>;

export interface CertificateRequest {
  readonly subject: string;
  readonly issuer: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly publicKey: KeyObject;
  /** EC P-256. */
  readonly signingKey: KeyObject;
  readonly extensions: readonly Extension[];
}

const ecdsaWithSha256 = '1.2.840.10045.4.3.2';

/**
 * Issues one X.509 certificate over EC P-256. node-forge knows no elliptic curves, so it only lays out the part to be
 * signed, around a placeholder RSA key; the key and the algorithm are then put in their places and `node:crypto`
 * signs. forge issues here and parses nothing foreign: its parsers have a record of forgeries.
 * @returns PEM
 */
export function signCertificate(forge: Forge, random: Random, request: CertificateRequest): string {
  const { asn1, pki } = forge;
  const certificate = pki.createCertificate();
  certificate.publicKey = pki.setRsaPublicKey(new forge.jsbn.BigInteger('3'), new forge.jsbn.BigInteger('3'));
  certificate.siginfo.algorithmOid = ecdsaWithSha256;
  certificate.serialNumber = serialNumber(random);
  certificate.validity.notBefore = new Date(request.notBeforeMs);
  certificate.validity.notAfter = new Date(request.notAfterMs);
  certificate.setSubject([{ shortName: 'CN', value: request.subject }]);
  certificate.setIssuer([{ shortName: 'CN', value: request.issuer }]);
  certificate.setExtensions(request.extensions.map((extension) => ({ ...extension })));

  const { SEQUENCE, OID, BITSTRING } = asn1.Type;
  const sequence = (parts: Asn1[]) => asn1.create(asn1.Class.UNIVERSAL, SEQUENCE, true, parts);
  // RFC 5758 section 3.2: the parameters are absent for ECDSA, not NULL.
  const algorithm = sequence([
    asn1.create(asn1.Class.UNIVERSAL, OID, false, asn1.oidToDer(ecdsaWithSha256).getBytes()),
  ]);
  const tbs = (pki as Forge['pki'] & WithTbs).getTBSCertificate(certificate);
  const parts = tbs.value as Asn1[];
  const spki = request.publicKey.export({ type: 'spki', format: 'der' }).toString('latin1');
  parts[2] = algorithm;
  parts[6] = asn1.fromDer(spki);
  const signature = sign('sha256', Buffer.from(asn1.toDer(tbs).getBytes(), 'latin1'), request.signingKey);
  const bits = `\0${signature.toString('latin1')}`;
  const whole = sequence([tbs, algorithm, asn1.create(asn1.Class.UNIVERSAL, BITSTRING, false, bits)]);
  return pem(Buffer.from(asn1.toDer(whole).getBytes(), 'latin1'));
}

/** 16 bytes, positive and never shortened: the first is 0x40 to 0x7f. CA/B BR 7.1 asks for 64 bits from a generator. */
function serialNumber(random: Random): string {
  const bytes = random.bytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex');
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
