/**
 * The register of stream files: sealed files lie outside of the database, and this is what tells which key each needs.
 * A location is the application's own name for a file; one that is being replaced has an entry for each key.
 */
export const streamFiles: string = `
create table safekeep.stream_files (
  location text not null check (location <> ''),
  key_id bigint not null check (key_id between 1 and 4294967295),
  table_name text not null,
  column_name text not null,
  row_key text[] not null,
  tenant text,
  registered_at timestamptz not null default now(),
  primary key (location, key_id)
);
create index stream_files_by_key on safekeep.stream_files (key_id);
`;
