import { type Clock, systemClock } from '../base/clock.js';
import { SafekeepError } from '../base/errors.js';
import { nameOf, nearest, type Statement, say } from '../base/names.js';
import { objectRule, readOptions, required, textRule, withDefault } from '../base/options.js';
import type { Database, Queryable } from '../base/ports/database.js';
import type { Policy } from '../policy/index.js';
import { latestRequest } from './latest-request.js';

export interface PreferencesOptions {
  readonly database: Database;
  readonly policy: Policy;
  /** The table of accounts the choices belong to. */
  readonly realm: string;
  readonly clock?: Clock | undefined;
}

export type Channel = 'email' | 'post' | 'web';

export interface PreferenceRequest {
  readonly account: string;
  /** A purpose of the policy that has a choice. */
  readonly purpose: string;
  readonly channel: Channel;
  readonly state: 'granted' | 'denied';
  /** The date the person gave, such as a letter's. Default and upper limit: now. */
  readonly statedAtMs?: number | undefined;
  /** How it reached us: `registration form`, `account page`, `letter`. Words of ours: lower-case letters and blanks. */
  readonly method: string;
}

export interface Preferences {
  /** @throws SafekeepError ERR_PREFERENCE_UNKNOWN for a purpose that the policy gives no choice about */
  assertChoice(purpose: string): void;
  /** Keeps a request as a dated event; none is ever overwritten. @throws SafekeepError ERR_PREFERENCE_UNKNOWN */
  record(request: PreferenceRequest, tx?: Queryable): Promise<void>;
  /** What counts now. `unset` means not opted in, and for an opt-out purpose not objected. */
  effective(account: string, purpose: string, channel: Channel): Promise<'granted' | 'denied' | 'unset'>;
}

const shape = {
  database: required(objectRule<Database>('query')),
  policy: required(objectRule<Policy>('describe')),
  realm: required(textRule({ maxLength: 130 })),
  clock: withDefault(objectRule<Clock>('nowMs'), systemClock),
};

/**
 * Opt-in and opt-out as dated events under the notice of their day. The latest dated request wins. A future date is
 * cut to now, so that nobody outlives a later change of mind by post-dating.
 */
export function createPreferences(options: PreferencesOptions): Preferences {
  const { database, policy, realm, clock } = readOptions('createPreferences', shape, options);
  const choices = [...policy.resolved.purposes.values()].filter(({ preference }) => preference !== undefined);

  function assertChoice(purpose: string): void {
    if (choices.some(({ name }) => name === purpose)) return;
    const near = nearest(
      purpose,
      choices.map(({ name }) => name),
    );
    throw new SafekeepError('ERR_PREFERENCE_UNKNOWN', {
      purpose: nameOf(purpose),
      nearest: near === undefined ? undefined : nameOf(near),
    });
  }

  return Object.freeze({
    assertChoice,
    async record(request: PreferenceRequest, tx: Queryable = database) {
      assertChoice(request.purpose);
      if (!/^[a-z][a-z -]{0,39}$/.test(request.method)) throw invalid('method', say`lower-case words of ours`);
      if (Number.isNaN(request.statedAtMs)) throw invalid('statedAtMs', say`a time in milliseconds`);
      const now = clock.nowMs();
      const stated = Math.min(request.statedAtMs ?? now, now);
      await tx.query(
        `insert into safekeep.preference_events
           (realm, account, purpose, channel, state, stated_at, received_at, method, notice)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
        [
          realm,
          request.account,
          request.purpose,
          request.channel,
          request.state,
          new Date(stated),
          new Date(now),
          request.method,
          policy.resolved.notices.at(-1)?.version ?? '1',
        ],
      );
    },
    async effective(account: string, purpose: string, channel: Channel) {
      assertChoice(purpose);
      // Of one date, `denied` sorts first.
      const rows = await database.query<{ state: 'granted' | 'denied'; stated_at: Date }>(
        `select state, stated_at from safekeep.preference_events
         where realm = $1 and account = $2 and purpose = $3 and channel = $4
         order by stated_at desc, state limit 1`,
        [realm, account, purpose, channel],
      );
      return latestRequest(rows.map(({ state, stated_at }) => ({ state, statedAtMs: stated_at.getTime() })));
    },
  });
}

function invalid(option: string, expected: Statement): SafekeepError {
  return new SafekeepError('ERR_OPTION_INVALID', {
    of: nameOf('preferences.record'),
    option: nameOf(option),
    expected,
  });
}
