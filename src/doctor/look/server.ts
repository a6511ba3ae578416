import { isIP } from 'node:net';
import { SafekeepError } from '../../base/errors.js';
import { nameOf } from '../../base/names.js';
import { headerOf } from '../answers.js';
import type { Target } from '../probe/exchange.js';
import { exchange } from '../probe/exchange.js';
import { lookAtCertificate, lookAtTls } from '../probe/handshakes.js';
import { askAll, questions, request } from '../probe/requests.js';
import type { Answer, ClockView, Subject } from '../subject.js';

export interface ServerToLookAt {
  /** Where customers reach it: `https://shop.example`. */
  readonly origin: string;
  /** PEM of authorities to trust beside the public ones. */
  readonly authorities: readonly string[];
  /** Paths of pages to look at. */
  readonly pages: readonly string[];
  /** Paths that take a POST, whose refusal of a cross-site one is to be seen. */
  readonly posts: readonly string[];
  /** The longest wait for one answer. */
  readonly limitMs: number;
}

export type ServerParts = Pick<Subject, 'tls' | 'certificate' | 'answers'>;

/**
 * Looks at a running server from outside: handshakes, its certificate, and what it answers.
 * @throws SafekeepError ERR_DOCTOR_UNREACHABLE when no handshake succeeds
 */
export async function lookAtServer(server: ServerToLookAt): Promise<ServerParts> {
  const target = targetOf(server.origin);
  const tls = await lookAtTls(target, server.limitMs);
  if (tls === undefined) {
    throw new SafekeepError('ERR_DOCTOR_UNREACHABLE', { host: nameOf(target.host), port: target.port });
  }
  const { host } = new URL(server.origin);
  return {
    tls,
    certificate: await lookAtCertificate(target, server.authorities, server.limitMs),
    answers: await askAll(target, questions(host, server.pages, server.posts), server.limitMs),
  };
}

export function targetOf(origin: string): Target {
  const { hostname, port, protocol } = new URL(origin);
  const host = hostname.replace(/^\[|\]$/g, '');
  const tls = protocol === 'https:';
  // Node asks DNS for `localhost` too; an IPv6 address has brackets in URLs only.
  return { address: host, host: isIP(host) === 0 ? hostname : host, port: Number(port) || (tls ? 443 : 80), tls };
}

/**
 * What time a server says it is, to the second. An answer out of a cache says when it was made, and how long ago that is.
 * @returns undefined where its answers bear no date
 */
export async function clockOfServer(
  origin: string,
  limitMs: number,
  nowMs: () => number,
): Promise<ClockView | undefined> {
  const askedMs = nowMs();
  const { host } = new URL(origin);
  const answer = await exchange(targetOf(origin), request('HEAD', '/', host, []), limitMs);
  if (answer === undefined) return undefined;
  const told: Answer = { asked: 'page', path: '/', ...answer };
  const date = Date.parse(headerOf(told, 'date') ?? '');
  if (Number.isNaN(date)) return undefined;
  const ageMs = 1000 * Number(/^\d{1,9}$/.exec(headerOf(told, 'age') ?? '')?.[0] ?? 0);
  return { of: 'server', nowMs: date + ageMs, askedMs, answeredMs: nowMs() };
}
