import { Secret, TOTP } from 'otpauth';

/** Seconds that a code is shown for, and what authenticator apps take without being told. RFC 6238 4.1, 5.2. */
const periodSeconds = 30;
const digits = 6;
/** 160 bits, the length of SHA-1's output. RFC 4226 4 R6. */
export const secretBytes = 20;

export interface Totp {
  /**
   * The step a code is of, or null: not one of now or of the steps around it. Knowing a step is not enough, it must be
   * spent (`spendStep`): within its time a code reads off a shoulder.
   */
  stepOf(secret: Uint8Array, typed: unknown, nowMs: number): number | null;
  /** What an authenticator app reads. It holds the secret. */
  uri(secret: Uint8Array, label: string): string;
  /** The secret for typing, in groups of four. */
  text(secret: Uint8Array): string;
}

/**
 * Codes by time, RFC 6238: SHA-1, six digits, thirty seconds, which is what every authenticator app can. One step
 * before and after counts too where `driftSteps` is 1: for a slow hand and a clock that is a little off.
 */
export function createTotp({ issuer, driftSteps }: { readonly issuer: string; readonly driftSteps: number }): Totp {
  function of(secret: Uint8Array, label = ''): TOTP {
    // A copy: the library keeps the buffer it is given, and ours may be a view into a larger one.
    const { buffer } = Uint8Array.from(secret);
    return new TOTP({ issuer, label, digits, period: periodSeconds, secret: new Secret({ buffer }) });
  }
  return Object.freeze({
    stepOf(secret: Uint8Array, typed: unknown, nowMs: number) {
      const token = digitsOf(typed);
      if (token === null) return null;
      const delta = of(secret).validate({ token, timestamp: nowMs, window: driftSteps });
      return delta === null ? null : Math.floor(nowMs / (periodSeconds * 1000)) + delta;
    },
    uri: (secret: Uint8Array, label: string) => of(secret, label).toString(),
    text: (secret: Uint8Array) => of(secret).secret.base32.replaceAll(/(.{4})(?=.)/g, '$1 '),
  });
}

/** Whether what was typed has the shape of a code: six digits, spaces left out. */
export function isTotpCode(typed: unknown): boolean {
  return digitsOf(typed) !== null;
}

function digitsOf(typed: unknown): string | null {
  const text = typeof typed === 'string' && typed.length <= 100 ? typed.replaceAll(/\s/g, '') : '';
  return /^[0-9]{6}$/.test(text) ? text : null;
}
