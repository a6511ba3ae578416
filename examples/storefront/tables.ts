import type { Database } from 'safekeep/database';
import { products } from './catalogue.js';

/**
 * The shop's own tables. Sealed columns are text; which those are the policy says, and the start compares the two.
 * Every statement may run again on every start. The day a column changes is the day this becomes numbered steps and a
 * table that counts them, which then is declared in the policy like every other.
 */
const statements = [
  `create table if not exists customers (
     id uuid primary key,
     name text not null,
     address text not null,
     email text not null,
     email_index text not null unique,
     phone text not null,
     card_number text not null,
     card_expiry text not null,
     password text not null,
     created_at timestamptz not null default now())`,
  `create table if not exists orders (
     id uuid primary key,
     customer uuid not null references customers (id),
     items jsonb not null,
     ship_to text not null,
     card_last4 text not null,
     total_cents integer not null check (total_cents > 0),
     placed_at timestamptz not null default now())`,
  'create index if not exists orders_customer on orders (customer, placed_at)',
  `create table if not exists carts (
     id text primary key,
     customer uuid references customers (id) on delete set null,
     items jsonb not null,
     updated_at timestamptz not null default now())`,
  'create index if not exists carts_updated_at on carts (updated_at)',
  `create table if not exists products (
     id text primary key,
     place integer not null,
     name text not null,
     line text not null,
     shelf text not null,
     description text not null,
     picture text not null,
     cents integer not null check (cents > 0))`,
];

export async function createTables(database: Database): Promise<void> {
  await database.transaction(async (tx) => {
    // Two servers that start at once: "if not exists" alone still collides in the catalogue of PostgreSQL.
    await tx.query("select pg_advisory_xact_lock(hashtextextended('larkspur tables', 0))");
    for (const statement of statements) await tx.query(statement);
    for (const [place, { id, name, line, shelf, text, picture, cents }] of products.entries()) {
      await tx.query(
        `insert into products (id, place, name, line, shelf, description, picture, cents)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (id) do update set place = excluded.place, name = excluded.name, line = excluded.line,
           shelf = excluded.shelf, description = excluded.description, picture = excluded.picture, cents = excluded.cents`,
        [id, place, name, line, shelf, text, picture, cents],
      );
    }
  });
}
