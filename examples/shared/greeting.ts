import type { Settings } from './settings.js';

/** What the start prints: where it is, how to trust it, what protects what. `more` are lines about further addresses. */
export function greeting(
  name: string,
  settings: Settings,
  certificate: { readonly ca: string; readonly caIssued: boolean } | undefined,
  more: readonly string[] = [],
): string {
  const { development, origin, host, httpPort, dataFolder, databaseUrl, rootKey } = settings;
  const lines = [
    '',
    `${name} is open at ${origin}`,
    ...(development ? [`  mail that was sent     ${origin}/outbox`, `  your data behind glass ${origin}/glass`] : []),
    `  plaintext is refused   http://${host.includes(':') ? `[${host}]` : host}:${httpPort}`,
    ...more,
    '',
    'What protects what',
    '  in transit   TLS 1.2 and 1.3; plaintext gets a redirect or a refusal, its body unread',
    '  at rest      names, addresses, cards: sealed field by field (XAES-256-GCM with key commitment)',
    '  passwords    argon2id, the hash sealed too',
    '  guessing     limits per network and account; one answer for every wrong sign-in',
    '  logs         labels instead of personal values, by the same policy that seals them',
    '',
    'Where things are',
    `  database     ${databaseUrl === undefined ? `${dataFolder}/postgres (embedded PostgreSQL)` : 'the PostgreSQL of DATABASE_URL'}`,
    `  key ring     ${dataFolder}/keys.json, opened by ${rootKey}`,
  ];
  if (certificate !== undefined) {
    lines.push(
      `  certificate  from a development authority of this machine: ${certificate.ca}`,
      '',
      certificate.caIssued
        ? 'The authority is new: trust it once, or the browser warns.'
        : 'If the browser warns, trust the authority once:',
      `  curl         curl --cacert ${certificate.ca} ${origin}/`,
      `  Node         NODE_EXTRA_CA_CERTS=${certificate.ca}`,
      '  Firefox      Settings, Certificates, View Certificates, Authorities, Import',
      `  Chrome       certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n "${name}" -i ${certificate.ca}`,
      `  macOS        security add-trusted-cert -p ssl ${certificate.ca}`,
    );
  }
  lines.push('', 'Stop with Ctrl-C.', '');
  return lines.join('\n');
}
