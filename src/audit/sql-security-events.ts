import type { Facts } from '../base/errors.js';
import { nameOf } from '../base/names.js';
import { integerRule, objectRule, optional, readOptions, required, textRule } from '../base/options.js';
import type { Database, Queryable, Row } from '../base/ports/database.js';
import type { SecurityEvent, SecurityEvents } from '../base/ports/security-events.js';

export interface SqlSecurityEventsOptions {
  /** Migrated: `migrate(database)` made the table. */
  readonly database: Database;
  /** Which site or set of accounts the events belong to, where several share a database; 1 to 64 characters. */
  readonly realm?: string | undefined;
}

export interface StoredSecurityEvent extends Row {
  /** Rises with every event; a gap is a transaction that was rolled back. */
  readonly id: string;
  readonly at: Date;
  readonly realm: string | null;
  readonly kind: string;
  readonly account: string | null;
  readonly facts: Facts;
}

export interface SqlSecurityEvents extends SecurityEvents {
  /** The newest events of this realm (of none, when it has none), newest first; 1 to 10,000. */
  latest(count: number): Promise<readonly StoredSecurityEvent[]>;
}

const shape = {
  database: required(objectRule<Database>('query', 'one', 'transaction')),
  realm: optional(textRule({ maxLength: 64 })),
};

/**
 * Security events in the table `safekeep.security_events`, for whoever has to say later what happened to an account.
 * A trigger refuses every update, delete and truncate, and the server sets the time: a program that was taken over can
 * add to the story but not rewrite it.
 *
 * It does NOT stop the table's owner or a superuser, who can drop the trigger: give the application a role that owns
 * nothing (docs/operations.md). It does not prove that nothing was removed that way; a tamper-evident ledger would.
 *
 * ASVS 5.0.0: 16.2.1 (when, where, who, what), 16.4.2 (a log that cannot be modified).
 *
 * @throws SafekeepError ERR_OPTION_INVALID; the methods: what the database throws, because an event that cannot be
 * kept must not pass in silence
 * @example
 * const events = sqlSecurityEvents({ database, realm: 'shop' });
 * await events.record({ kind: 'login.failed', account: '17', facts: { attempts: 3 } });
 */
export function sqlSecurityEvents(options: SqlSecurityEventsOptions): SqlSecurityEvents {
  const { database, realm = null } = readOptions('sqlSecurityEvents', shape, options);
  return Object.freeze({
    record: async ({ kind, account, facts = {} }: SecurityEvent, tx: Queryable = database) => {
      await tx.query(insert, [realm, nameOf(kind), account ?? null, JSON.stringify(facts)]);
    },
    latest: async (count: number) => {
      readOptions('sqlSecurityEvents.latest', { count: required(integerRule({ min: 1, max: 10_000 })) }, { count });
      return database.query<StoredSecurityEvent>(select, [realm, count]);
    },
  });
}

const insert = 'insert into safekeep.security_events (realm, kind, account, facts) values ($1, $2, $3, $4)';
const select = `
  select id, at, realm, kind, account, facts from safekeep.security_events
   where realm is not distinct from $1 order by id desc limit $2`;
