/**
 * The key ring in the database, for `openKeyRing({ root, database })`: its keys are wrapped by a root key that is not
 * here. And who holds it: a key is activated only when every process opens it.
 */
export const keyRing: string = `
create table safekeep.key_ring (
  sole boolean primary key default true check (sole),
  counter bigint not null check (counter > 0),
  content text not null
);

create table safekeep.key_ring_holders (
  holder text primary key,
  counter bigint not null,
  opens bigint[] not null,
  seals bigint[] not null,
  expires_at timestamptz not null
);
`;
