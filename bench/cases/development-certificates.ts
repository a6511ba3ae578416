import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { issueDevelopmentCertificates } from 'safekeep/certificates';
import { Absent, type BenchCase, type Prepared } from '../harness/case.js';

interface Issued {
  readonly ca: string;
  readonly cert: string;
}

/** Each time in a new folder: an authority, its key, a server's certificate, its key. */
function prepared(issue: (directory: string) => Promise<Issued>): Prepared {
  async function once<T>(read: (issued: Issued) => T): Promise<T> {
    const directory = mkdtempSync(join(tmpdir(), 'safekeep-bench-'));
    try {
      return read(await issue(directory));
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }
  return {
    sample: () =>
      once(({ ca, cert }) => {
        const [authority, leaf] = [ca, cert].map((path) => new X509Certificate(readFileSync(path)));
        if (authority === undefined || leaf === undefined) return 'nothing';
        const issued = leaf.checkIssued(authority) && leaf.verify(authority.publicKey);
        return `${issued} ${leaf.checkHost('localhost')} ${leaf.publicKey.asymmetricKeyDetails?.namedCurve}`;
      }),
    async run(operations) {
      let sum = 0;
      for (let at = 0; at < operations; at += 1) sum += await once(({ cert }) => readFileSync(cert).length);
      return sum;
    },
  };
}

async function byOpenssl(directory: string): Promise<Issued> {
  const at = (name: string): string => join(directory, name);
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { stdio: 'ignore' });
  const key = (path: string): string[] => [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    path,
  ];
  writeFileSync(at('leaf.cnf'), 'subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n');
  openssl(
    'req',
    '-x509',
    ...key(at('ca-key.pem')),
    '-subj',
    '/CN=Development CA',
    '-days',
    '825',
    '-out',
    at('ca.pem'),
  );
  openssl('req', ...key(at('key.pem')), '-subj', '/CN=Development server', '-out', at('leaf.csr'));
  const by = ['-CA', at('ca.pem'), '-CAkey', at('ca-key.pem'), '-CAcreateserial'];
  openssl(
    'x509',
    '-req',
    '-in',
    at('leaf.csr'),
    ...by,
    '-days',
    '90',
    '-extfile',
    at('leaf.cnf'),
    '-out',
    at('cert.pem'),
  );
  return { ca: at('ca.pem'), cert: at('cert.pem') };
}

export const cases: readonly BenchCase[] = [
  {
    name: 'development-certificates',
    question: 'How long does a development authority with a certificate for localhost take, files and all?',
    mode: 'process',
    operations: 4,
    contenders: [
      {
        name: 'safekeep (issueDevelopmentCertificates)',
        prepare: async () => prepared((directory) => issueDevelopmentCertificates({ directory, hosts: ['localhost'] })),
      },
      {
        name: 'openssl on the command line',
        async prepare() {
          try {
            execFileSync('openssl', ['version']);
          } catch {
            throw new Absent('there is no openssl here');
          }
          return prepared(byOpenssl);
        },
      },
    ],
  },
];
