import { type Check, defineCheck } from '../check.js';

const kinds = {
  mismatch: {
    id: 'certificate.pair_mismatch',
    severity: 'critical',
    title:
      'Key and certificate do not belong together: Node takes some such pairs, and every handshake fails from then on.',
    clauses: ['ASVS 5.0 V12.2.1', 'RFC 8446 4.4.3'],
    fix: 'Put the key beside the certificate that was issued for it, both of one renewal.',
  },
  refused: {
    id: 'certificate.file_refused',
    severity: 'high',
    title: 'The pair in the files cannot be served: at the next start, or at the next reload, it is refused.',
    clauses: ['ASVS 5.0 V12.2.2', 'RFC 5280 6'],
    fix: 'See the code in docs/errors.md, and put a whole, valid pair there.',
  },
  differs: {
    id: 'certificate.not_reloaded',
    severity: 'medium',
    title: 'The server serves another certificate than the one in its file: it was renewed and not taken up.',
    clauses: ['ASVS 5.0 V12.2.2'],
    fix: 'Call tls.follow(), as the preset does, or send SIGHUP; see the log for why it was refused.',
  },
} as const;

export const pair: Check = defineCheck({
  name: 'key and certificate files',
  needs: 'pair',
  kinds,
  examine({ place: name, problem, fingerprint }, found, { certificate }) {
    const place = { name };
    if (problem === 'ERR_CERTIFICATE_PAIR') found(kinds.mismatch, 'the key is not that of the certificate', place);
    else if (problem !== undefined) found(kinds.refused, problem, place);
    else if (certificate !== undefined && fingerprint !== certificate.fingerprint)
      found(kinds.differs, 'their fingerprints differ', place);
  },
});
