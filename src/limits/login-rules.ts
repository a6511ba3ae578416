import type { CounterPlace, CounterRule } from './counters.js';
import type { Device } from './devices.js';

/** Which of an attempt's places one is. */
export type PlaceKind = 'subnet' | 'network' | 'pair' | 'device' | 'account' | 'all';

export interface LoginLimits {
  /** Tries of one subnet (IPv4 address, IPv6 /56) for one account before it has to wait. 1 to 100, default 5. */
  readonly perAccount?: number | undefined;
  /** Tries of one subnet for all accounts in a window. 1 to 10,000, default 30: a household or a small office. */
  readonly perSubnet?: number | undefined;
  /** Tries of one IPv6 /48 for all accounts in a window. 1 to 100,000, default four times `perSubnet`. */
  readonly perNetwork?: number | undefined;
  /** Tries of a remembered device for its account in an hour. 1 to 100, default 10. */
  readonly perDevice?: number | undefined;
  /**
   * Tries of all strangers together for one account before they have to wait. 1 to 1,000, default 20. Who is refused by
   * it is told what a wrong password is told.
   */
  readonly perAccountOfStrangers?: number | undefined;
  /** The window of subnets and networks, in seconds. 1 to 86,400, default 900. */
  readonly windowSeconds?: number | undefined;
  /** The first wait for an account, in seconds, doubled with every further try. 1 to 900, default 30. */
  readonly firstWaitSeconds?: number | undefined;
  /** The longest of these waits, in seconds. 1 to 3,600, default 900: nothing is locked for ever. */
  readonly longestWaitSeconds?: number | undefined;
  /** After how many quiet seconds tries for an account are forgotten. 60 to 604,800, default 86,400. */
  readonly forgetSeconds?: number | undefined;
}
export type LoginSettings = {
  readonly [K in Exclude<keyof LoginLimits, 'perNetwork'>]: NonNullable<LoginLimits[K]>;
} & {
  readonly perNetwork: number | undefined;
};

export interface Client {
  /** As `foldLogin` spells it. */
  readonly login: string;
  readonly subnet: string;
  readonly network: string;
}
export interface KindOfPlace {
  readonly kind: PlaceKind;
  readonly place: CounterPlace;
}

/** The counters of the login limit. */
export interface LoginRules {
  /** In the order in which they are asked: what this client filled comes first, so that it is told its wait. */
  placesOf(client: Client, device: Device | null, isTight: boolean): readonly KindOfPlace[];
  /** What a device takes in addition when it turns out to be a stranger's. */
  placesOfStranger(client: Client): readonly KindOfPlace[];
  readonly subnet: CounterRule;
  readonly tightSubnet: CounterRule;
}

const hourMs = 3_600_000;
/** The time over which all attempts are counted, for the signal of a flood. */
const allWindowMs = 60_000;

export function loginRules(name: string, settings: LoginSettings): LoginRules {
  const { perAccount, perSubnet, perDevice, perAccountOfStrangers } = settings;
  const windowMs = settings.windowSeconds * 1000;
  const backoff = { firstMs: settings.firstWaitSeconds * 1000, mostMs: settings.longestWaitSeconds * 1000 };
  const perNetwork = settings.perNetwork ?? perSubnet * 4;
  const remembered = { backoff, windowMs: settings.forgetSeconds * 1000 };
  const rule = (kind: string, rest: Omit<CounterRule, 'name'>): CounterRule =>
    Object.freeze({ name: `${name}-${kind}`, ...rest });
  const subnet = rule('subnet', { limit: perSubnet, windowMs, over: 'refuse' });
  // A subnet that guesses by machine keeps its count and has a quarter of the room.
  const tightSubnet = Object.freeze({ ...subnet, limit: Math.max(1, Math.floor(perSubnet / 4)) });
  const network = rule('network', { limit: perNetwork, windowMs, over: 'refuse' });
  const pair = rule('account', { limit: perAccount, over: 'refuse', ...remembered });
  const device = rule('device', { limit: perDevice, windowMs: hourMs, over: 'refuse' });
  const account = rule('strangers', { limit: perAccountOfStrangers, over: 'hide', ...remembered });
  const all = rule('all', { limit: Number.MAX_SAFE_INTEGER, windowMs: allWindowMs, over: 'count' });
  // Whoever holds a device of the account is not kept out by what others of his network do; he is counted there.
  const openSubnet = Object.freeze({ ...subnet, over: 'count' as const });
  const openNetwork = Object.freeze({ ...network, over: 'count' as const });
  const everybody: KindOfPlace = Object.freeze({ kind: 'all', place: { rule: all, key: ['all'] as const } });

  function placesOfStranger({ login, subnet: address, network: around }: Client): readonly KindOfPlace[] {
    return [
      { kind: 'pair', place: { rule: pair, key: [around, address, login] } },
      { kind: 'account', place: { rule: account, key: [login] } },
    ];
  }

  return Object.freeze({
    subnet,
    tightSubnet,
    placesOfStranger,
    placesOf(client: Client, known: Device | null, isTight: boolean) {
      const { login, subnet: address, network: around } = client;
      const counted = isTight ? tightSubnet : subnet;
      const places: KindOfPlace[] = [
        { kind: 'subnet', place: { rule: known === null ? counted : openSubnet, key: [around, address] } },
      ];
      if (around !== address) {
        places.push({ kind: 'network', place: { rule: known === null ? network : openNetwork, key: [around] } });
      }
      if (known === null) places.push(...placesOfStranger(client));
      else places.push({ kind: 'device', place: { rule: device, key: [login, known.id] } });
      places.push(everybody);
      return places;
    },
  });
}
