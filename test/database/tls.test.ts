import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import forge from 'node-forge';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postgres } from '../../src/database/postgres.js';
import { postgresFolder } from '../services/binaries.js';
import { type Cluster, startCluster } from '../services/cluster.js';

/** A certificate for those addresses, by its own key. */
function issue(names: readonly { type: 2 | 7; value?: string; ip?: string }[]): { key: string; cert: string } {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const cert = forge.pki.createCertificate();
  cert.publicKey = forge.pki.publicKeyFromPem(pair.publicKey.export({ type: 'spki', format: 'pem' }).toString());
  cert.serialNumber = '01';
  cert.validity.notBefore = new Date(Date.now() - 86_400_000);
  cert.validity.notAfter = new Date(Date.now() + 86_400_000);
  const subject = [{ name: 'commonName', value: 'database of a test' }];
  cert.setSubject(subject);
  cert.setIssuer(subject);
  cert.setExtensions([
    { name: 'basicConstraints', cA: true },
    { name: 'subjectAltName', altNames: names },
  ]);
  cert.sign(forge.pki.privateKeyFromPem(key), forge.md.sha256.create());
  return { key, cert: forge.pki.certificateToPem(cert) };
}

const folder = mkdtempSync(join(tmpdir(), 'safekeep-tls-'));
const right = issue([
  { type: 2, value: 'localhost' },
  { type: 7, ip: '127.0.0.1' },
]);
const elsewhere = issue([{ type: 2, value: 'db.example' }]);
const clusters: Cluster[] = [];

async function tlsCluster({ key, cert }: { key: string; cert: string }): Promise<number> {
  const cluster = await startCluster(postgresFolder(), {
    files: { 'server.key': key, 'server.crt': cert },
    settings: ['ssl=on'],
    hba: 'hostssl all all 127.0.0.1/32 trust\n',
  });
  clusters.push(cluster);
  return cluster.port;
}

let [port, otherPort] = [0, 0];
beforeAll(async () => {
  writeFileSync(join(folder, 'right.pem'), right.cert);
  writeFileSync(join(folder, 'elsewhere.pem'), elsewhere.cert);
  [port, otherPort] = await Promise.all([tlsCluster(right), tlsCluster(elsewhere)]);
});
afterAll(async () => {
  await Promise.all(clusters.map((cluster) => cluster.stop()));
  rmSync(folder, { recursive: true, force: true });
});

async function ask(address: string): Promise<unknown> {
  const database = postgres(`postgres://postgres@${address}`);
  try {
    return await database.one('select ssl, version from pg_stat_ssl where pid = pg_backend_pid()');
  } finally {
    await database.close();
  }
}

describe('postgres over TLS', () => {
  it.each(['127.0.0.1', 'localhost'])(
    'speaks TLS with a server whose certificate is for %s and from the given authority',
    async (host) => {
      const answer = await ask(`${host}:${port}/postgres?sslmode=verify-full&sslrootcert=${join(folder, 'right.pem')}`);
      expect(answer).toEqual({ ssl: true, version: 'TLSv1.3' });
    },
  );

  it('refuses an authority that the system does not know', async () => {
    await expect(ask(`127.0.0.1:${port}/postgres?sslmode=verify-full`)).rejects.toMatchObject({
      code: 'ERR_DATABASE_UNAVAILABLE',
      facts: { reason: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    });
  });

  it.each(['127.0.0.1', 'localhost'])('refuses a certificate for another host than %s', async (host) => {
    const asking = ask(
      `${host}:${otherPort}/postgres?sslmode=verify-full&sslrootcert=${join(folder, 'elsewhere.pem')}`,
    );
    await expect(asking).rejects.toMatchObject({
      code: 'ERR_DATABASE_UNAVAILABLE',
      facts: { reason: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    });
  });

  it('does not fall back to plaintext when the server has no TLS', async () => {
    const plain = await startCluster(postgresFolder());
    clusters.push(plain);
    const asking = ask(`127.0.0.1:${plain.port}/postgres?sslmode=verify-full&sslrootcert=${join(folder, 'right.pem')}`);
    await expect(asking).rejects.toMatchObject({ code: 'ERR_DATABASE_UNAVAILABLE' });
  });
});
