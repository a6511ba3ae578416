import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { type Clock, type Random, systemClock, systemRandom } from '../base/clock.js';
import { SafekeepError } from '../base/errors.js';
import { createMeter } from '../base/meter.js';
import { nameOf, say } from '../base/names.js';
import {
  anyRule,
  functionRule,
  integerRule,
  objectRule,
  oneOfRule,
  optional,
  readOptions,
  required,
  textRule,
  withDefault,
} from '../base/options.js';
import type { DerivedKeys } from '../base/ports/derived-keys.js';
import { createKeyedFingerprint } from '../hashing/index.js';
import { createProxies, networkOf, type Proxies, subnetOf } from '../http/index.js';
import { openAttempt } from './attempt.js';
import type { CounterOutcome, Counters, WhenDown } from './counters.js';
import { createDevices, type Devices } from './devices.js';
import { foldLogin } from './fold-login.js';
import { type LoginLimits, loginRules } from './login-rules.js';
import { memoryCounters } from './memory-counters.js';
import { createSignals, type Signals } from './signals/create-signals.js';
import { subnetHeader } from './subnet-header.js';

export interface LoginLimitOptions extends LoginLimits {
  /** What the person typed as their login, from the parsed body. Unknown accounts count like known ones. */
  readonly account: (req: Request) => string;
  /** Where it counts. Default `memoryCounters()`: this process alone. Several processes need `redisCounters`. */
  readonly counters?: Counters | undefined;
  /** The key ring, for device cookies. Required with shared counters, whose processes must know each other's devices. */
  readonly keys?: DerivedKeys | undefined;
  /** Device cookies, where they are issued elsewhere too; false for none. Default: `createDevices({ keys })`. */
  readonly devices?: Devices | false | undefined;
  /** Signs of guessing by machine; false for none. Default: `createSignals()`. */
  readonly signals?: Signals | false | undefined;
  /**
   * When shared counters do not answer: `local` counts here, with this process's share of each limit; `refuse` answers
   * 503 until they do. Default `local`. Letting everybody through is not offered.
   */
  readonly whenDown?: WhenDown | undefined;
  /** Keeps the counters of two limits apart, and names the policy in the RateLimit header. Default `login`. */
  readonly name?: string | undefined;
  /** The judge of client addresses. Default: no proxy is believed. */
  readonly proxies?: Proxies | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

const shape = {
  account: required(functionRule<(req: Request) => string>()),
  counters: optional(objectRule<Counters>('reserve', 'settle')),
  keys: optional(objectRule<DerivedKeys>('derive')),
  devices: optional(anyRule<Devices | false>()),
  signals: optional(anyRule<Signals | false>()),
  whenDown: withDefault(oneOfRule('local', 'refuse'), 'local'),
  name: withDefault(textRule({ maxLength: 40 }), 'login'),
  proxies: optional(objectRule<Proxies>('clientAddress')),
  perAccount: withDefault(integerRule({ min: 1, max: 100 }), 5),
  perSubnet: withDefault(integerRule({ min: 1, max: 10_000 }), 30),
  perNetwork: optional(integerRule({ min: 1, max: 100_000 })),
  perDevice: withDefault(integerRule({ min: 1, max: 100 }), 10),
  perAccountOfStrangers: withDefault(integerRule({ min: 1, max: 1000 }), 20),
  windowSeconds: withDefault(integerRule({ min: 1, max: 86_400 }), 900),
  firstWaitSeconds: withDefault(integerRule({ min: 1, max: 900 }), 30),
  longestWaitSeconds: withDefault(integerRule({ min: 1, max: 3600 }), 900),
  forgetSeconds: withDefault(integerRule({ min: 60, max: 604_800 }), 86_400),
  clock: withDefault(objectRule<Clock>('nowMs'), systemClock),
  random: withDefault(objectRule<Random>('bytes'), systemRandom),
};

/**
 * Limits tries to sign in, on top of express-rate-limit: every try takes its place in all its counters, in one step,
 * BEFORE anything is checked, so that two hundred parallel guesses are not two hundred looks at one unfilled counter. A
 * success gives its own places back; a failure keeps them (`attemptOf`). Mount it after the body parser and in front of
 * `logins.verify`.
 *
 * It counts per subnet, per IPv6 /48, per account and subnet, per account and remembered device, per account over all
 * strangers, and all together. What a client filled itself answers 429 with the wait. What strangers filled answers as
 * a wrong password does (`attemptOf(req).allowed`), and never keeps out a device that signed in to the account before.
 * Waits grow to a quarter of an hour; nothing is locked for ever.
 *
 * It does NOT stop guesses so few and so spread that no counter fills. NIST SP 800-63B-4 3.2.2; ASVS 5.0 6.1.1, 6.3.1.
 * @throws SafekeepError ERR_LOGIN_LIMITED (429, fact `retryAfterSeconds`) and ERR_COUNTERS_UNAVAILABLE (503) through
 *   `next`; ERR_OPTION_* at set-up, also for shared counters without keys
 * @example
 * app.post('/login', loginLimit({ account: (req) => req.body.email }), handler);
 */
export function loginLimit(options: LoginLimitOptions): RequestHandler {
  const settings = readOptions('loginLimit', shape, options);
  const { account, keys, whenDown, name, windowSeconds, clock, random } = settings;
  const counters = settings.counters ?? memoryCounters({ clock, random });
  if (counters.shared && keys === undefined) {
    const expected = say`a key ring, because the counters are shared`;
    throw new SafekeepError('ERR_OPTION_INVALID', { of: nameOf('loginLimit'), option: nameOf('keys'), expected });
  }
  const proxies = settings.proxies ?? createProxies();
  const devices = settings.devices === false ? undefined : (settings.devices ?? createDevices({ keys, clock, random }));
  const signals = settings.signals === false ? undefined : (settings.signals ?? createSignals({ clock, random }));
  const rules = loginRules(name, settings);
  // Under a secret of its own: the counters' places must not be read off a header.
  const partition = createKeyedFingerprint(undefined, random);
  const tried = createMeter().counter({
    name: 'safekeep.login.attempts',
    unit: '{attempt}',
    description: 'Attempts to sign in, by what the limit made of them.',
  });
  const headed = subnetHeader({ name: `${name}-subnet`, windowSeconds, onRefused: (_req, next) => next() });

  function opened(req: Request, res: Response, next: NextFunction, attempt: Attempt, outcome: CounterOutcome): void {
    const { kinds, subnet, limit } = attempt;
    const [own] = outcome.holds;
    const isOver = outcome.refusedBy === rules.subnet || outcome.refusedBy === rules.tightSubnet;
    const used = isOver ? limit + 1 : Math.min(own?.count ?? 0, limit);
    signals?.counted(outcome.holds[kinds.indexOf('all')]?.count ?? 0);
    tried.add(1, { outcome: outcome.refusedBy ? refused : outcome.hidden ? hidden : reserved });
    const usage = { limit, used, resetAtMs: own?.resetAtMs ?? 0, partition: partition(subnet).toString(36) };
    void headed(req, usage)(req, res, (error?: unknown) => {
      if (error !== undefined) return next(error);
      if (outcome.refusedBy !== undefined) return next(limited(outcome.waitMs));
      openAttempt(req, res, { counters, rules, whenDown, outcome, devices, signals, ...attempt });
      next();
    });
  }

  return function loginLimitMiddleware(req, res, next) {
    const address = proxies.clientAddress(req);
    const client = { login: foldLogin(account(req)), subnet: subnetOf(address), network: networkOf(address) };
    const device = devices?.read(req, client.login) ?? null;
    const isTight = signals?.isTight(client.subnet) ?? false;
    const asked = rules.placesOf(client, device, isTight);
    const kinds = asked.map(({ kind }) => kind);
    const { limit } = isTight ? rules.tightSubnet : rules.subnet;
    const attempt: Attempt = { ...client, device, kinds, limit };
    const outcome = counters.reserve(
      asked.map(({ place }) => place),
      whenDown,
    );
    if (!(outcome instanceof Promise)) return opened(req, res, next, attempt, outcome);
    outcome.then((taken) => opened(req, res, next, attempt, taken)).catch(next);
  };
}

type Attempt = Pick<Parameters<typeof openAttempt>[2], 'kinds' | 'login' | 'subnet' | 'network' | 'device'> & {
  readonly limit: number;
};

const reserved = nameOf('reserved');
const refused = nameOf('refused');
const hidden = nameOf('hidden');

/** The refusal of a counter that this client filled. */
export function limited(waitMs: number): SafekeepError {
  return new SafekeepError('ERR_LOGIN_LIMITED', { retryAfterSeconds: secondsOf(waitMs) });
}

/** A wait as it is told. */
export function secondsOf(waitMs: number): number {
  return Math.max(1, Math.ceil(waitMs / 1000));
}
