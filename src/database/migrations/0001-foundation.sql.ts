/**
 * The tables of accounts, sessions, registrations, resets, preferences and security events. Applied once and then
 * never edited: what changes comes as the next step.
 *
 * None of them holds personal data in the clear: accounts are row keys, tokens and session ids are hashes, a
 * registration's payload is sealed by whoever writes it.
 */
export const foundation: string = `
create table safekeep.accounts (
  realm text not null,
  account text not null,
  epoch int not null default 1 check (epoch > 0),
  state text not null default 'active' check (state in ('active', 'disabled')),
  confirmed_at timestamptz not null,
  password_changed_at timestamptz not null,
  primary key (realm, account)
);

create table safekeep.sessions (
  id_hash bytea primary key check (octet_length(id_hash) = 32),
  realm text not null,
  account text not null,
  epoch int not null,
  created_at timestamptz not null,
  seen_at timestamptz not null,
  expires_at timestamptz not null,
  foreign key (realm, account) references safekeep.accounts on delete cascade
);
create index sessions_by_account on safekeep.sessions (realm, account);
create index sessions_by_expiry on safekeep.sessions (expires_at);

create table safekeep.registrations (
  id text primary key,
  token_hash bytea not null unique check (octet_length(token_hash) = 32),
  realm text not null,
  login_index text not null,
  payload text not null,
  attempts int not null default 0 check (attempts >= 0),
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index registrations_by_login on safekeep.registrations (realm, login_index);
create index registrations_by_expiry on safekeep.registrations (expires_at);

create table safekeep.resets (
  token_hash bytea primary key check (octet_length(token_hash) = 32),
  realm text not null,
  account text not null,
  epoch int not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  foreign key (realm, account) references safekeep.accounts on delete cascade
);
create index resets_by_account on safekeep.resets (realm, account);

create table safekeep.preference_events (
  id bigint generated always as identity primary key,
  realm text not null,
  account text not null,
  purpose text not null,
  channel text not null,
  state text not null check (state in ('granted', 'denied')),
  stated_at timestamptz not null,
  received_at timestamptz not null,
  method text not null,
  notice text not null
);
create index preference_events_by_account on safekeep.preference_events (realm, account, purpose, channel);

create table safekeep.security_events (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  realm text,
  kind text not null,
  account text,
  facts jsonb not null default '{}'
);

create function safekeep.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception using errcode = 'insufficient_privilege', message = 'this table only takes new rows';
end
$$;
-- For each statement, so that it fires for no row and for a whole table alike; always, so that a session that plays
-- replica does not step around it.
create trigger append_only before update or delete or truncate on safekeep.security_events
  for each statement execute function safekeep.refuse_change();
alter table safekeep.security_events enable always trigger append_only;
`;
