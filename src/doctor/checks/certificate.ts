import { type Check, defineCheck } from '../check.js';
import type { CertificateView } from '../subject.js';

const kinds = {
  untrusted: {
    id: 'certificate.untrusted',
    severity: 'high',
    title: 'Clients do not trust the certificate: it does not lead to an authority they know.',
    clauses: ['ASVS 5.0 V12.2.2', 'RFC 5280 6'],
    fix: 'Get it from a public authority. For a private one, name its certificate with --ca.',
  },
  incomplete: {
    id: 'certificate.chain_incomplete',
    severity: 'high',
    title:
      'The server sends its certificate without the intermediate that issued it: some clients find it, others fail.',
    clauses: ['RFC 8446 4.4.2', 'ASVS 5.0 V12.2.2'],
    fix: 'Put the intermediates behind the server’s own certificate in its file (fullchain.pem).',
  },
  name: {
    id: 'certificate.name_mismatch',
    severity: 'high',
    title: 'The certificate does not name the host that customers type.',
    clauses: ['RFC 9525 6', 'ASVS 5.0 V12.2.2'],
    fix: 'Get one whose subjectAltName has that host.',
  },
  expired: {
    id: 'certificate.expired',
    severity: 'critical',
    title: 'The certificate has expired, or is not valid yet: no client should go on.',
    clauses: ['RFC 5280 4.1.2.5', 'ASVS 5.0 V12.2.2'],
    fix: 'Renew it; tls.follow() serves the new one without a restart. If it is new, set the server’s clock.',
  },
  expiring: {
    id: 'certificate.expiring',
    severity: 'medium',
    title: 'Less than a third of the certificate’s life is left, and it was not renewed.',
    clauses: ['ASVS 5.0 V12.2.2'],
    fix: 'Renew it now, and see why the renewal did not run.',
  },
  lifetime: {
    id: 'certificate.lifetime_long',
    severity: 'low',
    title: 'The certificate lives longer than a year: a stolen key serves an attacker that long.',
    clauses: ['Mozilla TLS 6.0 intermediate', 'CA/B Forum BR 6.3.2'],
    fix: 'Renew by ACME, every 90 days or more often.',
  },
  key: {
    id: 'certificate.key_weak',
    severity: 'high',
    title: 'The certificate’s key is weaker than the guideline allows.',
    clauses: ['ASVS 5.0 V11.6.1', 'Mozilla TLS 6.0 intermediate'],
    fix: 'Use EC P-256 or P-384, or RSA of 2048 bits and more.',
  },
  sha1: {
    id: 'certificate.sha1',
    severity: 'high',
    title: 'The certificate is signed over SHA-1, for which collisions can be made.',
    clauses: ['ASVS 5.0 V11.4.3', 'RFC 9155'],
    fix: 'Get one that is signed over SHA-256 or longer.',
  },
} as const;

const curves = ['prime256v1', 'secp384r1'];
const dayMs = 86_400_000;

export const certificate: Check = defineCheck({
  name: 'certificate',
  needs: 'certificate',
  kinds,
  examine(view, found, { nowMs }) {
    const { beginsAtMs, endsAtMs } = view;
    const left = endsAtMs - nowMs;
    if (left <= 0) found(kinds.expired, `it ended on ${day(endsAtMs)}`);
    else if (nowMs < beginsAtMs) found(kinds.expired, `it begins on ${day(beginsAtMs)}`);
    else if (left < (endsAtMs - beginsAtMs) / 3) found(kinds.expiring, `it ends on ${day(endsAtMs)}`);
    const days = Math.round((endsAtMs - beginsAtMs) / dayMs);
    if (days > 366) found(kinds.lifetime, `it lives ${days} days`);
    if (!view.coversHost) found(kinds.name, `it is not for ${view.host}`);
    if (view.signedWithSha1) found(kinds.sha1, 'its signature is over SHA-1');
    const weak = weakness(view);
    if (weak !== undefined) found(kinds.key, weak);
    judgeTrust(view, left, found);
  },
});

function judgeTrust(
  view: CertificateView,
  left: number,
  found: (kind: (typeof kinds)[keyof typeof kinds], seen: string) => void,
): void {
  const { problem } = view;
  // What has run out is told above, and hides what else Node would say.
  if (problem === undefined || left <= 0 || problem === 'CERT_NOT_YET_VALID') return;
  const gap = /^(?:UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT(?:_LOCALLY)?)$/.test(problem);
  if (gap && view.length === 1 && view.pointsToIssuer)
    found(kinds.incomplete, `one certificate came, and Node says ${problem}`);
  else found(kinds.untrusted, `Node says ${problem}`);
}

function weakness({ keyType, keyBits, curve }: CertificateView): string | undefined {
  if (keyType === 'rsa') return (keyBits ?? 0) < 2048 ? `RSA of ${keyBits ?? 0} bits` : undefined;
  if (keyType === 'ec') return curves.includes(curve ?? '') ? undefined : `the curve ${curve ?? 'is not named'}`;
  return `a key of the type ${keyType}`;
}

function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
