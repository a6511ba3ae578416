import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createTlsServer } from '../../src/transport/index.js';
import { mozillaIntermediate, tlsProfile } from '../../src/transport/tls-profile.js';
import { temporaryDirectory } from '../certificates/fixtures.js';
import { developmentPair } from './loopback.js';
import { wholeStack } from './whole-stack.js';

const run = promisify(execFile);
const has = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

/** The whole stack on a port of its own; `otherHosts` is what `localhost` with a port is. */
async function serve() {
  const pair = await developmentPair();
  const { app } = wholeStack({ origin: 'https://localhost', routes: (_req, res) => void res.send('<!doctype html>') });
  const tls = createTlsServer(app, { key: pair.key, cert: pair.cert, port: 0, graceMs: 0 });
  const { port } = await tls.listen();
  onTestFinished(() => tls.close());
  return { port, ca: pair.ca };
}

describe('outside judges of TLS (Debian’s sslscan and testssl.sh)', () => {
  it.skipIf(!has('sslscan'))('sslscan finds the suites and groups of the guideline, and no others', async () => {
    const { port } = await serve();
    const { stdout } = await run('sslscan', ['--no-colour', '--xml=-', `localhost:${port}`]);
    const of = (pattern: RegExp): string[] => [
      ...new Set([...stdout.matchAll(pattern)].map(([, found = '']) => found)),
    ];
    expect(of(/<protocol type="tls" version="([\d.]+)" enabled="1"/g)).toEqual(['1.2', '1.3']);
    expect(of(/<protocol type="ssl" version="(\d)" enabled="1"/g)).toEqual([]);
    // The certificate is an EC one: the suites that need RSA cannot come up.
    const { ciphers, ciphersuites } = mozillaIntermediate;
    const wanted = [...ciphersuites, ...ciphers.filter((cipher) => !cipher.includes('-RSA-'))];
    expect(of(/<cipher [^>]* cipher="([^"]+)"/g).sort()).toEqual(wanted.sort());
    const names: Readonly<Record<string, RegExp>> = {
      X25519: /^x25519$/,
      prime256v1: /P-256/,
      secp384r1: /P-384/,
      X25519MLKEM768: /mlkem/i,
    };
    const groups = String(tlsProfile().ecdhCurve).split(':');
    for (const found of of(/<group [^>]* name="([^"]+)"/g)) {
      expect(
        groups.some((group) => names[group]?.test(found)),
        found,
      ).toBe(true);
    }
    expect(of(/heartbleed sslversion="[^"]+" vulnerable="(\d)"/g)).toEqual(['0']);
  });

  it.skipIf(!has('testssl'))('testssl.sh finds nothing but what a private authority has no way of having', async () => {
    const { port, ca } = await serve();
    const report = join(temporaryDirectory(), 'report.json');
    const what = ['-p', '-s', '-P', '-S', '-h'];
    const where = ['--add-ca', ca, '--jsonfile', report, `https://localhost:${port}/`];
    // Its status counts the findings.
    await run('testssl', ['--color', '0', '--warnings', 'off', ...what, ...where]).catch(() => undefined);
    const findings = JSON.parse(readFileSync(report, 'utf8')) as { id: string; severity: string }[];
    expect(findings.length).toBeGreaterThan(40);
    const bad = findings.filter(({ severity }) => severity !== 'OK' && severity !== 'INFO').map(({ id }) => id);
    const explained = ['cert_revocation', 'DNS_CAArecord', 'engine_problem', 'sessionresumption_ticket'];
    expect(bad.filter((id) => !explained.includes(id))).toEqual([]);
  });
});
