import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Site } from '../shared/site.js';

type Opened = Pick<Site, 'keep' | 'database'>;

/** Letters and digits that nobody takes for one another. */
const letters = 'abcdefghjkmnpqrstuvwxyz23456789';

function randomText(length: number): string {
  let text = '';
  // A byte that would make some letters likelier than others is thrown away.
  while (text.length < length) {
    for (const byte of randomBytes(length * 2)) {
      if (byte < 256 - (256 % letters.length) && text.length < length) text += letters[byte % letters.length];
    }
  }
  return text;
}

/** Who builds where: told apart by the postcode, which is opened for that and nothing else. */
export const linePartners = ['north_lines', 'south_lines'] as const;

export function builderFor(address: unknown): (typeof linePartners)[number] {
  const [, first] = /\b(\d)\d{4}(?:-\d{4})?\s*$/.exec(String(address)) ?? [];
  return first !== undefined && Number(first) >= 5 ? 'north_lines' : 'south_lines';
}

/** What a line lets itself in with. */
export interface LineCredentials {
  readonly login: string;
  /** Given out once, here: what is stored is sealed, and no page opens it. */
  readonly secret: string;
}

/**
 * Orders the line of a subscriber, or gives the one there is a new secret: the old one is worth nothing from then on.
 * The secret is sealed and not hashed, because a line that answers a challenge (CHAP) needs it as it is; 99 random bits.
 */
export async function renewLine({ keep, database }: Opened, account: string): Promise<LineCredentials> {
  const secret = [1, 2, 3, 4].map(() => randomText(5)).join('-');
  const stored = await database.one('select * from subscribers where id = $1', [account]);
  const { address } = keep.fields.openRow('subscribers', stored, 'provisioning').reveal();
  const row = await keep.fields.updateRow(
    'subscribers',
    { id: account },
    (current) => ({
      line_secret: secret,
      line_login: typeof current['line_login'] === 'string' ? current['line_login'] : `hn-${randomText(10)}`,
      line_partner: current['line_partner'] ?? builderFor(address),
      line_state: current['line_state'] === 'none' ? 'ordered' : current['line_state'],
    }),
    { database },
  );
  keep.log.info({ account }, 'line secret made');
  return { login: String(row['line_login']), secret };
}

/** Whether this is the secret of the line. It is opened here, compared, and handed to nobody. */
export function isSecretOf(
  { keep }: Pick<Opened, 'keep'>,
  stored: Readonly<Record<string, unknown>>,
  given: string,
): boolean {
  const { line_secret: secret } = keep.fields.openRow('subscribers', stored, 'provisioning').reveal();
  if (typeof secret !== 'string') return false;
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(secret), digest(given));
}
