import { createHash } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import { type Clock, type Random, systemClock, systemRandom } from '../base/clock.js';
import { SafekeepError } from '../base/errors.js';
import { integerRule, objectRule, readOptions, required, textRule, withDefault } from '../base/options.js';
import type { Queryable } from '../base/ports/database.js';
import { cookieText, readCookies } from '../http/index.js';
import { browserName } from './browser-name.js';
import type { SessionStore } from './session-store.js';
import { owesFactor, verifiedEpoch } from './verified.js';

export interface SessionsOptions {
  readonly store: SessionStore;
  /** Cookie name, default `__Host-session`. Two servers on one host need two names. */
  readonly cookie?: string | undefined;
  /** Seconds without a request after which a session ends. 60 to 86,400, default 1,800. ASVS 5.0 7.3.1. */
  readonly idleSeconds?: number | undefined;
  /** Seconds after which a session ends whatever happens. 300 to 2,592,000, default 43,200. ASVS 5.0 7.3.2. */
  readonly absoluteSeconds?: number | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

/** Who is signed in. */
export interface Session {
  readonly account: string;
  readonly startedAtMs: number;
}

/** One of the sessions of an account, for its owner to look at. */
export interface OwnSession {
  /** Names it for `endOne`; nobody can sign in with it. */
  readonly handle: string;
  /** Whether it is the one this request came with. */
  readonly current: boolean;
  /** The kind of browser, e.g. `Firefox on Windows`; what it claimed to be. */
  readonly browser: string;
  readonly startedAtMs: number;
  /** Exact to a minute. */
  readonly seenAtMs: number;
}

export interface FreshOptions {
  /** How long ago the sign-in or the last proof may be, in seconds. 30 to 86,400. ASVS 5.0 7.5.1, 7.5.3. */
  readonly withinSeconds: number;
}

export interface Sessions {
  /** Looks the session up, if there is one, and lets everybody through. */
  readonly middleware: RequestHandler;
  /** Lets only signed-in requests through. @throws SafekeepError ERR_SESSION_REQUIRED (401) through `next` */
  readonly required: RequestHandler;
  /**
   * As `required`, and lets only those through who signed in, or proved themselves again, a short while ago: for what a
   * stolen session must not do alone, such as a new mail address or a second factor. Proving oneself again
   * (`logins.prove`, and the second factor where there is one) ends in `start`, which gives a new session.
   * @throws SafekeepError ERR_SESSION_REQUIRED (401), ERR_SESSION_STALE (403) through `next`; ERR_OPTION_INVALID at once
   */
  fresh(options: FreshOptions): RequestHandler;
  /**
   * Starts a session under a new id, ending the one this browser had: an id planted before the sign-in is worth nothing.
   * @throws SafekeepError ERR_SESSION_REQUIRED when the account was disabled or its password changed meanwhile;
   *   ERR_FACTOR_REQUIRED when the password was proven and the second factor is still owed
   */
  start(req: Request, res: Response, account: string): Promise<void>;
  /** Ends this browser's session and expires its cookie. */
  end(req: Request, res: Response): Promise<void>;
  /** The live sessions of the account, the last seen first. ASVS 5.0 7.5.2. */
  list(req: Request, account: string): Promise<readonly OwnSession[]>;
  /** Ends one session of the account by its handle from `list`. False: the account has no such session. */
  endOne(account: string, handle: unknown): Promise<boolean>;
  /**
   * Ends the session of an id that was seen where none must be, such as in plaintext.
   * @returns its account; null when there is no such session
   */
  endLeaked(id: string): Promise<string | null>;
  /** Ends every session of the account. */
  endAll(account: string, tx?: Queryable): Promise<void>;
  /** The cookie's name: transport counts it as a credential. */
  readonly cookie: string;
}

const shape = {
  store: required(objectRule<SessionStore>('create', 'find', 'touch', 'remove', 'list', 'removeOf', 'removeAll')),
  cookie: withDefault(textRule({ maxLength: 64 }), '__Host-session'),
  idleSeconds: withDefault(integerRule({ min: 60, max: 86_400 }), 1800),
  absoluteSeconds: withDefault(integerRule({ min: 300, max: 2_592_000 }), 43_200),
  clock: withDefault(objectRule<Clock>('nowMs'), systemClock),
  random: withDefault(objectRule<Random>('bytes'), systemRandom),
};

const freshShape = { withinSeconds: required(integerRule({ min: 30, max: 86_400 })) };

/** A seen time older than this is written again: not one UPDATE per request. */
const touchEveryMs = 60_000;
const sessions = new WeakMap<Request, Session>();

/** The session of a request behind `required` or `middleware`. @throws SafekeepError ERR_SESSION_REQUIRED */
export function sessionOf(req: Request): Session {
  const session = sessions.get(req);
  if (session === undefined) throw new SafekeepError('ERR_SESSION_REQUIRED');
  return session;
}

/** The session of a request, or undefined when nobody is signed in. */
export function maybeSessionOf(req: Request): Session | undefined {
  return sessions.get(req);
}

/**
 * Sessions by opaque 256-bit ids in a `__Host-` cookie, stored as SHA-256 (a copied table signs nobody in), new on
 * every sign-in, with idle and absolute limits. ASVS 5.0 7.2.3, 7.2.4. It does NOT protect a browser that is itself
 * taken over.
 */
export function createSessions(options: SessionsOptions): Sessions {
  const { store, cookie, idleSeconds, absoluteSeconds, clock, random } = readOptions('createSessions', shape, options);

  const idOf = (req: Request): Buffer | null => hashOf(readCookies(req).get(cookie));
  function hashOf(id: string | undefined): Buffer | null {
    return id !== undefined && /^[A-Za-z0-9_-]{43}$/.test(id) ? sha256(id) : null;
  }

  function find(idHash: Buffer, nowMs: number): ReturnType<SessionStore['find']> {
    return store.find(idHash, new Date(nowMs), new Date(nowMs - idleSeconds * 1000));
  }

  async function load(req: Request): Promise<Session | undefined> {
    const known = sessions.get(req);
    if (known !== undefined) return known;
    const idHash = idOf(req);
    if (idHash === null) return undefined;
    const nowMs = clock.nowMs();
    const stored = await find(idHash, nowMs);
    if (stored === null) return undefined;
    if (nowMs - stored.seenAtMs > touchEveryMs) await store.touch(idHash, new Date(nowMs));
    const session = Object.freeze({ account: stored.account, startedAtMs: stored.createdAtMs });
    sessions.set(req, session);
    return session;
  }

  async function requireSession(req: Request, res: Response): Promise<Session | undefined> {
    const session = await load(req);
    // What a signed-in person sees is no other cache's business. ASVS 5.0 14.2.2, 14.3.2.
    res.setHeader('Cache-Control', 'no-store');
    return session;
  }

  return Object.freeze({
    cookie,
    async middleware(req: Request, _res: Response, next: (error?: unknown) => void) {
      await load(req);
      next();
    },
    async required(req: Request, res: Response, next: (error?: unknown) => void) {
      const session = await requireSession(req, res);
      next(session === undefined ? new SafekeepError('ERR_SESSION_REQUIRED') : undefined);
    },
    fresh(how: FreshOptions) {
      const { withinSeconds } = readOptions('sessions.fresh', freshShape, how);
      return async function freshSessionMiddleware(req: Request, res: Response, next: (error?: unknown) => void) {
        const session = await requireSession(req, res);
        if (session === undefined) return next(new SafekeepError('ERR_SESSION_REQUIRED'));
        const isFresh = clock.nowMs() - session.startedAtMs <= withinSeconds * 1000;
        next(isFresh ? undefined : new SafekeepError('ERR_SESSION_STALE', { withinSeconds }));
      };
    },
    async start(req: Request, res: Response, account: string) {
      // A handler that forgets to ask for the second factor must not sign anybody in.
      if (owesFactor(req, account)) throw new SafekeepError('ERR_FACTOR_REQUIRED');
      const old = idOf(req);
      if (old !== null) await store.remove(old);
      sessions.delete(req);
      const id = random.bytes(32).toString('base64url');
      const nowMs = clock.nowMs();
      const started = await store.create({
        idHash: sha256(id),
        account,
        epoch: verifiedEpoch(req, account),
        browser: browserName(req),
        now: new Date(nowMs),
        expiresAt: new Date(nowMs + absoluteSeconds * 1000),
      });
      if (!started) throw new SafekeepError('ERR_SESSION_REQUIRED');
      sessions.set(req, Object.freeze({ account, startedAtMs: nowMs }));
      // In front of the device's cookie: a simple client keeps the first of an answer and no more.
      const others = [res.getHeader('Set-Cookie') ?? []].flat().map(String);
      res.setHeader('Set-Cookie', [cookieText(cookie, id, { sameSite: 'Lax' }), ...others]);
    },
    async end(req: Request, res: Response) {
      const idHash = idOf(req);
      if (idHash !== null) await store.remove(idHash);
      sessions.delete(req);
      res.append('Set-Cookie', cookieText(cookie, '', { sameSite: 'Lax', maxAgeSeconds: 0 }));
    },
    async endLeaked(id: string) {
      const idHash = hashOf(id);
      const stored = idHash === null ? null : await find(idHash, clock.nowMs());
      if (idHash === null || stored === null) return null;
      await store.remove(idHash);
      return stored.account;
    },
    async list(req: Request, account: string) {
      const own = idOf(req);
      const nowMs = clock.nowMs();
      const listed = await store.list(account, new Date(nowMs), new Date(nowMs - idleSeconds * 1000));
      return listed.map(({ idHash, browser, createdAtMs, seenAtMs }) =>
        Object.freeze({
          handle: idHash.toString('base64url'),
          current: own?.equals(idHash) === true,
          ...{ browser, startedAtMs: createdAtMs, seenAtMs },
        }),
      );
    },
    async endOne(account: string, handle: unknown) {
      if (typeof handle !== 'string' || !/^[A-Za-z0-9_-]{43}$/.test(handle)) return false;
      return await store.removeOf(account, Buffer.from(handle, 'base64url'));
    },
    endAll: (account: string, tx?: Queryable) => store.removeAll(account, tx),
  });
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
