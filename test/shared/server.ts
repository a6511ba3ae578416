import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import request from 'supertest';

export type Example = 'storefront' | 'isp';
const mainOf = (example: Example) =>
  fileURLToPath(new URL(`../../.build/examples/${example}/main.js`, import.meta.url));

export interface Server {
  readonly origin: string;
  readonly ports: readonly [https: number, http: number, partners: number];
  /** Everything it wrote, both streams. */
  output(): string;
  /** Resolves when it says that it is open; throws with its words when it ends instead. */
  open(): Promise<void>;
  /** A program that trusts the server's own authority. */
  program(): ReturnType<typeof request.agent>;
  signal(name: NodeJS.Signals): void;
  readonly end: Promise<number | null>;
}

/** A folder for a server's state, and servers started from it, as `npm start` starts them. */
export function machine(example: Example) {
  const main = mainOf(example);
  const data = mkdtempSync(join(tmpdir(), 'safekeep-server-'));
  const running: ChildProcess[] = [];

  async function start(
    environment: Record<string, string> = {},
    flags: readonly string[] = ['--development'],
  ): Promise<Server> {
    if (!existsSync(main)) throw new Error('The examples are not built. Run: npm run build -- --examples');
    const ports = [await freePort(), await freePort(), await freePort()] as const;
    const [https, http, partners] = ports;
    const child = spawn(process.execPath, ['--enable-source-maps', main, ...flags], {
      env: {
        PATH: process.env['PATH'] ?? '',
        SAFEKEEP_DATA: data,
        PORT: `${https}`,
        HTTP_PORT: `${http}`,
        PARTNER_PORT: `${partners}`,
        ...environment,
      },
      cwd: data,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.push(child);
    let output = '';
    const hearers = new Set<() => void>();
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        for (const hear of hearers) hear();
      });
    }
    const end = new Promise<number | null>((resolve) => child.once('close', resolve));
    const origin = `https://localhost:${https}`;
    return {
      origin,
      ports,
      output: () => output,
      open: () =>
        Promise.race([
          new Promise<void>((resolve) => {
            const hear = () => output.includes('Stop with Ctrl-C') && resolve();
            hearers.add(hear);
            hear();
          }),
          end.then(() => Promise.reject(new Error(`The server ended:\n${output}`))),
        ]),
      program: () =>
        request
          .agent(origin, { ca: readFileSync(join(data, 'certificates', 'development-ca.pem'), 'utf8') })
          .set('Accept', 'application/json') as ReturnType<typeof request.agent>,
      signal: (name) => void child.kill(name),
      end,
    };
  }

  return {
    data,
    start,
    async remove(): Promise<void> {
      for (const child of running) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        const ended = new Promise((resolve) => child.once('close', resolve));
        child.kill('SIGTERM');
        await ended;
      }
      rmSync(data, { recursive: true, force: true });
    },
  };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('There is no free port.');
  return address.port;
}
