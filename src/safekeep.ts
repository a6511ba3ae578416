import type { Application, ErrorRequestHandler, Request, RequestHandler } from 'express';
import {
  type Accounts,
  createRegistrations,
  type Registration,
  type Registrations,
  sqlAccounts,
} from './accounts/index.js';
import { createDisclosures, type Disclosures, type SqlSecurityEvents, sqlSecurityEvents } from './audit/index.js';
import { isSafekeepError } from './base/errors.js';
import type { Log } from './base/ports/log.js';
import type { MailMessage } from './base/ports/mailer.js';
import { sendLater } from './base/send-later.js';
import { createPreferences, type Preferences } from './consent/index.js';
import { migrate } from './database/index.js';
import { createEnvelopes } from './envelope/index.js';
import { createFields, type Fields } from './fields/index.js';
import { createPseudonyms } from './hashing/index.js';
import { createProxies, type Proxies, subnetOf } from './http/index.js';
import { turnPseudonymEpochs } from './keys/index.js';
import {
  createDevices,
  createSignals,
  type Devices,
  loginLimit,
  memoryCounters,
  requestLimit,
} from './limits/index.js';
import { createLogins, type Logins, type ProvenSignIn, type SignInDecision } from './logins/index.js';
import { createPasswords, type Passwords } from './passwords/index.js';
import type { Policy } from './policy/index.js';
import type { TableInput } from './policy/input.js';
import { accessLog } from './preset/access-log.js';
import { compose } from './preset/compose.js';
import { redactedLog } from './preset/default-log.js';
import { exposedSessions } from './preset/exposed-sessions.js';
import { grantedPurposes } from './preset/granted-purposes.js';
import { housekeeping } from './preset/housekeeping.js';
import { type ListenOptions, type ListenPlaintextOptions, listeners } from './preset/listeners.js';
import { missingMailer } from './preset/missing-mailer.js';
import { readPresetOptions, type SafekeepOptions } from './preset/options.js';
import { createRedactor, type Redactor } from './redaction/index.js';
import { createMailChanges, createResets, type MailChanges, type Resets, sqlResetStore } from './resets/index.js';
import { passwordChangedMail } from './resets/mail-texts.js';
import { createSecondFactor, type SecondFactor } from './second-factor/index.js';
import { factorChangedMail } from './second-factor/mail-texts.js';
import { createSessions, maybeSessionOf, type Sessions, sqlSessionStore } from './sessions/index.js';
import {
  cookieGuard,
  crossOriginGuard,
  errors,
  type Listening,
  notFound,
  secureHeaders,
  tlsOnly,
} from './transport/index.js';

export type { ListenOptions, ListenPlaintextOptions } from './preset/listeners.js';
export type { SafekeepOptions } from './preset/options.js';

/** The accounts, and how one begins. */
export interface KeepAccounts extends Accounts, Registrations {
  /** Limits registrations per subnet: mount it on the route that calls `register`. */
  readonly limit: RequestHandler;
}

/** Every part of the toolkit over one policy, one database and one key ring. */
export interface Keep<P extends string, T extends Readonly<Record<string, TableInput<P>>>> {
  /** First of all middleware: access log, headers, TLS only, cookie guard, cross-origin guard. */
  readonly guard: RequestHandler;
  readonly logins: Logins;
  readonly sessions: Sessions;
  readonly secondFactor: SecondFactor;
  /** Remembered devices: `remember` one after a second factor or a reset; a plain sign-in does it by itself. */
  readonly devices: Devices;
  readonly resets: Resets;
  /** Another mail address for an account: asked for, confirmed at the new one, undone from the old one. */
  readonly mailChanges: MailChanges;
  readonly accounts: KeepAccounts;
  readonly preferences: Preferences;
  readonly passwords: Passwords;
  readonly fields: Fields<Policy<P, T>>;
  readonly policy: Policy<P, T>;
  readonly redactor: Redactor;
  /** A redacted logger. */
  readonly log: Log;
  readonly events: SqlSecurityEvents;
  /** Who was given whose data: recorded before it leaves. */
  readonly disclosures: Disclosures;
  readonly proxies: Proxies;
  /** In front of `errors`: a page for what no route answers. */
  readonly notFound: RequestHandler;
  /** Last of all: answers errors without echoing anything. */
  readonly errors: ErrorRequestHandler;
  /**
   * Serves the application over TLS, and a renewed certificate as soon as it lies in the files or SIGHUP comes.
   * @throws SafekeepError for a port that is taken, a pair that does not match
   */
  listen(app: Application, options: ListenOptions): Promise<Listening>;
  /** A second, plaintext listener that processes nothing: pages are sent to the origin, the rest is refused. */
  listenPlaintext(options: ListenPlaintextOptions): Promise<Listening>;
  /**
   * Work of yours beside ours, such as deleting what was kept long enough: at once, then every ten minutes, one task
   * after the other. What it throws is logged and stops nothing. Resolves after the first run.
   */
  addHousekeeping(task: () => Promise<unknown>): Promise<void>;
  /** Stops listening, lets requests end, stops housekeeping. Database and keys stay yours to close. */
  close(): Promise<void>;
}

/**
 * Mounts the whole toolkit: migrates the schema `safekeep`, compares the live database with the policy, and wires every
 * part to the same policy, keys, clock and proxies. Each part can be had alone from its own subpath.
 * @throws SafekeepError ERR_SCHEMA_DRIFT when the database has what the policy does not know, ERR_ACCOUNTS_POLICY when
 *   the named table is none of accounts, ERR_PASSWORD_ENGINE when the engine fails its self-test, ERR_PEER_MISSING for
 *   `bcrypt` among the old schemes without its package, ERR_OPTION_* for options that do not fit, and what the database
 *   throws
 */
export async function safekeep<const P extends string, const T extends Readonly<Record<string, TableInput<P>>>>(
  options: SafekeepOptions<P, T>,
): Promise<Keep<P, T>> {
  const settings = readPresetOptions(options);
  const { database, keys, origin, clock, random, accounts: table, floorMs } = settings;
  const policy = options.policy;
  const { application } = policy;
  const mailer = settings.mailer ?? missingMailer;

  const { pseudonymEpochs } = settings;
  const turnEpochs = async (): Promise<void> => {
    if (pseudonymEpochs !== undefined) await turnPseudonymEpochs({ ...pseudonymEpochs, keys, clock });
  };
  await turnEpochs();
  const redactor = createRedactor({ policy, pseudonyms: createPseudonyms({ keys }) });
  const log = await redactedLog(settings.log, redactor);
  const proxies = createProxies({
    onUnlisted: ({ address }) => log.warn({ client: address }, unlistedProxy),
    ...settings.proxies,
  });
  await migrate(database);
  settings.policy.assertSchema(await database.columns(), settings.elsewhere);

  const onMailError = (error: unknown): void => log.error({ err: error }, 'a mail was not sent');
  const events = sqlSecurityEvents({ database, realm: table });
  // Inside, the tables have no names the compiler knows; outside, they carry the policy's.
  const inTheClear = settings.dangerouslyReadPlaintext;
  const fields: Fields = createFields({
    application,
    keys,
    policy: settings.policy,
    random,
    database,
    dangerouslyReadPlaintext: inTheClear === undefined ? undefined : { ...inTheClear, events, clock },
  });
  const envelopes = createEnvelopes({ application, keys, random });
  const words = settings.words ?? [application, new URL(origin).hostname];
  const passwordColumn = [...policy.table(table).columns.values()].find(({ kind }) => kind === 'password_hash');
  const passwords = createPasswords({
    ...settings.hashing,
    keys,
    place: { application, table, column: passwordColumn?.name },
    rules: { words },
    breached: settings.breached,
    events,
    clock,
    random,
  });
  // Before anything listens: an engine that crashes or hashes wrongly must not meet a customer's password.
  const { engine, isolated } = await passwords.selfTest();
  if (isolated) log.info({ engine, isolated }, 'password engine tested');
  else log.warn({ engine, isolated }, 'password engine tested in this process only');
  // A scheme that cannot be computed here stops the start, and not the sign-ins; the floor is measured in a quiet moment.
  if ((settings.hashing.legacy ?? []).length > 0) await passwords.dearestMs();
  const accounts = sqlAccounts({ database, policy: settings.policy, fields, table, clock });
  const store = settings.sessionStore ?? sqlSessionStore({ database, realm: table });
  const sessions = createSessions({ store, cookie: settings.cookie, clock, random });
  const preferences = createPreferences({ database, policy, realm: table, clock });

  /** Also to an address that was changed a short while ago: whoever changed it would be told alone otherwise. */
  async function tellOwner(account: string, mail: (to: string) => MailMessage): Promise<void> {
    for (const to of await mailChanges.noticeAddresses(account)) sendLater(mailer, mail(to), onMailError);
  }
  const counters = settings.counters ?? memoryCounters({ clock, random });
  const devices = createDevices({ keys, cookie: settings.deviceCookie, clock, random });
  const signals = createSignals({ ...settings.signals, events, clock, random });
  const limiting = { ...settings.loginLimits, counters, keys, proxies, clock, random };
  /** One budget for the present password, whichever page asks for it. */
  const proofLimit = (account: (req: Request) => string): RequestHandler =>
    loginLimit({ ...limiting, name: 'change', account, devices: false, signals: false });
  /** The stricter of the application's answer and ours: a second factor is never talked away. */
  async function decide(found: ProvenSignIn): Promise<SignInDecision> {
    const decision = (await settings.onPasswordProven?.(found)) ?? 'allow';
    return decision === 'allow' && (await secondFactor.isOn(found.account)) ? 'challenge' : decision;
  }
  const logins = createLogins({
    accounts,
    passwords,
    limit: loginLimit({ ...limiting, account: settings.loginOf, devices, signals }),
    // Who is signed in proves himself once more: no device of his has a budget of its own for that.
    changeLimit: proofLimit((req) => maybeSessionOf(req)?.account ?? ''),
    events,
    floorMs,
    proxies,
    clock,
    onPasswordProven: decide,
    hasSecondFactor: (account) => secondFactor.isOn(account),
    onPasswordChanged: (account) => tellOwner(account, (to) => passwordChangedMail(to, origin, '/forgot')),
    onBreachedPassword: settings.onBreachedPassword,
    onRehashError: (error) => log.error({ err: error }, 'a password was not hashed again'),
  });
  const secondFactor = createSecondFactor({
    database,
    realm: table,
    accounts,
    passwords,
    envelopes,
    issuer: settings.issuer ?? new URL(origin).hostname,
    prove: logins.prove,
    limit: (account, of) => {
      // No stranger's tries may use up the owner's recovery codes: they count for each subnet by itself.
      const owner = (req: Request): string => `${account(req)} ${subnetOf(proxies.clientAddress(req))}`;
      const counted = of === 'recovery' ? owner : account;
      return loginLimit({ ...limiting, name: of, account: counted, devices: false, signals: false });
    },
    onPaid: async ({ req, res, account, epoch }) => {
      const login = await accounts.mailAddress(account);
      if (login !== null) devices.remember(req, res, login, epoch);
    },
    cookie: `${settings.cookie}-challenge`,
    onChanged: (account, change) =>
      tellOwner(account, (to) => factorChangedMail(to, change, { origin, forgotPath: '/forgot' })),
    events,
    floorMs,
    clock,
    random,
  });
  const mailLimit = (name: string): RequestHandler =>
    requestLimit({ name, perSubnet: settings.mailsPerHour, counters, proxies, clock });
  const mails = mailLimit('mail');
  const registrations = createRegistrations({
    database,
    policy,
    fields,
    envelopes,
    accounts,
    passwords,
    table,
    mailer,
    origin,
    events,
    proxies,
    floorMs,
    clock,
    random,
    onMailError,
    onConfirmed: async ({ account, extra, registeredAtMs }, tx) => {
      for (const purpose of grantedPurposes(extra)) {
        const request = { account, purpose, channel: 'email', state: 'granted', method: 'registration form' } as const;
        await preferences.record({ ...request, statedAtMs: registeredAtMs }, tx);
      }
    },
  });
  const resets = createResets({
    store: sqlResetStore({ database, realm: table }),
    accounts,
    passwords,
    mailer,
    origin,
    events,
    proxies,
    floorMs,
    clock,
    random,
    onMailError,
    limit: mails,
    devices,
    noticeAddresses: (account) => mailChanges.noticeAddresses(account),
  });
  const mailChanges = createMailChanges({
    database,
    policy: settings.policy,
    fields,
    envelopes,
    accounts,
    table,
    sessions,
    prove: logins.prove,
    proofLimit,
    mailer,
    origin,
    limit: mails,
    devices,
    undoDays: settings.undoDays,
    floorMs,
    onMailError,
    events,
    clock,
    random,
  });

  const exposed = exposedSessions({
    sessions,
    counters,
    proxies,
    events,
    clock,
    further: settings.onExposedCredential,
  });
  const plaintext = {
    origin,
    cookies: [settings.cookie, secondFactor.cookie, devices.cookie],
    health: settings.health,
    apiPaths: settings.apiPaths,
    onExposedCredential: exposed.onExposedCredential,
  };
  // In development HSTS would bind every other port of `localhost` too: five minutes show it and do no harm.
  const hsts = settings.mode === 'development' ? ({ hsts: 'trial' } as const) : {};
  const guard = compose('safekeepGuard', [
    ...(settings.accessLog === false ? [] : [accessLog(log, proxies, clock, settings.accessLog)]),
    // In front of what refuses, so that a refusal carries every header too.
    secureHeaders({ proxies, random, ...hsts }),
    tlsOnly({ ...plaintext, proxies, otherHosts: settings.otherHosts }),
    cookieGuard({
      mode: settings.mode,
      own: [settings.cookie, secondFactor.cookie, devices.cookie],
      onFinding: (finding, cookie) => log.warn({ finding, cookie }, 'a cookie was mended or dropped'),
    }),
    crossOriginGuard({ origin, crossSitePaths: settings.crossSitePaths }),
    exposed.tell,
  ]);
  const tidying = housekeeping(
    [
      registrations.purge,
      resets.purge,
      mailChanges.purge,
      secondFactor.purge,
      () => store.purge(new Date(clock.nowMs())),
      turnEpochs,
    ],
    (error) => log.error({ err: error }, 'housekeeping failed'),
  );
  const serving = listeners(log, plaintext, { clock, ...hsts });

  async function register(registration: Registration, req?: Request): Promise<void> {
    // A misspelt purpose would come up days later, when the code comes back, and cost the person the registration.
    for (const purpose of grantedPurposes(registration.extra ?? {})) preferences.assertChoice(purpose);
    await registrations.register(registration, req);
  }

  return Object.freeze({
    guard,
    logins,
    sessions,
    secondFactor,
    devices,
    resets,
    mailChanges,
    accounts: Object.freeze({ ...accounts, ...registrations, register, limit: mailLimit('register') }),
    preferences,
    passwords,
    fields: fields as Fields<Policy<P, T>>,
    policy,
    redactor,
    log,
    events,
    disclosures: createDisclosures({ database, policy: settings.policy, realm: table }),
    proxies,
    notFound: notFound(),
    errors: errors({
      render: settings.errorPage,
      onError({ error, status, reference, method }) {
        // What the client did is told briefly; what we did, with its stack.
        if (status >= 500) log.error({ err: error, status, reference, method }, 'request failed');
        else log.warn({ code: codeOf(error), status, reference, method }, 'request refused');
      },
    }),
    listen: serving.listen,
    listenPlaintext: serving.listenPlaintext,
    addHousekeeping: tidying.add,
    async close() {
      await serving.close();
      await tidying.stop();
    },
  });
}

/** Whoever is redirected in circles finds this line, and the doctor points to it. */
const unlistedProxy =
  'a proxy that is not listed says that its client came over TLS: list its address in proxies.trusted if it is yours';

function codeOf(error: unknown): string {
  return isSafekeepError(error) ? error.code : error instanceof Error ? error.name : 'unknown';
}
