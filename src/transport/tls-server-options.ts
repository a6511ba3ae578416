import { type Clock, systemClock } from '../base/clock.js';
import { say } from '../base/names.js';
import {
  flagRule,
  functionRule,
  integerRule,
  objectRule,
  optional,
  originRule,
  readOptions,
  required,
  textRule,
  withDefault,
} from '../base/options.js';
import type { TlsPairSource } from '../certificates/index.js';
import type { FollowOptions } from './follow-certificate.js';
import { type HstsStage, hstsRule } from './hsts.js';
import type { PlaintextOptions } from './plaintext-rules.js';

export interface TlsServerOptions extends TlsPairSource {
  /** Default 443; 0 takes any free one. */
  readonly port?: number | undefined;
  /** The address to listen on. Default 127.0.0.1: being reached from elsewhere is a decision. */
  readonly host?: string | undefined;
  /** When given, the certificate must be for its host, at start and at every reload. */
  readonly origin?: string | undefined;
  /** Longest time for a client to send its headers, in ms. 1,000 to 120,000; default 10,000. */
  readonly headersTimeoutMs?: number | undefined;
  /** Longest time for a client to send a whole request, in ms. 1,000 to 3,600,000; default 60,000. */
  readonly requestTimeoutMs?: number | undefined;
  /** Longest header section, in bytes. 2,048 to 131,072; default 16,384. */
  readonly maxHeaderBytes?: number | undefined;
  /** HSTS in answers to requests too broken for the application; as in `secureHeaders`. */
  readonly hsts?: HstsStage | undefined;
  /** How long `close` lets requests in progress finish, in ms. 0 to 600,000; default 10,000. */
  readonly graceMs?: number | undefined;
  /** Further hosts with certificates of their own, told apart by the name the client asks for (SNI, RFC 6066 section 3). Default none. */
  readonly hosts?: Readonly<Record<string, TlsPairSource>> | undefined;
  /**
   * How long session tickets are sealed under one key, in hours: who learns the key can read what was resumed with it.
   * 1 to 24; default 12.
   */
  readonly ticketHours?: number | undefined;
  /**
   * When given, this port answers plaintext too, as `createPlaintextServer` does on a port of its own: what does not begin
   * as TLS never comes near the application. Default: it gets no answer.
   */
  readonly plaintext?: PlaintextOptions | undefined;
  readonly clock?: Clock | undefined;
}

const source = {
  check: (value: unknown) =>
    (typeof value === 'string' && value.length > 0) || Buffer.isBuffer(value) ? undefined : say`a path, or PEM`,
  type: '' as string | Buffer,
};
const pairRule = {
  check: (value: unknown) => {
    if (typeof value !== 'object' || value === null) return say`hosts, each with a key and a certificate`;
    for (const pair of Object.values(value) as Partial<TlsPairSource>[]) {
      if (source.check(pair?.key) !== undefined || source.check(pair?.cert) !== undefined) {
        return say`hosts, each with a key and a certificate`;
      }
    }
    return undefined;
  },
  type: {} as Readonly<Record<string, TlsPairSource>>,
};
const shape = {
  key: required(source),
  cert: required(source),
  port: withDefault(integerRule({ min: 0, max: 65_535 }), 443),
  host: withDefault(textRule({ maxLength: 253 }), '127.0.0.1'),
  origin: optional(originRule()),
  headersTimeoutMs: withDefault(integerRule({ min: 1000, max: 120_000 }), 10_000),
  requestTimeoutMs: withDefault(integerRule({ min: 1000, max: 3_600_000 }), 60_000),
  maxHeaderBytes: withDefault(integerRule({ min: 2048, max: 131_072 }), 16_384),
  hsts: withDefault(hstsRule, 'two_years'),
  graceMs: withDefault(integerRule({ min: 0, max: 600_000 }), 10_000),
  hosts: withDefault(pairRule, {}),
  ticketHours: withDefault(integerRule({ min: 1, max: 24 }), 12),
  plaintext: optional(objectRule<PlaintextOptions>()),
  clock: withDefault(objectRule<Clock>('nowMs'), systemClock),
};
const followShape = {
  everyMs: withDefault(integerRule({ min: 1000, max: 3_600_000 }), 60_000),
  sighup: withDefault(flagRule(), true),
  onReload: optional(functionRule<NonNullable<FollowOptions['onReload']>>()),
  onRefused: optional(functionRule<NonNullable<FollowOptions['onRefused']>>()),
  onExpiring: optional(functionRule<NonNullable<FollowOptions['onExpiring']>>()),
};

/** As given, or by default. */
export type TlsServerSettings = {
  readonly [K in keyof TlsServerOptions]-?: K extends 'origin' | 'plaintext'
    ? TlsServerOptions[K]
    : NonNullable<TlsServerOptions[K]>;
};
export type FollowSettings = FollowOptions & Readonly<Record<'everyMs', number> & Record<'sighup', boolean>>;

/** @throws SafekeepError ERR_OPTION_* */
export function readTlsServerOptions(options: TlsServerOptions): TlsServerSettings {
  return readOptions('createTlsServer', shape, options);
}

/** @throws SafekeepError ERR_OPTION_* */
export function readFollowOptions(options: FollowOptions): FollowSettings {
  return readOptions('follow', followShape, options);
}
