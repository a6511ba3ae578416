/**
 * Second factors: the sealed TOTP secret of an account with the last step that was spent, the hashes of its recovery
 * codes, and sign-ins that have proven a password and still owe a code. Sessions say which kind of browser has them.
 */
export const secondFactor: string = `
create table safekeep.second_factors (
  realm text not null,
  account text not null,
  secret text not null,
  last_step bigint not null default 0,
  failures int not null default 0 check (failures >= 0),
  waits_until timestamptz,
  created_at timestamptz not null,
  confirmed_at timestamptz,
  primary key (realm, account),
  foreign key (realm, account) references safekeep.accounts on delete cascade
);

create table safekeep.recovery_codes (
  realm text not null,
  account text not null,
  code_hash bytea not null check (octet_length(code_hash) = 32),
  primary key (realm, account, code_hash),
  foreign key (realm, account) references safekeep.second_factors on delete cascade
);

create table safekeep.challenges (
  id_hash bytea primary key check (octet_length(id_hash) = 32),
  realm text not null,
  account text not null,
  epoch int not null,
  expires_at timestamptz not null,
  foreign key (realm, account) references safekeep.accounts on delete cascade
);
create index challenges_by_account on safekeep.challenges (realm, account);
create index challenges_by_expiry on safekeep.challenges (expires_at);

alter table safekeep.sessions add column browser text not null default '';
`;
