import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import type { Clock } from '../base/clock.js';
import { SafekeepError } from '../base/errors.js';
import type { SecurityEvents } from '../base/ports/security-events.js';
import { cookieText, networkOf, type Proxies, readCookies, subnetOf } from '../http/index.js';
import type { CounterRule, Counters } from '../limits/index.js';
import type { Sessions } from '../sessions/index.js';
import type { ExposedCredential } from '../transport/index.js';

export type OnExposed = (exposed: readonly ExposedCredential[], req: IncomingMessage) => unknown;

interface Parts {
  readonly sessions: Sessions;
  readonly counters: Counters;
  readonly proxies: Proxies;
  readonly events: SecurityEvents;
  readonly clock: Clock;
  /** The application's own, for tokens of its own. */
  readonly further: OnExposed | undefined;
}

/** Look-ups per subnet and hour: an id that was really sent costs one, and a guess costs as much. */
const rule: CounterRule = { name: 'exposed', limit: 60, windowMs: 3_600_000, over: 'refuse' };
/** For how many sessions, and how long, the next use over TLS is told. */
const mostTold = 10_000;
const toldMs = 12 * 3_600_000;

/**
 * Ends the sessions whose cookie was sent in plaintext, where anyone on the way could read it, and tells whoever uses
 * that cookie next over TLS, once. IETF draft-ietf-httpapi-privacy. What to tell is remembered in this process: another
 * one says what it says of any session that has ended.
 */
export function exposedSessions({ sessions, counters, proxies, events, clock, further }: Parts): {
  readonly onExposedCredential: OnExposed;
  readonly tell: RequestHandler;
} {
  const ended = new Map<string, number>();

  async function endAll(exposed: readonly ExposedCredential[]): Promise<void> {
    for (const { name, value } of exposed) {
      if (name !== sessions.cookie) continue;
      const id = value.reveal();
      const account = await sessions.endLeaked(id);
      if (account === null) continue;
      const [oldest] = ended.keys();
      if (ended.size >= mostTold && oldest !== undefined) ended.delete(oldest);
      ended.set(keyOf(id), clock.nowMs() + toldMs);
      await events.record({ kind: 'session.exposed', account });
    }
  }

  return {
    async onExposedCredential(exposed, req) {
      const address = proxies.clientAddress(req);
      const { refusedBy } = await counters.reserve([{ rule, key: [networkOf(address), subnetOf(address)] }]);
      if (refusedBy !== undefined) return;
      await endAll(exposed);
      await further?.(exposed, req);
    },
    tell: function exposedSessionMiddleware(req, res, next) {
      if (ended.size === 0) return next();
      const id = readCookies(req).get(sessions.cookie);
      const until = id === undefined ? undefined : ended.get(keyOf(id));
      if (id === undefined || until === undefined) return next();
      ended.delete(keyOf(id));
      res.append('Set-Cookie', cookieText(sessions.cookie, '', { sameSite: 'Lax', maxAgeSeconds: 0 }));
      next(clock.nowMs() < until ? new SafekeepError('ERR_SESSION_EXPOSED') : undefined);
    },
  };
}

/** The ids themselves are nowhere in memory for longer than a request. */
function keyOf(id: string): string {
  return createHash('sha256').update(id).digest('base64');
}
