import { SafekeepError } from '../base/errors.js';
import { nameOf } from '../base/names.js';
import type { Passwords } from '../passwords/index.js';

export interface WeakFor {
  /** The mail address that no password may rest on; null where there is none. */
  readonly email: string | null;
  /** Beside a second factor eight characters are enough; alone it takes fifteen. Default false. */
  readonly secondFactor?: boolean | undefined;
}

/**
 * Refuses a new password that is weak. The facts carry the codes, and the reasons in words for the person; both are
 * ours and hold nothing of the password.
 * @throws SafekeepError ERR_PASSWORD_WEAK with facts `codes` and `reasons`
 */
export async function refuseWeak(
  passwords: Passwords,
  password: string,
  { email, secondFactor = false }: WeakFor,
): Promise<void> {
  const weaknesses = await passwords.weaknesses(password, { ...(email === null ? {} : { email }), secondFactor });
  if (weaknesses.length === 0) return;
  throw new SafekeepError('ERR_PASSWORD_WEAK', {
    codes: weaknesses.map(({ code }) => nameOf(code)),
    reasons: weaknesses.map(({ message }) => message),
  });
}
