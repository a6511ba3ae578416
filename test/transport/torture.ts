import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:tls';
import { expect, onTestFinished } from 'vitest';
import { type Seeded, seeded } from '../../bench/corpora/seeded.js';
import { isSafekeepError } from '../../src/base/errors.js';
import { issueDevelopmentCertificates } from '../../src/certificates/index.js';
import { createTlsServer } from '../../src/transport/index.js';
import { clockAt, dayMs, temporaryDirectory } from '../certificates/fixtures.js';

interface Pair {
  readonly key: string;
  readonly cert: string;
}

async function issued(hosts: readonly string[], nowMs = Date.now()): Promise<Pair & { readonly ca: string }> {
  const paths = await issueDevelopmentCertificates({ directory: temporaryDirectory(), hosts, clock: clockAt(nowMs) });
  const read = (path: string): string => readFileSync(path, 'utf8');
  return { key: read(paths.key), cert: read(paths.cert), ca: read(paths.ca) };
}

const rsaKey = String(
  generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }),
);

/** A way of leaving the two files as nobody should, and what the server must say of it. */
type Fault = (
  random: Seeded,
) => readonly [state: Partial<Pair> | 'no key' | 'no certificate' | 'a folder', code: string];

/**
 * Puts good and bad states of the files in turn under a server that follows them, while clients shake hands without a
 * pause. None of them may fail; after a bad state the certificate from before is shown, after a good one the new.
 */
export async function torture(seed: number, steps: number): Promise<{ readonly handshakes: number }> {
  const random = seeded(seed);
  const names = ['shop.test', 'localhost'];
  const good = await Promise.all(Array.from({ length: 3 }, () => issued(names)));
  const expired = await issued(names, Date.now() - 120 * dayMs);
  const early = await issued(names, Date.now() + 5 * dayMs);
  const elsewhere = await issued(['other.test']);
  const cut = (text: string): string => text.slice(0, random.below(text.length - 30));
  const faults: readonly Fault[] = [
    () => [{ key: rsaKey }, 'ERR_CERTIFICATE_PAIR'],
    () => [{ cert: elsewhere.cert }, 'ERR_CERTIFICATE_PAIR'],
    () => ['no key', 'ERR_CERTIFICATE_UNREADABLE'],
    () => ['no certificate', 'ERR_CERTIFICATE_UNREADABLE'],
    () => ['a folder', 'ERR_CERTIFICATE_UNREADABLE'],
    () => [expired, 'ERR_CERTIFICATE_DATES'],
    () => [early, 'ERR_CERTIFICATE_DATES'],
    () => [elsewhere, 'ERR_CERTIFICATE_NAME'],
    ({ pick }) => [{ key: cut(pick(good).key) }, 'ERR_CERTIFICATE_UNREADABLE'],
    ({ pick }) => [{ cert: cut(pick(good).cert) }, 'ERR_CERTIFICATE_UNREADABLE'],
    ({ pick }) => [{ key: `${pick(good).key.slice(0, 60)}${'\0'.repeat(120)}` }, 'ERR_CERTIFICATE_UNREADABLE'],
    ({ pick }) => {
      const { key, cert, ca } = pick(good);
      return [{ key, cert: cert + ca.slice(0, 1 + random.below(ca.length - 30)) }, 'ERR_CERTIFICATE_UNREADABLE'];
    },
    () => [{ key: '', cert: '' }, 'ERR_CERTIFICATE_UNREADABLE'],
  ];

  const directory = temporaryDirectory();
  const paths = { key: `${directory}/key.pem`, cert: `${directory}/cert.pem` };
  /** As programs do it: over the old file in place, or a new one moved over it. */
  function put(path: string, text: string): void {
    rmSync(path, { recursive: random.below(2) === 0, force: true });
    if (random.below(2) === 0) writeFileSync(path, text);
    else {
      writeFileSync(`${path}.new`, text);
      renameSync(`${path}.new`, path);
    }
  }
  let served = good[0] as Pair;
  rmSync(paths.key, { force: true });
  put(paths.key, served.key);
  put(paths.cert, served.cert);
  const refused: string[] = [];
  const tls = createTlsServer((_req, res) => void res.end('hello'), {
    ...paths,
    port: 0,
    origin: 'https://shop.test',
    graceMs: 0,
  });
  const { port } = await tls.listen();
  onTestFinished(() => tls.close());
  const following = tls.follow({
    sighup: false,
    onRefused: (error) => refused.push(isSafekeepError(error) ? error.code : String(error)),
  });

  let handshakes = 0;
  let over = false;
  const failures: unknown[] = [];
  const ca = good.map((pair) => pair.ca);
  const client = async (maxVersion: 'TLSv1.2' | 'TLSv1.3'): Promise<void> => {
    while (!over) {
      await shown(port, ca, maxVersion).then(
        () => {
          handshakes += 1;
        },
        (error: unknown) => failures.push(error),
      );
    }
  };
  const clients = [client('TLSv1.2'), client('TLSv1.3')];
  for (let step = 0; step < steps; step += 1) {
    const [state, code] = faults[step % faults.length]?.(random) ?? [{}, ''];
    if (state === 'no key') rmSync(paths.key, { force: true });
    else if (state === 'no certificate') rmSync(paths.cert, { force: true });
    else if (state === 'a folder') {
      rmSync(paths.cert, { force: true });
      mkdirSync(paths.cert);
    } else {
      if (state.key !== undefined) put(paths.key, state.key);
      if (state.cert !== undefined) put(paths.cert, state.cert);
    }
    await following.check();
    expect(refused.splice(0), `step ${step}`).toEqual([code]);
    expect(await shown(port, ca), `step ${step}`).toBe(serialOf(served));
    // Written one after the other, and looked at in between: the first half alone is no pair.
    const next = random.pick(good.filter((pair) => pair !== served));
    rmSync(paths.cert, { recursive: true, force: true });
    put(paths.cert, next.cert);
    put(paths.key, served.key);
    await following.check();
    expect(refused.splice(0), `step ${step}, half`).toEqual(['ERR_CERTIFICATE_PAIR']);
    put(paths.key, next.key);
    await following.check();
    served = next;
    expect(refused.splice(0), `step ${step}, whole`).toEqual([]);
    expect(await shown(port, ca), `step ${step}, whole`).toBe(serialOf(served));
  }
  over = true;
  await Promise.all(clients);
  expect(failures).toEqual([]);
  return { handshakes };
}

const serialOf = ({ cert }: Pair): string => new X509Certificate(cert).serialNumber;

/** The serial number of what a client is shown that checks chain, name and dates. */
function shown(port: number, ca: readonly string[], maxVersion?: 'TLSv1.2' | 'TLSv1.3'): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      port,
      host: '127.0.0.1',
      servername: 'shop.test',
      ca: [...ca],
      ...(maxVersion === undefined ? {} : { maxVersion }),
    });
    socket.once('secureConnect', () => {
      resolve(socket.getPeerX509Certificate()?.serialNumber ?? '');
      socket.destroy();
    });
    socket.once('error', reject);
  });
}
