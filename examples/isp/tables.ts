import type { Database } from 'safekeep/database';

/**
 * The ISP's own tables. Sealed columns are text; which those are the policy says, and the start compares the two. Every
 * statement may run again on every start.
 */
const statements = [
  `create table if not exists subscribers (
     id uuid primary key,
     name text not null,
     address text not null,
     email text not null,
     email_index text not null unique,
     phone text not null,
     card_number text not null,
     card_expiry text not null,
     password text not null,
     line_login text unique,
     line_secret text,
     start_page text,
     plan text not null,
     line_partner text,
     line_state text not null default 'none' check (line_state in ('none', 'ordered', 'active', 'fault')),
     line_since timestamptz,
     created_at timestamptz not null default now())`,
  `create index if not exists subscribers_by_partner on subscribers (line_partner, line_state) where line_partner is not null`,
  `create table if not exists line_sessions (
     id uuid primary key,
     subscriber uuid not null references subscribers (id) on delete cascade,
     partner text not null,
     nas text not null,
     session text not null,
     address text,
     last_record text not null check (last_record in ('start', 'interim', 'stop')),
     octets_in bigint not null check (octets_in >= 0),
     octets_out bigint not null check (octets_out >= 0),
     seconds bigint not null check (seconds >= 0),
     cause smallint,
     started_at timestamptz not null,
     heard_at timestamptz not null,
     ended_at timestamptz)`,
  'create index if not exists line_sessions_by_subscriber on line_sessions (subscriber, started_at)',
  'create index if not exists line_sessions_by_session on line_sessions (partner, nas, session)',
  'create index if not exists line_sessions_by_age on line_sessions (heard_at)',
  `create table if not exists bills (
     id uuid primary key,
     subscriber uuid not null references subscribers (id) on delete cascade,
     sealed text not null,
     month text not null check (month ~ '^[0-9]{4}-[0-9]{2}$'),
     total_cents integer not null check (total_cents >= 0),
     billed_at timestamptz not null,
     unique (subscriber, month))`,
];

export async function createTables(database: Database): Promise<void> {
  await database.transaction(async (tx) => {
    // Two servers that start at once: "if not exists" alone still collides in the catalogue of PostgreSQL.
    await tx.query("select pg_advisory_xact_lock(hashtextextended('harrow tables', 0))");
    for (const statement of statements) await tx.query(statement);
  });
}
