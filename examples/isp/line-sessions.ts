import { randomUUID } from 'node:crypto';
import type { Database, Queryable, Row } from 'safekeep/database';
import type { SiteKeep } from '../shared/keep.js';
import type { AccountingRecord } from './accounting.js';

const dayMs = 86_400_000;

/** How many days the policy keeps what a line said of itself. */
export function keptDays({ policy }: Pick<SiteKeep, 'policy'>): number {
  const erase = policy.table('line_sessions').columns.get('address')?.erase;
  if (typeof erase !== 'object') throw new Error('The policy does not say how long the addresses of lines are kept.');
  return erase.days;
}

/** Removes the rows of connections that were last heard of longer ago than the policy keeps them. Returns how many. */
export async function removeOldSessions(
  { keep, database }: { readonly keep: SiteKeep; readonly database: Database },
  nowMs: number,
): Promise<number> {
  const gone = await database.query('delete from line_sessions where heard_at < $1 returning 1', [
    new Date(nowMs - keptDays(keep) * dayMs),
  ]);
  if (gone.length > 0) keep.log.info({ removed: gone.length }, 'old connections removed');
  return gone.length;
}

interface Session extends Row {
  readonly id: string;
  readonly subscriber: string;
  readonly ended_at: Date | null;
  readonly address: string | null;
}

/**
 * Folds a record of a partner's line into the one row of its connection. Records come twice and out of order (RFC 2866
 * section 2: the client sends until it is answered), so counters only rise and an end stays an end.
 * @returns why it is not taken, and nothing is written: the line is none of this partner, or the record is so old that
 *   it would be removed at once
 */
export async function takeRecord(
  { keep, database }: { readonly keep: SiteKeep; readonly database: Database },
  partner: string,
  record: AccountingRecord,
  nowMs: number,
): Promise<'unknown_line' | 'too_old' | undefined> {
  return database.transaction(async (tx) => {
    const [line] = await tx.query<{ id: string }>(
      'select id::text as id from subscribers where line_login = $1 and line_partner = $2',
      [record.login, partner],
    );
    if (line === undefined) return 'unknown_line';
    if (record.atMs < nowMs - keptDays(keep) * dayMs) return 'too_old';
    await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [
      JSON.stringify([partner, record.nas, record.session]),
    ]);
    const [latest] = await tx.query<Session>(
      `select id::text as id, subscriber::text as subscriber, ended_at, address from line_sessions
       where partner = $1 and nas = $2 and session = $3 and subscriber = $4 order by started_at desc limit 1`,
      [partner, record.nas, record.session, line.id],
    );
    // The number of a session may come again after its server was restarted: then it begins after the end of the other.
    const isNew =
      latest === undefined ||
      (latest.ended_at !== null && record.type === 'start' && record.atMs > latest.ended_at.getTime());
    if (isNew) await begin(tx, keep, partner, line.id, record);
    else await carryOn(tx, keep, latest, record);
    return undefined;
  });
}

async function begin(tx: Queryable, keep: SiteKeep, partner: string, subscriber: string, record: AccountingRecord) {
  const row = keep.fields.sealRow('line_sessions', {
    id: randomUUID(),
    subscriber,
    session: record.session,
    nas: record.nas,
    partner,
    address: record.address ?? null,
    last_record: record.type,
    octets_in: String(record.octetsIn),
    octets_out: String(record.octetsOut),
    seconds: record.seconds,
    cause: record.cause ?? null,
    started_at: new Date(record.atMs - record.seconds * 1000),
    heard_at: new Date(record.atMs),
    ended_at: record.type === 'stop' ? new Date(record.atMs) : null,
  });
  const columns = Object.keys(row);
  await tx.query(
    `insert into line_sessions (${columns.join(', ')}) values (${columns.map((_, at) => `$${at + 1}`).join(', ')})`,
    Object.values(row),
  );
}

async function carryOn(tx: Queryable, keep: SiteKeep, { id, address }: Session, record: AccountingRecord) {
  const sealed =
    address === null && record.address !== undefined
      ? keep.fields.seal(record.address, { table: 'line_sessions', column: 'address', row: id })
      : address;
  await tx.query(
    `update line_sessions set
       octets_in = greatest(octets_in, $2), octets_out = greatest(octets_out, $3), seconds = greatest(seconds, $4),
       heard_at = greatest(heard_at, $5), address = $6,
       last_record = case when last_record = 'stop' or $7 = 'start' then last_record else $7 end,
       ended_at = case when $7 = 'stop' then coalesce(ended_at, $5) else ended_at end,
       cause = coalesce(cause, $8)
     where id = $1`,
    [
      id,
      String(record.octetsIn),
      String(record.octetsOut),
      record.seconds,
      new Date(record.atMs),
      sealed,
      record.type,
      record.cause ?? null,
    ],
  );
}
