import { type Check, defineCheck } from '../check.js';

const kinds = {
  old: {
    id: 'tls.version_old',
    severity: 'high',
    title: 'The server still speaks TLS 1.0 or 1.1, which protect what is read by them badly.',
    clauses: ['ASVS 5.0 V12.1.1', 'RFC 8996', 'PCI DSS 4.0.1 4.2.1'],
    fix: 'Set the least version to TLS 1.2; createTlsServer does. Where a proxy ends TLS, set it there.',
  },
  newest: {
    id: 'tls.version_13_missing',
    severity: 'low',
    title: 'The server does not speak TLS 1.3.',
    clauses: ['ASVS 5.0 V12.1.1', 'RFC 8446'],
    fix: 'Allow TLS 1.3; createTlsServer does.',
  },
  http2: {
    id: 'tls.http2_offered',
    severity: 'info',
    title:
      'The server agrees to HTTP/2: right for a proxy, while Express 5 itself ends the process on its first request.',
    clauses: ['ASVS 5.0 V16.5.3'],
    fix: 'Let a proxy end HTTP/2, and offer http/1.1 alone where Node itself listens.',
  },
} as const;

export const tlsVersions: Check = defineCheck({
  name: 'versions of TLS',
  needs: 'tls',
  kinds,
  examine({ versions, http2 }, found) {
    const old = versions.filter((version) => version === 'TLSv1' || version === 'TLSv1.1');
    if (old.length > 0) found(kinds.old, `handshakes succeeded in ${old.join(' and ')}`);
    if (!versions.includes('TLSv1.3')) found(kinds.newest, `handshakes succeeded in ${versions.join(', ')} only`);
    if (http2) found(kinds.http2, 'ALPN: of h2 and http/1.1 it chose h2');
  },
});
