import { SafekeepError } from '../base/errors.js';
import { nameOf } from '../base/names.js';
import { integerRule, objectRule, readOptions, required, textRule } from '../base/options.js';
import type { Database, Queryable, Row } from '../base/ports/database.js';
import { type Policy, receivableColumns } from '../policy/index.js';

export interface DisclosuresOptions {
  /** Migrated: `migrate(database)` made the table. */
  readonly database: Database;
  /** Says which recipient may be given what. */
  readonly policy: Policy;
  /** The set of accounts that the people belong to: the table of accounts. 1 to 64 characters. */
  readonly realm: string;
}

/** What is about to be handed over of one person. */
export interface Disclosure {
  readonly account: string;
  /** A recipient of the policy. */
  readonly recipient: string;
  readonly purpose: string;
  readonly table: string;
  /** The columns that are handed over; each must be one that the recipient may be given for the purpose. */
  readonly columns: readonly string[];
  /** Which of the recipient's programs asked, under which certificate: `partnerOf(req)`. */
  readonly by?: { readonly name: string; readonly serial: string } | undefined;
}

/** What was handed over, as the person it was about may be told. */
export interface StoredDisclosure {
  readonly at: Date;
  readonly recipient: string;
  readonly purpose: string;
  readonly table: string;
  readonly columns: readonly string[];
  readonly partner: string | null;
}

export interface Disclosures {
  /**
   * Writes down what is handed over: in the transaction that reads it, and before the first byte leaves, so that nothing
   * is handed over without its entry. An entry without its data is possible (the connection broke) and harmless.
   * @throws SafekeepError ERR_DISCLOSURE_REFUSED for a column that the recipient may not be given, and nothing is written
   */
  record(disclosures: readonly Disclosure[], tx: Queryable): Promise<void>;
  /** What was handed over of a person, the newest first. @param most 1 to 10,000; default 100 */
  of(account: string, most?: number): Promise<readonly StoredDisclosure[]>;
}

const shape = {
  database: required(objectRule<Database>('query')),
  policy: required(objectRule<Policy>('table')),
  realm: required(textRule({ maxLength: 64 })),
};
const kind = 'data.disclosed';

/**
 * Who got whose data, when, for what: entries among the security events, which take new rows only. It refuses what the
 * policy does not give a recipient; it does NOT read the data, choose the columns (`receivableColumns` does) or ask
 * whether the person has opted out.
 *
 * GDPR articles 15(1)(c) and 30(1)(d).
 *
 * @throws SafekeepError ERR_OPTION_*; the methods: what the database throws
 * @example
 * const columns = receivableColumns(policy.table('subscribers'), recipient, purpose);
 * await disclosures.record([{ account, recipient: recipient.name, purpose, table: 'subscribers', columns }], tx);
 */
export function createDisclosures(options: DisclosuresOptions): Disclosures {
  const { database, policy, realm } = readOptions('createDisclosures', shape, options);

  function factsOf({ recipient: name, purpose, table, columns, by }: Disclosure) {
    const recipient = policy.resolved.recipients.get(name);
    const allowed = recipient === undefined ? [] : receivableColumns(policy.table(table), recipient, purpose);
    const stray = columns.find((column) => !allowed.includes(column));
    if (recipient === undefined || stray !== undefined) {
      throw new SafekeepError('ERR_DISCLOSURE_REFUSED', {
        recipient: nameOf(name),
        purpose: nameOf(purpose),
        place: stray === undefined ? nameOf(table) : nameOf(`${table}.${stray}`),
      });
    }
    return {
      recipient: nameOf(name),
      purpose: nameOf(purpose),
      table: nameOf(table),
      columns: columns.map(nameOf),
      ...(by === undefined ? {} : { partner: nameOf(by.name), serial: nameOf(by.serial) }),
    };
  }

  return Object.freeze({
    async record(disclosures: readonly Disclosure[], tx: Queryable) {
      const facts = disclosures.map((disclosure) => JSON.stringify(factsOf(disclosure)));
      if (facts.length === 0) return;
      const accounts = disclosures.map(({ account }) => account);
      await tx.query(insert, [realm, kind, accounts, facts]);
    },
    async of(account: string, most = 100) {
      readOptions('disclosures.of', { most: required(integerRule({ min: 1, max: 10_000 })) }, { most });
      const rows = await database.query<Row & { at: Date; facts: StoredFacts }>(select, [realm, kind, account, most]);
      return rows.map(({ at, facts: { recipient, purpose, table, columns, partner = null } }) =>
        Object.freeze({ at, recipient, purpose, table, columns, partner }),
      );
    },
  });
}

type StoredFacts = Omit<StoredDisclosure, 'at' | 'partner'> & { readonly partner?: string };

const insert = `
  insert into safekeep.security_events (realm, kind, account, facts)
  select $1, $2, account, facts::jsonb from unnest($3::text[], $4::text[]) as given (account, facts)`;
const select = `
  select at, facts from safekeep.security_events
   where realm = $1 and kind = $2 and account = $3 order by id desc limit $4`;
