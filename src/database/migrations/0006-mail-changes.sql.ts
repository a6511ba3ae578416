/**
 * Changes of a mail address: while `confirmed_at` is null, the new address and the hash of the code that was mailed to
 * it; afterwards the old address and the hash of the code that puts it back, with the epoch that the change made. The
 * address is sealed. What has expired is found by index, here and among resets.
 */
export const mailChanges: string = `
create table safekeep.mail_changes (
  realm text not null,
  account text not null,
  id text not null,
  token_hash bytea not null unique check (octet_length(token_hash) = 32),
  epoch int not null,
  address text not null,
  created_at timestamptz not null,
  confirmed_at timestamptz,
  expires_at timestamptz not null,
  primary key (realm, account, id),
  foreign key (realm, account) references safekeep.accounts on delete cascade
);
create index mail_changes_by_expiry on safekeep.mail_changes (expires_at);
create index resets_by_expiry on safekeep.resets (expires_at);
`;
