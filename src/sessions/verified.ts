import type { Request } from 'express';

const verified = new WeakMap<Request, { readonly account: string; readonly epoch: number }>();

/**
 * Notes which account, at which epoch, this request proved a password for. A reset that lands between the check of
 * the password and the start of the session raises the epoch, and the session of the old password does not start.
 */
export function rememberVerified(req: Request, account: string, epoch: number): void {
  verified.set(req, { account, epoch });
}

export function verifiedEpoch(req: Request, account: string): number | undefined {
  const known = verified.get(req);
  return known?.account === account ? known.epoch : undefined;
}
