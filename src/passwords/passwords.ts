import type { PasswordHash } from '../base/brands.js';
import { type Clock, type Random, systemClock, systemRandom } from '../base/clock.js';
import { SafekeepError } from '../base/errors.js';
import { nameOf, say } from '../base/names.js';
import { anyRule, integerRule, objectRule, optional, readOptions, reasonRule, withDefault } from '../base/options.js';
import type { SecurityEvents } from '../base/ports/security-events.js';
import type { KeyRing } from '../keys/index.js';
import type { BreachVerdict } from './breached/breached-list.js';
import { givesTarget } from './check-password.js';
import { bounds, type Cost, type CostOptions, readCost } from './cost.js';
import { measureDearest } from './dearest.js';
import type { EngineChoice } from './engine.js';
import { type EngineReport, openEngine } from './engines/open-engine.js';
import { type Client, createGate, type GateOptions } from './gate.js';
import { type Declared, loadSchemes, readDeclared } from './legacy/declared.js';
import type { LegacyChoice, LegacyScheme } from './legacy/schemes.js';
import { formatWrapped, wrapInput } from './legacy/wrapped.js';
import { type BreachedOptions, createNewPasswords } from './new-password.js';
import { mostBytes, mostCodePoints, readPasswordText } from './password-text.js';
import { formatPhc, type Phc } from './phc.js';
import { formOf, type PasswordPlace } from './sealed.js';
import { type OldSchemes, readStored } from './stored-password.js';
import type { RulesOptions, Weakness, WeaknessContext } from './weaknesses.js';

export interface PasswordsOptions {
  /** What a new hash costs. Default 19456 KiB, 2 passes, 1 lane; nothing below OWASP's floor is accepted. */
  readonly cost?: CostOptions | undefined;
  /**
   * The most memory spent on a hash that is already stored, in KiB. From the cost's own memory to 1048576; default
   * 65536, 102400 where `argon2` is among `legacy`, or the cost's own where that is more. A stored string that asks for
   * more is "no match".
   */
  readonly memoryCeilingKiB?: number | undefined;
  /**
   * Old schemes that stored hashes may be of, each alone or with a ceiling of its own: `['bcrypt', { scheme: 'pbkdf2',
   * most: 600_000 }]`. Any other is "no match" and the event `password.undeclared`. Default none. The dearest of them
   * sets the floor of every refused sign-in; take one out again when no hash is left of it.
   */
  readonly legacy?: readonly (LegacyScheme | LegacyChoice)[] | undefined;
  /** Seals what is stored under this key ring. Default: plain PHC strings. */
  readonly keys?: KeyRing | undefined;
  /** Where the sealed hashes lie: application, table, column. A hash opens only there, in its account's row. */
  readonly place?: PasswordPlace | undefined;
  /**
   * Lets plain PHC strings of before the ring verify, and be sealed by `rehash()`. While it is on, whoever can write to
   * the table can plant a hash of their own. A reason, and better a date too.
   */
  readonly dangerouslyAcceptUnsealed?: string | undefined;
  /** How many hashes run, wait, and for how long. */
  readonly gate?: GateOptions | undefined;
  /** Words of this site that a password may not rest on. */
  readonly rules?: RulesOptions | undefined;
  /** Lists of breached passwords, and what happens when one cannot be read. Default: the one that comes along. */
  readonly breached?: BreachedOptions | undefined;
  /**
   * Told of stored strings that cannot be used (`password.bounds`, `password.undeclared`, `password.unreadable`) and of
   * new passwords that could not be checked (`password.unchecked`). Default: nobody is told.
   */
  readonly events?: SecurityEvents | undefined;
  /**
   * What computes argon2: `argon2` (default), `@node-rs/argon2` where that package is installed, `crypto.argon2` on Node
   * 24.7 and later, `fastest` of those that are there, or your own. All give the same tags: change it at any time.
   */
  readonly engine?: EngineChoice | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

export interface HashContext {
  /** The account's row key: with a key ring the hash is sealed for it. */
  readonly account: string;
  readonly client?: Client | undefined;
  /** Aborted when the client went away: work that still waits is dropped. */
  readonly signal?: AbortSignal | undefined;
}
/** `account` is required with a key ring where something is stored. */
export type VerifyContext = Partial<HashContext>;

/** The password was right. Holds it until it is let go of: do not keep it. */
export interface Verified {
  /**
   * The hash that should take the stored one's place, when that differs from what `hash` writes today (any parameter,
   * the variant, an old scheme, unsealed under a ring, not composed); undefined when it is as it should be. Write it with a
   * compare-and-swap on the old one.
   * @throws SafekeepError ERR_PASSWORD_BUSY: the old one is still good, try at the next sign-in
   */
  rehash(): Promise<PasswordHash> | undefined;
}

export interface Passwords {
  /**
   * @throws SafekeepError ERR_PASSWORD_LENGTH, ERR_PASSWORD_TEXT, ERR_PASSWORD_BUSY, ERR_PASSWORD_ABANDONED,
   *   ERR_NATIVE_MODULE, ERR_PASSWORD_ENGINE
   */
  hash(password: string, context: HashContext): Promise<PasswordHash>;
  /**
   * @param stored null for an account that does not exist: the same work is done
   * @returns null when it does not match, whatever the reason
   * @throws SafekeepError only when it could not decide: ERR_PASSWORD_BUSY, ERR_PASSWORD_ABANDONED, ERR_NATIVE_MODULE,
   *   ERR_PASSWORD_ENGINE; ERR_PEER_MISSING where `bcrypt` is declared and not installed, whosever account it is;
   *   ERR_OPTION_MISSING for a sealed hash without `account`; and what `events` throws
   */
  verify(stored: string | null, password: string, context?: VerifyContext): Promise<Verified | null>;
  /**
   * Puts argon2id over an old hash without its password, so that no weak hash waits for a sign-in; `verify` accepts it,
   * and `rehash()` offers plain argon2id. The old digest is gone from what comes back. For whole tables: `wrapPasswords`.
   * @returns what should stand there: `stored` itself where it is argon2 already, and sealed where there is a ring
   * @throws SafekeepError ERR_PASSWORD_LEGACY for what could not be verified either: a scheme that is not declared, out
   *   of bounds, unreadable, unsealed under a ring; and what `hash` throws
   */
  wrapLegacy(stored: string, context: HashContext): Promise<PasswordHash>;
  /** What speaks against a new password, in words for the person who chose it; empty when nothing does. */
  weaknesses(password: string, context?: WeaknessContext): Promise<readonly Weakness[]>;
  /** Whether a password is in a breached list: for a password that was right at a sign-in. @throws what `events` throws */
  breached(password: string): Promise<BreachVerdict>;
  /** What a new hash costs. */
  readonly cost: Cost;
  /** The most memory that hashing can take at once, in KiB: hashes that run times the ceiling of one. */
  readonly memoryBoundKiB: number;
  /**
   * Tries the engine in a child process, which a native module that crashes cannot take along, and then asks it for
   * published tags here. To be awaited before the server listens; the preset does. The report says which engine it is.
   * @throws SafekeepError ERR_PASSWORD_ENGINE (facts `engine`, `because`), ERR_NATIVE_MODULE
   */
  selfTest(): Promise<EngineReport>;
  /**
   * Milliseconds within which the dearest verification ends that the options allow (every scheme of `legacy` at its
   * ceiling, our own cost), measured at the first call: refused sign-ins must leave no earlier. Takes a few of them.
   */
  dearestMs(): Promise<number>;
  /** Hashes that run and requests that wait at this moment, for metrics. */
  load(): { readonly running: number; readonly waiting: number };
}

const optionsShape = {
  cost: withDefault(anyRule<CostOptions>(), {}),
  memoryCeilingKiB: optional(integerRule(bounds.memoryKiB)),
  legacy: withDefault(anyRule<readonly (LegacyScheme | LegacyChoice)[]>(), []),
  keys: optional(objectRule<KeyRing>('active', 'find')),
  place: withDefault(anyRule<PasswordPlace>(), {}),
  dangerouslyAcceptUnsealed: optional(reasonRule()),
  gate: withDefault(anyRule<GateOptions>(), {}),
  rules: withDefault(anyRule<RulesOptions>(), {}),
  breached: withDefault(anyRule<BreachedOptions>(), {}),
  events: optional(objectRule<SecurityEvents>('record')),
  engine: withDefault(anyRule<EngineChoice>(), 'argon2'),
  clock: withDefault(objectRule<Clock>('nowMs', 'wait'), systemClock),
  random: withDefault(objectRule<Random>('bytes', 'below'), systemRandom),
};
const noSchemes: OldSchemes = { declared: new Map(), loaded: new Map() };
const saltBytes = 16;
const tagBytes = 32;

/**
 * Stores and checks passwords: argon2id, refused below OWASP's floor; stored strings read strictly and within bounds;
 * the same work whether the account exists or not; and a gate in front, so that a storm of sign-ins takes neither the
 * thread pool nor the memory of the server. docs/passwords.md has the sizing.
 *
 * It does NOT count attempts (`loginLimit`), does NOT make answers leave at one time (`createLogins`: a stored hash of
 * another cost takes another time), and knows breached passwords only from the lists that it is given (`breached`).
 * ASVS 5.0 V6.2.1, V6.2.4, V6.2.5, V6.2.8, V6.2.9, V6.2.11, V6.2.12, V11.4.2, V15.2.2; RFC 9106.
 * @throws SafekeepError ERR_PASSWORD_COST for a cost below the floor, ERR_OPTION_* for options that do not fit
 * @example
 * import { createPasswords } from 'safekeep/passwords';
 * const passwords = createPasswords();
 * const stored = await passwords.hash('salt marsh at low tide', { account: '17' });
 * const verified = await passwords.verify(stored, 'salt marsh at low tide', { account: '17' });
 * if (!verified) throw new Error('refused');
 */
export function createPasswords(options: PasswordsOptions = {}): Passwords {
  const read = readOptions('createPasswords', optionsShape, options);
  const cost = readCost(read.cost);
  const declared = readDeclared(read.legacy);
  const ceilingKiB = ceilingOf(cost, read.memoryCeilingKiB, declared);
  const { random } = read;
  const engine = openEngine(read.engine);
  const gate = createGate(read.gate, read.clock, random);
  const form = formOf(read, random);
  const newPasswords = createNewPasswords(read);
  /** Stands where no stored hash can be used. Nobody knows a password for it, and none could be told apart from it. */
  const dummy: Phc = { variant: 'argon2id', ...cost, salt: random.bytes(saltBytes), tag: random.bytes(tagBytes) };

  const old = loadSchemes(declared, ceilingKiB).then((loaded): OldSchemes => ({ declared, loaded }));
  // Whoever verifies hears of it, known account or not.
  old.catch(() => undefined);
  let dearest: Promise<number> | undefined;

  function tagOf(password: Buffer, { variant, memoryKiB, passes, lanes, salt, tag }: Phc): Promise<Uint8Array> {
    return engine.tag({ password, variant, memoryKiB, passes, lanes, salt, tagBytes: tag.length });
  }

  async function phcOf(password: Buffer, client?: Client, signal?: AbortSignal): Promise<string> {
    const blank: Phc = { ...dummy, salt: random.bytes(saltBytes), tag: Buffer.alloc(tagBytes) };
    const tag = Buffer.from(await gate.run(() => tagOf(password, blank), client, signal));
    return formatPhc({ ...blank, tag });
  }
  async function hashText(password: Buffer, { account, client, signal }: HashContext): Promise<PasswordHash> {
    return form.write(await phcOf(password, client, signal), account) as PasswordHash;
  }

  return Object.freeze({
    async hash(password: string, context: HashContext) {
      accountOf('passwords.hash', context);
      const text = readPasswordText(password);
      if (text.usable) return await hashText(text.stored, context);
      if (text.because === 'text') throw new SafekeepError('ERR_PASSWORD_TEXT');
      throw new SafekeepError('ERR_PASSWORD_LENGTH', { mostCodePoints, mostBytes });
    },

    async verify(stored: string | null, password: string, context: VerifyContext = {}) {
      const text = readPasswordText(password);
      // Without old schemes at once: requests wait in the order in which they came.
      const schemes = declared.size === 0 ? noSchemes : await old;
      const found =
        typeof stored === 'string' ? readStored(form.read(stored, context.account), ceilingKiB, schemes) : undefined;
      const target = text.usable ? found?.target : undefined;
      // Every form is computed, match or not: how many there are depends on what was typed and on nothing stored.
      const forms = text.usable ? text.forms : [Buffer.alloc(0)];
      const matches = await gate.run(
        async () => {
          const computed: boolean[] = [];
          for (const typed of forms) computed.push(await givesTarget(typed, target, dummy, tagOf));
          return computed;
        },
        context.client,
        context.signal,
      );
      if (found?.event !== undefined) await read.events?.record({ ...found.event, account: context.account });
      const matched = matches.lastIndexOf(true);
      if (!text.usable || target === undefined || matched < 0) return null;
      const { stored: composed } = text;
      const { phc } = target;
      const current =
        found?.current === true && forms[matched] === composed && phc !== undefined && isCurrent(phc, cost);
      return Object.freeze({
        rehash() {
          if (current) return undefined;
          // Without the signal: this is work for after the answer, when the request is over.
          return hashText(composed, { account: context.account ?? '', client: context.client });
        },
      });
    },

    async wrapLegacy(stored: string, context: HashContext) {
      const account = accountOf('passwords.wrapLegacy', context);
      const opened = form.read(stored, account);
      const { target, event } = readStored(opened, ceilingKiB, await old);
      if (target === undefined || opened.text === undefined) {
        throw new SafekeepError('ERR_PASSWORD_LEGACY', event?.facts);
      }
      const { digest, settings } = target.old ?? {};
      if (digest === undefined || settings === undefined) {
        return (opened.current ? stored : form.write(opened.text, account)) as PasswordHash;
      }
      const phc = await phcOf(wrapInput(settings, digest), context.client, context.signal);
      return form.write(formatWrapped(settings, phc), account) as PasswordHash;
    },

    weaknesses: (password: string, context: WeaknessContext = {}) => newPasswords.weaknesses(password, context),
    breached: newPasswords.breached,
    cost,
    memoryBoundKiB: gate.running * ceilingKiB,
    selfTest: engine.selfTest,
    dearestMs() {
      const measured = async (): Promise<number> => {
        const schemes = await old;
        return await gate.run(() => measureDearest(schemes, dummy, ceilingKiB, tagOf, read.clock));
      };
      dearest ??= measured().catch((error: unknown) => {
        dearest = undefined;
        throw error;
      });
      return dearest;
    },
    load: gate.load,
  });
}

function accountOf(of: string, context: HashContext | undefined): string {
  const account: unknown = context?.account;
  if (typeof account === 'string' && account !== '') return account;
  throw new SafekeepError('ERR_OPTION_MISSING', { of: nameOf(of), option: nameOf('account') });
}

/** Whether a hash is what `hash` would write today: all parameters and the variant, up or down. */
function isCurrent(phc: Phc, cost: Cost): boolean {
  return (
    phc.variant === 'argon2id' &&
    phc.memoryKiB === cost.memoryKiB &&
    phc.passes === cost.passes &&
    phc.lanes === cost.lanes &&
    phc.salt.length === saltBytes &&
    phc.tag.length === tagBytes
  );
}

function ceilingOf(cost: Cost, ceilingKiB: number | undefined, declared: Declared): number {
  // Django's own cost is 100 MiB.
  if (ceilingKiB === undefined) return Math.max(declared.has('argon2') ? 102_400 : 65_536, cost.memoryKiB);
  if (ceilingKiB >= cost.memoryKiB) return ceilingKiB;
  throw new SafekeepError('ERR_OPTION_INVALID', {
    of: nameOf('createPasswords'),
    option: nameOf('memoryCeilingKiB'),
    expected: say`at least the memory of the cost, ${cost.memoryKiB}`,
  });
}
