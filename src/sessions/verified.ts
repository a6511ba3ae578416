import type { Request } from 'express';

export interface VerifiedHow {
  /** A second factor is still owed: no session starts for it. Default false. */
  readonly owesFactor?: boolean | undefined;
}

interface Verified extends VerifiedHow {
  readonly account: string;
  readonly epoch: number;
}

const verified = new WeakMap<Request, Verified>();

/**
 * Notes which account, at which epoch, this request proved a password for. A reset that lands between the check of
 * the password and the start of the session raises the epoch, and the session of the old password does not start.
 */
export function rememberVerified(req: Request, account: string, epoch: number, { owesFactor }: VerifiedHow = {}): void {
  verified.set(req, { account, epoch, owesFactor: owesFactor === true });
}

export function verifiedEpoch(req: Request, account: string): number | undefined {
  const known = verified.get(req);
  return known?.account === account ? known.epoch : undefined;
}

/** Whether this request proved the password of the account and still owes its second factor. */
export function owesFactor(req: Request, account: string): boolean {
  const known = verified.get(req);
  return known?.account === account && known.owesFactor === true;
}
