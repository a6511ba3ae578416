import type { Request } from 'express';
import { type Clock, type Random, systemClock, systemRandom } from '../base/clock.js';
import {
  anyRule,
  functionRule,
  integerRule,
  listRule,
  objectRule,
  oneOfRule,
  optional,
  originRule,
  readOptions,
  required,
  textRule,
  withDefault,
} from '../base/options.js';
import type { Database } from '../base/ports/database.js';
import type { Mailer } from '../base/ports/mailer.js';
import type { ReadPlaintextOptions } from '../fields/index.js';
import type { ProxiesOptions } from '../http/index.js';
import type { KeyRing, PseudonymEpochsOptions } from '../keys/index.js';
import type { Counters, LoginLimits, SignalsOptions } from '../limits/index.js';
import type { BreachedSignIn, ProvenSignIn, SignInDecision } from '../logins/index.js';
import type { BreachedOptions, PasswordsOptions } from '../passwords/index.js';
import type { Policy } from '../policy/index.js';
import type { TableInput } from '../policy/input.js';
import type { EdgeOptions, PinoLike } from '../redaction/index.js';
import type { SessionStore } from '../sessions/index.js';
import type { ErrorsOptions, PlaintextOptions } from '../transport/index.js';

/** The preset's own security events and clock are used. */
export type ReadPlaintext = Pick<ReadPlaintextOptions, 'columns' | 'reason'>;

/** What of `createPasswords` is the application's to say; the rest follows from policy, keys and origin. */
export type HashingOptions = Pick<
  PasswordsOptions,
  'cost' | 'gate' | 'engine' | 'legacy' | 'dangerouslyAcceptUnsealed'
>;

export interface SafekeepOptions<P extends string, T extends Readonly<Record<string, TableInput<P>>>> {
  /** What is personal, from `definePolicy`. */
  readonly policy: Policy<P, T>;
  /** Where the application is, e.g. `https://shop.example`. Redirects and mails go here and nowhere else. */
  readonly origin: string;
  /** In `development` HSTS lasts five minutes, so that it does no harm on `localhost`. The environment is never asked. */
  readonly mode: 'development' | 'production';
  /** The key ring, from `openKeyRing`. It stays yours: `close()` does not close it. */
  readonly keys: KeyRing;
  /** The database, from `postgres` or `embeddedPostgres`. It stays yours. */
  readonly database: Database;
  /** The declared table that holds the accounts. */
  readonly accounts: keyof T & string;
  /** Declared tables that live in another server's database, where two share one policy. Default none. */
  readonly elsewhere?: readonly (keyof T & string)[] | undefined;
  /** Your own proxies; default none. */
  readonly proxies?: ProxiesOptions | undefined;
  /** Sends confirmation and reset mails. Without one, none is sent, and the log says so each time. */
  readonly mailer?: Mailer | undefined;
  /** A pino logger; its lines are redacted from here on. Default: pino to standard output. */
  readonly log?: PinoLike | undefined;
  /**
   * Ends what pseudonyms in the log join, in days: a new key each epoch, destroyed when the log's retention is over.
   * Changes the key ring by itself, so it must be writable. Default: one key until you rotate it.
   */
  readonly pseudonymEpochs?: Pick<PseudonymEpochsOptions, 'epochDays' | 'retentionDays'> | undefined;
  /**
   * Names of request headers, query parameters and cookies that the access log prints. Default none. `false`: no access
   * log, where a proxy in front writes one.
   */
  readonly accessLog?: Omit<EdgeOptions, 'proxies'> | false | undefined;
  /** Where sessions are kept. Default: the database. Several servers may share `redisSessionStore`, of this realm. */
  readonly sessionStore?: SessionStore | undefined;
  /** Name of the session cookie, default `__Host-session`. Two servers on one host need two names. */
  readonly cookie?: string | undefined;
  /** Further Host values to answer to, e.g. `127.0.0.1:8443` in development. Default: the origin's own. */
  readonly otherHosts?: readonly string[] | undefined;
  /** Exact paths that take a POST from other sites by design, and prove it themselves: OAuth by form_post, webhooks. Default none. */
  readonly crossSitePaths?: readonly string[] | undefined;
  /** Paths that answer 204 in plaintext too, for load balancers. */
  readonly health?: readonly string[] | undefined;
  /** Path prefixes for programs, which are never redirected from plaintext, e.g. `['/api/']`. Default none. */
  readonly apiPaths?: PlaintextOptions['apiPaths'];
  /**
   * Told of credentials that came in plaintext, 60 times an hour from one network; revoke tokens of your own here.
   * Sessions end by themselves.
   */
  readonly onExposedCredential?: PlaintextOptions['onExposedCredential'];
  /** Words of this site that a password may not rest on. Default: the application's name and the origin's host. */
  readonly words?: readonly string[] | undefined;
  /** What a password hash costs, how many run at once, what computes them, which old ones may occur. Defaults of `createPasswords`. */
  readonly hashing?: HashingOptions | undefined;
  /** While an import is under way: reads plaintext of the named columns, as `createFields` does. Default: it is refused. */
  readonly dangerouslyReadPlaintext?: ReadPlaintext | undefined;
  /** Lists of breached passwords, asked for every new password and after every sign-in. Default: the one that comes along. */
  readonly breached?: BreachedOptions | undefined;
  /** Told when somebody signed in with a password of such a list: ask for another one. The sign-in stands. */
  readonly onBreachedPassword?: ((found: BreachedSignIn) => void | Promise<void>) | undefined;
  /**
   * Asked when a password was right: `challenge` or `deny` what looks odd. Accounts with a second factor are challenged
   * in any case. Default: everybody is allowed.
   */
  readonly onPasswordProven?: ((found: ProvenSignIn) => SignInDecision | Promise<SignInDecision>) | undefined;
  /** What authenticator apps call this site. Default: the origin's host. */
  readonly issuer?: string | undefined;
  /** Reads what the person typed as login, for the limit. Default: the body's `email`. */
  readonly loginOf?: ((req: Request) => string) | undefined;
  /** Tries to sign in: per subnet for one account (default 5) and for all (default 30), and the rest of `loginLimit`. */
  readonly loginLimits?: LoginLimits | undefined;
  /** Where all limits count. Default: this process alone. Several processes need `redisCounters`, over the same keys. */
  readonly counters?: Counters | undefined;
  /** Signs of guessing by machine: thresholds, and a hook of yours. Events are kept in any case. */
  readonly signals?: Omit<SignalsOptions, 'events' | 'clock' | 'random'> | undefined;
  /** Name of the cookie of remembered devices, default `__Host-device`. Two servers on one host may share it. */
  readonly deviceCookie?: string | undefined;
  /** Registrations and reset mails per subnet and hour. 1 to 10,000, default 20. */
  readonly mailsPerHour?: number | undefined;
  /** How many days an old mail address can take its account back after a change. 1 to 30, default 7. */
  readonly undoDays?: number | undefined;
  /** Refused sign-ins, registrations and resets are answered at this many milliseconds. 0 to 10,000, default 750. */
  readonly floorMs?: number | undefined;
  /** Your own pages for errors: plain HTML of a status, its title and a reference that the log has too. */
  readonly errorPage?: ErrorsOptions['render'];
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

const shape = {
  policy: required(objectRule<Policy>('assertSchema', 'table')),
  origin: required(originRule()),
  mode: required(oneOfRule('development', 'production')),
  keys: required(objectRule<KeyRing>('active', 'derive')),
  database: required(objectRule<Database>('query', 'transaction', 'columns')),
  accounts: required(textRule({ maxLength: 130 })),
  elsewhere: withDefault(listRule(textRule({ maxLength: 130 })), []),
  proxies: withDefault(anyRule<ProxiesOptions>(), {}),
  mailer: optional(objectRule<Mailer>('send')),
  log: optional(objectRule<PinoLike>('child', 'info')),
  pseudonymEpochs: optional(anyRule<Pick<PseudonymEpochsOptions, 'epochDays' | 'retentionDays'>>()),
  accessLog: optional(anyRule<Omit<EdgeOptions, 'proxies'> | false>()),
  sessionStore: optional(
    objectRule<SessionStore>('create', 'find', 'touch', 'remove', 'list', 'removeOf', 'removeAll', 'purge'),
  ),
  cookie: withDefault(textRule({ maxLength: 64 }), '__Host-session'),
  otherHosts: withDefault(listRule(textRule({ maxLength: 260 })), []),
  crossSitePaths: withDefault(listRule(textRule({ maxLength: 200 })), []),
  health: withDefault(listRule(textRule({ maxLength: 200 })), []),
  apiPaths: optional(anyRule<NonNullable<PlaintextOptions['apiPaths']>>()),
  onExposedCredential: optional(functionRule<NonNullable<PlaintextOptions['onExposedCredential']>>()),
  words: optional(listRule(textRule({ maxLength: 80 }))),
  hashing: withDefault(anyRule<HashingOptions>(), {}),
  breached: withDefault(anyRule<BreachedOptions>(), {}),
  dangerouslyReadPlaintext: optional(anyRule<ReadPlaintext>()),
  onBreachedPassword: optional(functionRule<(found: BreachedSignIn) => void | Promise<void>>()),
  onPasswordProven: optional(functionRule<(found: ProvenSignIn) => SignInDecision | Promise<SignInDecision>>()),
  issuer: optional(textRule({ maxLength: 60 })),
  loginOf: withDefault(functionRule<(req: Request) => string>(), bodyEmail),
  loginLimits: withDefault(anyRule<LoginLimits>(), {}),
  counters: optional(objectRule<Counters>('reserve', 'settle')),
  signals: withDefault(anyRule<Omit<SignalsOptions, 'events' | 'clock' | 'random'>>(), {}),
  deviceCookie: withDefault(textRule({ maxLength: 64 }), '__Host-device'),
  mailsPerHour: withDefault(integerRule({ min: 1, max: 10_000 }), 20),
  undoDays: withDefault(integerRule({ min: 1, max: 30 }), 7),
  floorMs: withDefault(integerRule({ min: 0, max: 10_000 }), 750),
  errorPage: optional(functionRule<NonNullable<ErrorsOptions['render']>>()),
  clock: withDefault(objectRule<Clock>('nowMs', 'wait'), systemClock),
  random: withDefault(objectRule<Random>('bytes', 'below'), systemRandom),
};

type LooseOptions = SafekeepOptions<string, Readonly<Record<string, TableInput<string>>>>;
type Defaulted =
  | 'elsewhere'
  | 'proxies'
  | 'cookie'
  | 'otherHosts'
  | 'crossSitePaths'
  | 'health'
  | 'hashing'
  | 'breached'
  | 'loginOf'
  | 'loginLimits'
  | 'signals'
  | 'deviceCookie'
  | 'mailsPerHour'
  | 'undoDays'
  | 'floorMs'
  | 'clock'
  | 'random';
/** The options with their defaults; the policy without the types of its tables. */
export type PresetSettings = Omit<LooseOptions, Defaulted | 'accounts' | 'policy'> & {
  readonly [K in Defaulted]: NonNullable<LooseOptions[K]>;
} & { readonly accounts: string; readonly policy: Policy };

/** @throws SafekeepError ERR_OPTION_UNKNOWN, ERR_OPTION_MISSING, ERR_OPTION_INVALID */
export function readPresetOptions(options: unknown): PresetSettings {
  return readOptions('safekeep', shape, options);
}

function bodyEmail(req: Request): string {
  const body: unknown = req.body;
  const email = typeof body === 'object' && body !== null ? (body as Record<string, unknown>)['email'] : undefined;
  return typeof email === 'string' ? email : '';
}
