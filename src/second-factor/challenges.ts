import { createHash } from 'node:crypto';
import type { Request, Response } from 'express';
import type { Clock, Random } from '../base/clock.js';
import type { Database } from '../base/ports/database.js';
import { cookieText, readCookies } from '../http/index.js';

/** A sign-in that has proven the password and still owes a code. */
export interface Challenge {
  readonly account: string;
  readonly epoch: number;
}

export interface Challenges {
  /** Begins one for this browser. False: the account was disabled, or its password changed, meanwhile. */
  begin(req: Request, res: Response, challenge: Challenge): Promise<boolean>;
  /** The live challenge of this browser; null: none, too old, or the account's epoch has passed. */
  find(req: Request): Promise<Challenge | null>;
  /** Ends it, and expires its cookie. False: it was ended before, or may no longer be met. */
  finish(req: Request, res: Response): Promise<boolean>;
  purge(): Promise<number>;
}

/** Time to find the phone. ASVS 5.0 6.5.5 gives out-of-band requests as long. */
const lifeSeconds = 600;

export function createChallenges(parts: {
  readonly database: Database;
  readonly realm: string;
  readonly cookie: string;
  readonly clock: Clock;
  readonly random: Random;
}): Challenges {
  const { database, realm, cookie, clock, random } = parts;
  // Live: in time, and of an account that is active and still at the epoch whose password was proven.
  const live = `c.realm = $2 and c.expires_at > $3 and a.realm = c.realm and a.account = c.account
    and a.epoch = c.epoch and a.state = 'active'`;

  function idOf(req: Request): Buffer | null {
    const text = readCookies(req).get(cookie);
    return text !== undefined && /^[A-Za-z0-9_-]{43}$/.test(text) ? sha256(text) : null;
  }
  const now = (): Date => new Date(clock.nowMs());

  return {
    async begin(req, res, { account, epoch }) {
      const old = idOf(req);
      if (old !== null) await database.query('delete from safekeep.challenges where id_hash = $1', [old]);
      const id = random.bytes(32).toString('base64url');
      const begun = await database.query(
        `insert into safekeep.challenges (id_hash, realm, account, epoch, expires_at)
         select $1, a.realm, a.account, a.epoch, $5 from safekeep.accounts a
         where a.realm = $2 and a.account = $3 and a.epoch = $4 and a.state = 'active' returning 1`,
        [sha256(id), realm, account, epoch, new Date(clock.nowMs() + lifeSeconds * 1000)],
      );
      if (begun.length !== 1) return false;
      res.append('Set-Cookie', cookieText(cookie, id, { sameSite: 'Strict', maxAgeSeconds: lifeSeconds }));
      return true;
    },
    async find(req) {
      const idHash = idOf(req);
      if (idHash === null) return null;
      const [row] = await database.query<{ account: string; epoch: number }>(
        `select c.account, c.epoch from safekeep.challenges c, safekeep.accounts a where c.id_hash = $1 and ${live}`,
        [idHash, realm, now()],
      );
      return row ?? null;
    },
    async finish(req, res) {
      const gone = await database.query(
        `delete from safekeep.challenges c using safekeep.accounts a where c.id_hash = $1 and ${live} returning 1`,
        [idOf(req), realm, now()],
      );
      res.append('Set-Cookie', cookieText(cookie, '', { sameSite: 'Strict', maxAgeSeconds: 0 }));
      return gone.length === 1;
    },
    async purge() {
      const gone = await database.query('delete from safekeep.challenges where expires_at <= $1 returning 1', [now()]);
      return gone.length;
    },
  };
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
