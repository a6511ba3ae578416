import { createHash, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import { addressBytes } from '../http/index.js';
import type { Forge } from './sign-certificate.js';

/** As forge takes it: its own words for the simple ones, an OID and DER for the others. */
export type Extension = Readonly<Record<string, string | boolean | number>>;

/** What every development CA may vouch for; the names of this machine and of the reserved `.test` (RFC 6761). */
const localNames = ['localhost', 'test'];
const localNetworks = [
  { address: '127.0.0.0', bits: 8 },
  { address: '::1', bits: 128 },
];

/**
 * A CA that vouches for nothing but these hosts and this machine: who steals its key can sign for no other site.
 * Path length 0: it makes no further CA. Key usage and key identifier are what `openssl verify -x509_strict` asks.
 */
export function caExtensions(forge: Forge, key: KeyObject, hosts: readonly string[]): Extension[] {
  return [
    { name: 'basicConstraints', critical: true, cA: true, pathLenConstraint: 0 },
    { name: 'keyUsage', critical: true, keyCertSign: true, cRLSign: true },
    { id: '2.5.29.14', value: subjectKeyIdentifier(key) },
    { id: '2.5.29.30', critical: true, value: nameConstraints(forge, hosts) },
  ];
}

/** A server's certificate for exactly these hosts. */
export function leafExtensions(forge: Forge, key: KeyObject, caKey: KeyObject, hosts: readonly string[]): Extension[] {
  return [
    { name: 'basicConstraints', critical: true, cA: false },
    { name: 'keyUsage', critical: true, digitalSignature: true },
    { name: 'extKeyUsage', serverAuth: true },
    { id: '2.5.29.17', value: subjectAltName(forge, hosts) },
    { id: '2.5.29.14', value: subjectKeyIdentifier(key) },
    { id: '2.5.29.35', value: `\x30\x16\x80\x14${keyIdentifier(caKey)}` },
  ];
}

/** DER of the extension's value. Equal bytes mean equal hosts, so a stored certificate is compared without a parser. */
export function subjectAltName(forge: Forge, hosts: readonly string[]): string {
  const { asn1 } = forge;
  const names = hosts.map((host) => generalName(forge, host, isIP(host) === 0 ? host : octets(host)));
  return asn1.toDer(asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SEQUENCE, true, names)).getBytes();
}

/** RFC 5280 section 4.2.1.10: permitted subtrees. A DNS subtree covers the name and everything below it. */
export function nameConstraints(forge: Forge, hosts: readonly string[]): string {
  const { asn1 } = forge;
  const networks = [
    ...localNetworks,
    ...hosts
      .filter((host) => isIP(host) !== 0 && host !== '::1' && !host.startsWith('127.'))
      .map((address) => ({ address, bits: isIP(address) === 4 ? 32 : 128 })),
  ];
  const names = [
    ...localNames,
    ...hosts.filter((host) => isIP(host) === 0 && !localNames.some((name) => covers(name, host))),
  ];
  const bases = [
    ...names.map((name) => generalName(forge, name, name)),
    ...networks.map(({ address, bits }) => {
      const bytes = octets(address);
      return generalName(forge, address, bytes + mask(bytes.length, bits));
    }),
  ];
  const subtrees = bases.map((base) => asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SEQUENCE, true, [base]));
  const permitted = asn1.create(asn1.Class.CONTEXT_SPECIFIC, 0, true, subtrees);
  return asn1.toDer(asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SEQUENCE, true, [permitted])).getBytes();
}

/** RFC 7093 section 2, method 1: the leftmost 160 bits of SHA-256 over the public point. */
export function keyIdentifier(key: KeyObject): string {
  const point = key.export({ type: 'spki', format: 'der' }).subarray(-65);
  return createHash('sha256').update(point).digest().toString('latin1', 0, 20);
}

function subjectKeyIdentifier(key: KeyObject): string {
  return `\x04\x14${keyIdentifier(key)}`;
}

/** GeneralName: dNSName is [2], iPAddress is [7]. */
function generalName(forge: Forge, host: string, value: string): ReturnType<Forge['asn1']['create']> {
  return forge.asn1.create(forge.asn1.Class.CONTEXT_SPECIFIC, isIP(host) === 0 ? 2 : 7, false, value);
}

function octets(address: string): string {
  return addressBytes(address).toString('latin1');
}

function mask(bytes: number, bits: number): string {
  return Array.from({ length: bytes }, (_, place) => {
    const ones = Math.min(8, Math.max(0, bits - place * 8));
    return String.fromCharCode((0xff << (8 - ones)) & 0xff);
  }).join('');
}

function covers(name: string, host: string): boolean {
  return host === name || host.endsWith(`.${name}`);
}
