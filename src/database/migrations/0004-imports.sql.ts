/** How far the import of a column's plaintext is: what may be confirmed, and what may still be taken back. */
export const imports: string = `
create table safekeep.imports (
  in_table text not null,
  in_column text not null,
  source text not null,
  state text not null check (state in ('importing', 'verified', 'confirming', 'confirmed', 'reverted')),
  started_at timestamptz not null default now(),
  verified_at timestamptz,
  confirmed_at timestamptz,
  files text,
  primary key (in_table, in_column)
);
`;
