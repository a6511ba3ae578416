import { createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Request, Response } from 'express';
import { equalBytes, fromBase64Url, pae, utf8 } from '../base/bytes.js';
import { type Clock, type Random, systemClock, systemRandom } from '../base/clock.js';
import { integerRule, objectRule, optional, readOptions, textRule, withDefault } from '../base/options.js';
import type { DerivedKeys } from '../base/ports/derived-keys.js';
import { cookieText, readCookies } from '../http/index.js';
import { foldLogin } from './fold-login.js';

export interface DevicesOptions {
  /** A key ring, its purpose `limits`. Default: a random key of this process, and every device is forgotten with it. */
  readonly keys?: DerivedKeys | undefined;
  /** Cookie name, default `__Host-device`. */
  readonly cookie?: string | undefined;
  /** How long a device is remembered, in seconds. 3,600 to 34,560,000 (400 days), default 15,552,000 (180 days). */
  readonly maxAgeSeconds?: number | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

/** A device that signed in to this account before. */
export interface Device {
  readonly id: string;
  /** The account's epoch at that sign-in: a later one voids the device. */
  readonly epoch: number;
}

export interface Devices {
  readonly cookie: string;
  /** @returns null for no cookie, a forged or expired one, or one of another account: the client is then a stranger. */
  read(req: IncomingMessage, login: string): Device | null;
  /**
   * Remembers this browser for the account: after a full sign-in (second factor and all) or a completed reset, never
   * before. A family's browser keeps four accounts.
   * @param login what the person signed in as; @param epoch the account's
   */
  remember(req: Request, res: Response, login: string, epoch: number): void;
}

const shape = {
  keys: optional(objectRule<DerivedKeys>('derive')),
  cookie: withDefault(textRule({ maxLength: 64 }), '__Host-device'),
  maxAgeSeconds: withDefault(integerRule({ min: 3600, max: 34_560_000 }), 15_552_000),
  clock: withDefault(objectRule<Clock>('nowMs'), systemClock),
  random: withDefault(objectRule<Random>('bytes'), systemRandom),
};
const mostAccounts = 4;
const tokenShape = /^([A-Za-z0-9_-]{22})\.(\d{1,10})\.(\d{1,12})\.([A-Za-z0-9_-]{43})$/;

/**
 * Device cookies after OWASP: a browser that signed in to an account before has a budget of its own, so that strangers
 * who fill the account's counter lock themselves out and not its owner. The cookie is opaque: a random number, the
 * account's epoch, the time, and an HMAC over these and the account. It signs nobody in and replaces no second factor.
 * It does NOT protect who lets a stranger use his browser.
 * @throws SafekeepError ERR_OPTION_*
 */
export function createDevices(options: DevicesOptions = {}): Devices {
  const { cookie, maxAgeSeconds, clock, random, keys } = readOptions('createDevices', shape, options);
  const own = random.bytes(32);

  function macOf(login: string, id: string, epoch: string, issued: string): Buffer {
    const key = keys?.derive('limits', 'device').key ?? own;
    const parts = ['safekeep device 1', foldLogin(login), id, epoch, issued].map(utf8);
    return createHmac('sha256', key).update(pae(parts)).digest();
  }

  function tokensOf(req: IncomingMessage): readonly string[] {
    const tokens = (readCookies(req).get(cookie) ?? '').split('~', mostAccounts);
    return tokens.filter((token) => tokenShape.test(token));
  }

  function deviceOf(token: string, login: string): Device | null {
    const [, id = '', epoch = '', issued = '', mac = ''] = tokenShape.exec(token) ?? [];
    const given = fromBase64Url(mac);
    if (given === null || !equalBytes(given, macOf(login, id, epoch, issued))) return null;
    const ageSeconds = clock.nowMs() / 1000 - Number(issued);
    return ageSeconds <= maxAgeSeconds ? { id, epoch: Number(epoch) } : null;
  }

  return Object.freeze({
    cookie,
    read(req: IncomingMessage, login: string) {
      for (const token of tokensOf(req)) {
        const device = deviceOf(token, login);
        if (device !== null) return device;
      }
      return null;
    },
    remember(req: Request, res: Response, login: string, epoch: number) {
      if (res.headersSent) return;
      const id = random.bytes(16).toString('base64url');
      const issued = String(Math.floor(clock.nowMs() / 1000));
      const token = `${id}.${epoch}.${issued}.${macOf(login, id, String(epoch), issued).toString('base64url')}`;
      const others = tokensOf(req).filter((other) => deviceOf(other, login) === null);
      const value = [token, ...others].slice(0, mostAccounts).join('~');
      res.append('Set-Cookie', cookieText(cookie, value, { maxAgeSeconds, sameSite: 'Lax' }));
    },
  });
}
