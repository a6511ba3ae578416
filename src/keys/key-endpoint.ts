import { type ClientRequest, type IncomingMessage, request as plainRequest } from 'node:http';
import { Agent, request } from 'node:https';
import { isIP } from 'node:net';
import { type Clock, systemClock, systemRandom } from '../base/clock.js';
import { SafekeepError } from '../base/errors.js';
import { type Name, nameOf, say } from '../base/names.js';
import { integerRule, objectRule, optional, type Rule, reasonRule, textRule, withDefault } from '../base/options.js';
import { codeOf } from './key-files.js';

/** How a key service is reached. */
export interface KeyEndpointOptions {
  /** The authorities that may vouch for the service, PEM. Default: those of Node. */
  readonly ca?: string | undefined;
  /** How long one try may take, in milliseconds, 10 to 60,000. Default 2,000. */
  readonly timeoutMs?: number | undefined;
  /** How often a call is tried while the service is down, slow or busy, 1 to 10. Default 4, at 100, 200, 400 ms. */
  readonly tries?: number | undefined;
  /** Lets key material travel unencrypted beyond this machine. The reason why that path is safe. */
  readonly dangerouslyAllowPlaintextToKeyService?: string | undefined;
  readonly clock?: Clock | undefined;
}

interface EndpointShape {
  readonly ca: Rule<string | undefined>;
  readonly timeoutMs: Rule<number>;
  readonly tries: Rule<number>;
  readonly dangerouslyAllowPlaintextToKeyService: Rule<string | undefined>;
  readonly clock: Rule<Clock>;
}
export const endpointShape: EndpointShape = {
  ca: optional(textRule({ maxLength: 1_000_000 })),
  timeoutMs: withDefault(integerRule({ min: 10, max: 60_000 }), 2_000),
  tries: withDefault(integerRule({ min: 1, max: 10 }), 4),
  dangerouslyAllowPlaintextToKeyService: optional(reasonRule()),
  clock: withDefault(objectRule<Clock>('nowMs', 'wait'), systemClock),
};

export interface EndpointAnswer {
  readonly status: number;
  /** The JSON object of the answer; empty where it is none. */
  readonly body: Readonly<Record<string, unknown>>;
}

export interface EndpointCall {
  readonly path: string;
  /** Made anew for every try: a signature has a date in it. */
  readonly headers: () => Readonly<Record<string, string>>;
  readonly body: string;
  /** Whether this answer means "later" though its status does not. */
  readonly isBusy?: (answer: EndpointAnswer) => boolean;
}

export interface KeyEndpoint {
  readonly host: string;
  /** The service's answer. @throws SafekeepError ERR_ROOT_KEY_UNAVAILABLE when no try was answered */
  post(call: EndpointCall): Promise<EndpointAnswer>;
}

interface Settings {
  readonly owner: string;
  readonly kind: Name;
  readonly address: string;
  readonly ca: string | undefined;
  readonly timeoutMs: number;
  readonly tries: number;
  readonly dangerouslyAllowPlaintextToKeyService: string | undefined;
  readonly clock: Clock;
}

const mostBytes = 64 * 1024;
const firstPauseMs = 100;

/**
 * Calls a key service over verified TLS, again while it is down or busy. Redirects are not followed: key material goes
 * to the configured host and nowhere else.
 * @throws SafekeepError ERR_OPTION_INVALID, ERR_ROOT_KEY_PLAINTEXT
 */
export function createKeyEndpoint(settings: Settings): KeyEndpoint {
  const { kind, timeoutMs, tries, clock } = settings;
  const url = readAddress(settings);
  const isTls = url.protocol === 'https:';
  // Said whole: the environment can switch verification off, but not against a setting. No connection outlives its call.
  const tls = { rejectUnauthorized: true, minVersion: 'TLSv1.2' } as const;
  const agent = new Agent({ ...tls, keepAlive: false, ...(settings.ca === undefined ? {} : { ca: settings.ca }) });

  async function once({ path, headers, body }: EndpointCall): Promise<EndpointAnswer> {
    const options = {
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? (isTls ? 443 : 80) : Number(url.port),
      path,
      method: 'POST',
      headers: { ...headers(), host: url.host, 'content-length': Buffer.byteLength(body) },
      signal: AbortSignal.timeout(timeoutMs),
    };
    const sent = isTls ? request({ ...options, agent }) : plainRequest(options);
    return await exchange(sent, body);
  }
  return {
    host: url.host,
    async post(call) {
      for (let tried = 1; ; tried += 1) {
        let problem: { readonly status: number } | { readonly system: Name };
        let isFinal = false;
        try {
          const answer = await once(call);
          if (!isLater(answer.status) && call.isBusy?.(answer) !== true) return answer;
          problem = { status: answer.status };
          // A redirect will be one the next time too.
          isFinal = answer.status < 400;
        } catch (error) {
          problem = { system: nameOf(codeOf(error)) };
          isFinal = /CERT|SELF_SIGNED|ALTNAME|SIGNATURE/.test(codeOf(error));
        }
        if (isFinal || tried >= tries)
          throw new SafekeepError('ERR_ROOT_KEY_UNAVAILABLE', { root: kind, tried, ...problem });
        const pauseMs = firstPauseMs * 2 ** (tried - 1);
        // Half of it by chance, so that servers that met the same outage do not come back at once.
        await clock.wait(pauseMs / 2 + systemRandom.below(pauseMs / 2));
      }
    },
  };
}

function isLater(status: number): boolean {
  return status >= 500 || status === 429 || (status >= 300 && status < 400) || status === 412;
}

function readAddress({ owner, address, dangerouslyAllowPlaintextToKeyService: reason }: Settings): URL {
  const expected = say`an origin like https://vault.shop.example:8200, without a path`;
  const wrong = () =>
    new SafekeepError('ERR_OPTION_INVALID', { of: nameOf(owner), option: nameOf('address'), expected });
  if (!URL.canParse(address)) throw wrong();
  const url = new URL(address);
  if (!['https:', 'http:'].includes(url.protocol) || url.origin !== address) throw wrong();
  if (url.protocol === 'http:' && !staysHere(url.hostname) && reason === undefined) {
    throw new SafekeepError('ERR_ROOT_KEY_PLAINTEXT', { of: nameOf(owner), needed: say`https` });
  }
  return url;
}

function staysHere(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || (isIP(host) === 4 && host.startsWith('127.'));
}

async function exchange(sent: ClientRequest, body: string): Promise<EndpointAnswer> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    sent.once('response', resolve).once('error', reject);
    sent.end(body);
  });
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of answer as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > mostBytes) throw Object.assign(new Error('too long'), { code: 'ANSWER_TOO_LONG' });
    parts.push(part);
  }
  return { status: answer.statusCode ?? 0, body: jsonObject(Buffer.concat(parts).toString('utf8')) };
}

function jsonObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Strict base64, as services answer it; null for anything else. */
export function fromBase64(text: unknown): Buffer | null {
  if (typeof text !== 'string' || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return null;
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : null;
}
