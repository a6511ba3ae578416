import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:https';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { axios } from 'acme-client';
import { onTestFinished } from 'vitest';
import { issueDevelopmentCertificates } from '../../src/certificates/index.js';
import { temporaryDirectory } from './fixtures.js';

/** Debian's package `pebble`: a small ACME authority for tests, and a name server beside it. */
export const hasPebble: boolean = ['pebble', 'pebble-challtestsrv'].every(
  (name) => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0,
);

export interface Pebble {
  readonly directoryUrl: string;
  /** Where it looks for challenges. */
  readonly httpPort: number;
  /** The root that its certificates come from, as PEM. */
  root(): Promise<string>;
  stop(): Promise<void>;
}

/** An authority on loopback that validates at once; every name leads to 127.0.0.1. */
export async function startPebble(lifeSeconds: number): Promise<Pebble> {
  const directory = temporaryDirectory();
  const own = await issueDevelopmentCertificates({ directory, hosts: ['localhost', '127.0.0.1'] });
  const [port = 0, management = 0, httpPort = 0, dns = 0, dnsManagement = 0] = await freePorts(5);
  const config = join(directory, 'pebble.json');
  const pebble = {
    listenAddress: `127.0.0.1:${port}`,
    managementListenAddress: `127.0.0.1:${management}`,
    certificate: own.cert,
    privateKey: own.key,
    httpPort,
    tlsPort: 1,
    certificateValidityPeriod: lifeSeconds,
    domainBlocklist: ['blocked.test'],
  };
  writeFileSync(config, JSON.stringify({ pebble }));
  const names = `-dns01 127.0.0.1:${dns} -management 127.0.0.1:${dnsManagement} -defaultIPv4 127.0.0.1 -defaultIPv6 ''`;
  const children = [
    spawn('sh', ['-c', `exec pebble-challtestsrv ${names} -http01 '' -https01 '' -tlsalpn01 ''`], { stdio: 'ignore' }),
    spawn('pebble', ['-config', config, '-dnsserver', `127.0.0.1:${dns}`], {
      stdio: 'ignore',
      env: { ...process.env, PEBBLE_VA_NOSLEEP: '1', PEBBLE_AUTHZREUSE: '0' },
    }),
  ];
  const stop = async (): Promise<void> => void (await Promise.all(children.map(ended)));
  onTestFinished(stop);
  // What an operator does by NODE_EXTRA_CA_CERTS, which Node reads at its start only.
  const { httpsAgent, acmeSettings } = axios.defaults as { httpsAgent?: Agent; acmeSettings?: object };
  const agent = new Agent({ ca: readFileSync(own.ca), keepAlive: false });
  Object.assign(axios.defaults, { httpsAgent: agent, acmeSettings: { ...acmeSettings, retryMaxAttempts: 0 } });
  onTestFinished(() => void Object.assign(axios.defaults, { httpsAgent, acmeSettings }));
  const directoryUrl = `https://localhost:${port}/dir`;
  for (let tries = 0; ; tries += 1) {
    const up = await fetched(directoryUrl, agent).catch(() => null);
    if (up !== null) break;
    if (tries > 400) throw new Error('pebble does not start');
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return { directoryUrl, httpPort, stop, root: () => fetched(`https://localhost:${management}/roots/0`, agent) };
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill();
  });
}

function fetched(url: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (res) => {
      let text = '';
      res.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      res.once('end', () => resolve(text));
    }).once('error', reject);
  });
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) => {
          server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
