import type { Request } from 'express';
import type { Channel } from 'safekeep/consent';
import type { SiteKeep } from '../shared/keep.js';

/** What a subscriber decides about, and how the decision reaches them. */
export interface Offer {
  readonly purpose: 'newsletter' | 'partner_offers' | 'personalization';
  readonly channel: Channel;
  readonly title: string;
  readonly text: string;
}

export const offers: readonly Offer[] = [
  { purpose: 'newsletter', channel: 'email', title: 'News of the net', text: 'By e-mail, once a month.' },
  {
    purpose: 'partner_offers',
    channel: 'post',
    title: 'Offers of others, by post',
    text: 'Your name and postal address, to whom our privacy notice names. Never your telephone number.',
  },
  {
    purpose: 'personalization',
    channel: 'web',
    title: 'A start page of your own',
    text: 'What you chose below decides what your start page shows. Without it everybody sees the same.',
  },
];

export interface Choice extends Offer {
  readonly on: boolean;
  /** What was said last; `unset` when nothing was. */
  readonly said: 'granted' | 'denied' | 'unset';
}

/** What counts now: opt-in is off until a yes, opt-out is on until a no, and the latest dated word decides. */
export async function choiceOf(keep: SiteKeep, account: string, offer: Offer): Promise<Choice> {
  const said = await keep.preferences.effective(account, offer.purpose, offer.channel);
  const isOptIn = keep.policy.resolved.purposes.get(offer.purpose)?.preference === 'opt_in';
  return { ...offer, said, on: isOptIn ? said === 'granted' : said !== 'denied' };
}

/** Whether data may serve this purpose in this request: the person's choice, and the no that a browser says for them. */
export async function mayServe(
  keep: SiteKeep,
  req: Request,
  account: string,
  purpose: Offer['purpose'],
): Promise<boolean> {
  const offer = offers.find((one) => one.purpose === purpose);
  if (offer === undefined) return false;
  if (keep.policy.resolved.purposes.get(purpose)?.gpc === true && saysNo(req)) return false;
  return (await choiceOf(keep, account, offer)).on;
}

/** Global Privacy Control: any instance of the header that is exactly `1` counts, every other value is ignored. */
export function saysNo(req: Pick<Request, 'headersDistinct'>): boolean {
  return (req.headersDistinct['sec-gpc'] ?? []).some((value) => value === '1');
}
