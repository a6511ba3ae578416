import type { IncomingMessage, ServerResponse } from 'node:http';
import { Secret } from '../base/secret.js';
import type { AcmeChallenges } from '../certificates/index.js';
import { readCookies } from '../http/index.js';
import { ensureBaseline } from './baseline-headers.js';
import { closeAfter } from './linger.js';
import { wantsJson } from './negotiate.js';

/** A credential that somebody sent in plaintext, so that anyone on the way may have it. Revoke it. */
export interface ExposedCredential {
  readonly kind: 'authorization' | 'cookie';
  /** The cookie's name; `authorization` for the header. */
  readonly name: string;
  /** Not checked: most of what arrives here is a guess. Look it up by its hash, and limit how often. */
  readonly value: Secret<string>;
}

export interface PlaintextRules {
  readonly origin: string;
  readonly isApi: (path: string) => boolean;
  readonly cookies: readonly string[];
  readonly health: readonly string[];
  readonly challenges: AcmeChallenges | undefined;
  readonly onExposedCredential: ((exposed: readonly ExposedCredential[], req: IncomingMessage) => unknown) | undefined;
}

const refusalText = 'This server answers over TLS only. What you sent was not read; credentials in it are exposed.\n';
const refusalJson = `${JSON.stringify({
  type: 'about:blank',
  title: 'Forbidden',
  status: 403,
  detail: refusalText.trim(),
})}\n`;

/**
 * Answers a request that came in plaintext, and never passes it on: 308 to the configured origin for a page asked for
 * without a credential, 204 for a declared health path, an authority's pending challenge, else 403 with bytes that do not depend on what was sent. The
 * body stays unread. Nothing of the request is echoed but the path, and that only behind the configured origin.
 * IETF draft-ietf-httpapi-privacy; ASVS 5.0 V4.1.2, V12.2.1.
 */
export function answerPlaintext(
  req: IncomingMessage,
  res: ServerResponse,
  target: string,
  rules: PlaintextRules,
): void {
  const exposed = credentialsOf(req, rules.cookies);
  const path = target.split('?', 1)[0] ?? '';
  const harmless = (req.method === 'GET' || req.method === 'HEAD') && exposed.length === 0 && !hasBody(req);
  const proof = harmless ? rules.challenges?.answer(target) : undefined;
  ensureBaseline(res);
  closeAfter(req, res);
  if (harmless && rules.health.includes(path)) {
    res.writeHead(204).end();
  } else if (proof !== undefined) {
    res
      .writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': Buffer.byteLength(proof) })
      .end(proof);
  } else if (harmless && isEchoable(target) && !rules.isApi(path) && !wantsJson(req)) {
    res.writeHead(308, { Location: rules.origin + target, 'Content-Length': '0' }).end();
  } else {
    const json = rules.isApi(path) || wantsJson(req);
    const body = json ? refusalJson : refusalText;
    const type = json ? 'application/problem+json; charset=utf-8' : 'text/plain; charset=utf-8';
    res.writeHead(403, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) }).end(body);
  }
  if (exposed.length > 0 && rules.onExposedCredential !== undefined) report(rules.onExposedCredential, exposed, req);
}

/** The path goes behind our origin, so it must be one: `@evil.example`, `//evil.example` and `http://evil.example/` are not. */
function isEchoable(target: string): boolean {
  return /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(target);
}

function hasBody(req: IncomingMessage): boolean {
  return req.headers['transfer-encoding'] !== undefined || (req.headers['content-length'] ?? '0') !== '0';
}

function credentialsOf(req: IncomingMessage, names: readonly string[]): ExposedCredential[] {
  const exposed: ExposedCredential[] = [];
  const { authorization } = req.headers;
  if (authorization !== undefined) {
    exposed.push({ kind: 'authorization', name: 'authorization', value: new Secret(authorization, 'credential') });
  }
  const cookies = readCookies(req);
  for (const name of names) {
    const value = cookies.get(name);
    if (value !== undefined) exposed.push({ kind: 'cookie', name, value: new Secret(value, 'credential') });
  }
  return exposed;
}

/** After the answer is on its way, so that its time tells nothing of what the look-up found. */
function report(
  hook: NonNullable<PlaintextRules['onExposedCredential']>,
  exposed: readonly ExposedCredential[],
  req: IncomingMessage,
): void {
  setImmediate(async () => {
    try {
      await hook(exposed, req);
    } catch {
      process.emitWarning(
        'onExposedCredential failed: an exposed credential may not have been revoked',
        'SafekeepWarning',
      );
    }
  });
}
