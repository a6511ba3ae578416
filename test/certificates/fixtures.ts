import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { systemRandom } from '../../src/base/clock.js';
import type { Extension } from '../../src/certificates/extensions.js';
import { type Forge, signCertificate } from '../../src/certificates/sign-certificate.js';

export const dayMs = 86_400_000;

/** A clock that stands where it is put and waits in no time. */
export function clockAt(nowMs: number) {
  const clock = {
    ms: nowMs,
    waits: 0,
    nowMs: () => clock.ms,
    wait: async () => {
      clock.waits += 1;
    },
  };
  return clock;
}

export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'safekeep-certificates-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export async function loadForge(): Promise<Forge> {
  return (await import('node-forge')).default;
}

/** A pair signed by a key of the test's choice: what somebody with a stolen CA key could make. */
export async function pairSignedBy(
  ca: { readonly key: KeyObject; readonly subject: string },
  extensions: (forge: Forge, publicKey: KeyObject) => Extension[],
  subject = 'Somebody else',
): Promise<{ key: string; cert: string }> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const forge = await loadForge();
  const cert = signCertificate(forge, systemRandom, {
    subject,
    issuer: ca.subject,
    notBeforeMs: Date.now() - dayMs,
    notAfterMs: Date.now() + dayMs,
    publicKey,
    signingKey: ca.key,
    extensions: extensions(forge, publicKey),
  });
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert };
}

export function writeText(directory: string, name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}
