import { mkdtemp, rm } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Application } from 'express';
import { issueDevelopmentCertificates } from '../../certificates/index.js';
import { createTlsServer } from '../../transport/index.js';
import type { Target } from '../probe/exchange.js';
import { askAll, questions } from '../probe/requests.js';
import type { Answer, ApplicationView, Asked, Layer } from '../subject.js';

/** Told by its parts: the application has its own copy of Express. */
export function isExpress(value: unknown): value is Application & RequestListener {
  return (
    typeof value === 'function' &&
    typeof (value as Partial<Application>).set === 'function' &&
    typeof (value as { readonly handle?: unknown }).handle === 'function'
  );
}

/** What an Express application says of itself, without running a route. */
export function lookAtApplication(app: Application): ApplicationView {
  return { trustProxy: app.get('trust proxy') as unknown, layers: layersOf(app) };
}

interface RawLayer {
  readonly name?: unknown;
  readonly handle?: unknown;
  readonly slash?: unknown;
  readonly rawPath?: unknown;
  readonly route?: { readonly path?: unknown } | undefined;
}

function layersOf(app: Application): readonly Layer[] {
  const { router } = app as { readonly router?: { readonly stack?: unknown } };
  const stack = Array.isArray(router?.stack) ? (router.stack as readonly RawLayer[]) : [];
  return stack.map(({ name, handle, slash, rawPath, route }) => {
    const path = route?.path ?? rawPath;
    return {
      name: typeof name === 'string' && name !== '' ? name : '<anonymous>',
      handlesErrors: typeof handle === 'function' && handle.length === 4,
      path: slash === true || path === undefined ? undefined : String(path),
    };
  });
}

/** What our own TLS server would answer in the application's place. */
const servers: ReadonlySet<Asked> = new Set<Asked>(['broken', 'oversized', 'expectation']);

/**
 * Asks an application that runs nowhere yet: over TLS on loopback, under the `Host` of its origin. Its routes run, as
 * they do for anyone who asks.
 */
export async function askApplication(
  app: RequestListener,
  origin: string,
  paths: { readonly pages: readonly string[]; readonly posts: readonly string[] },
  limitMs: number,
): Promise<readonly Answer[]> {
  const { host } = new URL(origin);
  const asked = questions(host, paths.pages, paths.posts).filter(({ asked: what }) => !servers.has(what));
  return await overLoopback(app, (target) => askAll(target, asked, limitMs));
}

/** Serves an application over TLS on loopback for as long as the work takes. */
export async function overLoopback<T>(app: RequestListener, work: (target: Target) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'safekeep-doctor-'));
  try {
    const { key, cert } = await issueDevelopmentCertificates({ directory, hosts: ['localhost'] });
    const server = createTlsServer(app, { key, cert, port: 0, graceMs: 0 });
    try {
      const { port } = await server.listen();
      return await work({ address: '127.0.0.1', port, tls: true, host: 'localhost' });
    } finally {
      await server.close();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
