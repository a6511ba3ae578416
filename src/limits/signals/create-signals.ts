import { type Clock, type Random, systemClock, systemRandom } from '../../base/clock.js';
import { createMeter } from '../../base/meter.js';
import { nameOf } from '../../base/names.js';
import { functionRule, integerRule, objectRule, optional, readOptions, withDefault } from '../../base/options.js';
import type { SecurityEvents } from '../../base/ports/security-events.js';
import { createKeyedFingerprint } from '../../hashing/index.js';
import { createDistinctTable } from './distinct-table.js';
import { createPasswordSketch } from './password-sketch.js';

/** What guessing by machine looks like. */
export type SignalKind =
  /** One subnet tries many accounts. */
  | 'many-accounts'
  /** One account is tried from many subnets. */
  | 'many-subnets'
  /** One password is tried on many accounts. */
  | 'spraying'
  /** More than half of the failures name accounts that do not exist. */
  | 'unknown-accounts'
  /** More attempts a minute than this site ever has. */
  | 'flood'
  /** A success after many failures: guessed, perhaps. */
  | 'late-success';

/** Numbers only: whose account or address it was is nobody's business here. */
export interface Signal {
  readonly kind: SignalKind;
  /** What reached its threshold. */
  readonly count: number;
}

export interface SignalsOptions {
  /** Told of each signal once in ten minutes, and of every late success. What it throws is dropped. */
  readonly onSignal?: ((signal: Signal) => void) | undefined;
  /** Keeps an event `login.signal` for each. */
  readonly events?: SecurityEvents | undefined;
  /** Accounts that one subnet tries within ten minutes. 3 to 10,000, default 15. */
  readonly accountsPerSubnet?: number | undefined;
  /** Subnets that try one account. 3 to 10,000, default 10. */
  readonly subnetsPerAccount?: number | undefined;
  /** Accounts on which one wrong password is tried. 3 to 10,000, default 10. */
  readonly accountsPerPassword?: number | undefined;
  /** Failures before the share of unknown accounts says anything. 10 to 100,000, default 50. */
  readonly failuresForRatio?: number | undefined;
  /** Attempts a minute, on all servers that share the counters. 10 to 10,000,000, default 600. */
  readonly attemptsPerMinute?: number | undefined;
  /** Failures before a success that make it a late one. 3 to 1,000, default 10. */
  readonly failuresBeforeSuccess?: number | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

/** One try, as the limit tells it. The login is folded. */
export interface Tried {
  readonly login: string;
  readonly subnet: string;
  readonly known?: boolean | undefined;
  readonly password?: string | undefined;
}

export interface Signals {
  failed(tried: Tried): void;
  succeeded(how: { readonly login: string; readonly subnet: string; readonly failures: number }): void;
  /** Attempts of the running minute. */
  counted(attempts: number): void;
  /** What is known against an attempt for this login from this subnet. */
  of(login: string, subnet: string): readonly SignalKind[];
  /** Whether the subnet guesses by machine: its budget is then a quarter. */
  isTight(subnet: string): boolean;
}

const least = (min: number, max: number, usual: number) => withDefault(integerRule({ min, max }), usual);
const shape = {
  onSignal: optional(functionRule<(signal: Signal) => void>()),
  events: optional(objectRule<SecurityEvents>('record')),
  accountsPerSubnet: least(3, 10_000, 15),
  subnetsPerAccount: least(3, 10_000, 10),
  accountsPerPassword: least(3, 10_000, 10),
  failuresForRatio: least(10, 100_000, 50),
  attemptsPerMinute: least(10, 10_000_000, 600),
  failuresBeforeSuccess: least(3, 1000, 10),
  clock: withDefault(objectRule<Clock>('nowMs'), systemClock),
  random: withDefault(objectRule<Random>('bytes'), systemRandom),
};
const periodMs = 600_000;
const rows = 4096;
const marks = { 'many-accounts': 1, 'many-subnets': 2, spraying: 4 } as const;

/**
 * Signs of credential stuffing and password spraying, in fixed memory and for ten minutes at a time: then everything is
 * forgotten, the key of the password sketch first. They are signals and not verdicts: they give a subnet a quarter of
 * its budget, name themselves in `attemptOf(req).signals()` (ask for a second factor), and call `onSignal`.
 *
 * Each process sees what it serves. It does NOT see guesses so slow and so spread that nothing repeats in ten minutes.
 * ASVS 5.0 6.3.1.
 * @throws SafekeepError ERR_OPTION_*
 */
export function createSignals(options: SignalsOptions = {}): Signals {
  const settings = readOptions('createSignals', shape, options);
  const { onSignal, events, clock, random } = settings;
  const raised = createMeter().counter({
    name: 'safekeep.login.signals',
    unit: '{signal}',
    description: 'Signs of guessing by machine.',
  });
  let fingerprint = createKeyedFingerprint(undefined, random);
  const hash = (text: string): bigint => fingerprint(text);
  const subnets = createDistinctTable(rows, settings.accountsPerSubnet, hash);
  const accounts = createDistinctTable(rows, settings.subnetsPerAccount, hash);
  const sketch = createPasswordSketch(random);
  const told = new Set<SignalKind>();
  let failures = 0;
  let unknown = 0;
  let endsMs = clock.nowMs() + periodMs;

  function turn(): void {
    const nowMs = clock.nowMs();
    if (nowMs < endsMs && nowMs > endsMs - 2 * periodMs) return;
    endsMs = nowMs + periodMs;
    fingerprint = createKeyedFingerprint(undefined, random);
    for (const part of [subnets, accounts, told]) part.clear();
    sketch.renew();
    failures = 0;
    unknown = 0;
  }

  function raise(kind: SignalKind, count: number): void {
    raised.add(1, { kind: nameOf(kind) });
    try {
      onSignal?.({ kind, count });
    } catch {
      // A hook that is broken must not decide who signs in.
    }
    void events?.record({ kind: 'login.signal', facts: { signal: nameOf(kind), count } }).catch(() => undefined);
  }
  function raiseOnce(kind: SignalKind, count: number): void {
    if (told.has(kind)) return;
    told.add(kind);
    raise(kind, count);
  }

  return Object.freeze({
    failed({ login, subnet, known, password }: Tried) {
      turn();
      failures += 1;
      if (known === false) unknown += 1;
      if (failures >= settings.failuresForRatio && unknown * 2 > failures) raiseOnce('unknown-accounts', unknown);
      const tried = subnets.meet(subnet, login);
      if (tried >= settings.accountsPerSubnet) {
        subnets.mark(subnet, marks['many-accounts']);
        raiseOnce('many-accounts', tried);
      }
      const from = accounts.meet(login, subnet);
      if (from >= settings.subnetsPerAccount) {
        accounts.mark(login, marks['many-subnets']);
        raiseOnce('many-subnets', from);
      }
      if (password === undefined || password === '') return;
      const sprayed = sketch.tried(login, password);
      if (sprayed < settings.accountsPerPassword) return;
      subnets.mark(subnet, marks.spraying);
      raiseOnce('spraying', sprayed);
    },
    succeeded({ failures: before }: { readonly failures: number }) {
      turn();
      if (before >= settings.failuresBeforeSuccess) raise('late-success', before);
    },
    counted(attempts: number) {
      turn();
      if (attempts >= settings.attemptsPerMinute) raiseOnce('flood', attempts);
    },
    of(login: string, subnet: string) {
      turn();
      const bits = subnets.marks(subnet) | accounts.marks(login);
      const found = Object.entries(marks).flatMap(([kind, bit]) => ((bits & bit) === 0 ? [] : [kind as SignalKind]));
      return told.has('flood') ? [...found, 'flood' as const] : found;
    },
    isTight(subnet: string) {
      turn();
      return subnets.marks(subnet) !== 0;
    },
  });
}
