import type { KeyObject } from 'node:crypto';
import { type Extension, keyIdentifier } from '../extensions.js';
import type { Forge } from '../sign-certificate.js';

/** An authority that vouches for programs of one partner and makes no further authority. */
export function partnerCaExtensions(key: KeyObject): Extension[] {
  return [
    { name: 'basicConstraints', critical: true, cA: true, pathLenConstraint: 0 },
    { name: 'keyUsage', critical: true, keyCertSign: true, cRLSign: true },
    { name: 'extKeyUsage', clientAuth: true },
    { id: '2.5.29.14', value: `\x04\x14${keyIdentifier(key)}` },
  ];
}

/** A client's certificate: it can open a connection and serve none. The name is a URI, so that no host name is claimed. */
export function clientExtensions(forge: Forge, key: KeyObject, caKey: KeyObject, partner: string): Extension[] {
  const { asn1 } = forge;
  const uri = asn1.create(asn1.Class.CONTEXT_SPECIFIC, 6, false, `urn:safekeep:partner:${partner}`);
  const names = asn1.toDer(asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SEQUENCE, true, [uri])).getBytes();
  return [
    { name: 'basicConstraints', critical: true, cA: false },
    { name: 'keyUsage', critical: true, digitalSignature: true },
    { name: 'extKeyUsage', clientAuth: true },
    { id: '2.5.29.17', value: names },
    { id: '2.5.29.14', value: `\x04\x14${keyIdentifier(key)}` },
    { id: '2.5.29.35', value: `\x30\x16\x80\x14${keyIdentifier(caKey)}` },
  ];
}
