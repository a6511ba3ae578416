import type { Clock } from '../../src/base/clock.js';
import type { Database, Row } from '../../src/base/ports/database.js';
import { type AnyFields, createFields, type ReadPlaintextOptions } from '../../src/fields/index.js';
import { definePolicy, type Policy } from '../../src/policy/index.js';
import { fixedRing } from '../envelope/fixed-ring.js';

const until = '2027-01-31';
const from = (column: string) => ({ column, until });

/** Every type beside its column, a composite key, a sealed row, columns in place, a table with tenants. */
export const policy = definePolicy({
  application: 'shop',
  purposes: { account: 'contract' },
  tables: {
    customers: {
      row: 'id',
      indexes: { person: { of: ['name', 'email'] } },
      columns: {
        email: {
          is: 'email',
          for: ['account'],
          index: { name: 'email', unique: true },
          importedFrom: from('email_plain'),
        },
        name: { is: 'name', for: ['account'], importedFrom: from('name_plain') },
        vip: 'not personal',
      },
    },
    amounts: {
      row: ['region', 'line'],
      columns: {
        region: 'not personal',
        price: {
          is: 'purchase',
          atRest: 'sealed',
          for: ['account'],
          value: 'decimal',
          importedFrom: from('price_plain'),
        },
        seen: { is: 'interest', for: ['account'], value: 'instant', importedFrom: from('seen_plain') },
        extra: { is: 'interest', for: ['account'], value: 'json', importedFrom: from('extra_plain') },
        born: { is: 'date_of_birth', for: ['account'], importedFrom: from('born_plain') },
        count: { is: 'interest', for: ['account'], value: 'int64', importedFrom: from('count_plain') },
        agreed: { is: 'interest', for: ['account'], value: 'boolean', importedFrom: from('agreed_plain') },
        photo: { is: 'interest', for: ['account'], value: 'bytes', importedFrom: from('photo_plain') },
        score: { is: 'interest', for: ['account'], value: 'float64', importedFrom: from('score_plain') },
      },
    },
    notes: {
      row: 'id',
      columns: {
        note: { is: 'message', for: ['account'], index: 'note', importedFrom: from('note') },
        points: { is: 'interest', for: ['account'], value: 'int64', importedFrom: from('points') },
      },
    },
    billing: {
      row: 'id',
      seal: 'row',
      columns: {
        card: { is: 'card_number', for: ['account'], index: 'card', importedFrom: from('card') },
        due: { is: 'interest', for: ['account'], value: 'date', importedFrom: from('due') },
        // Never stood in the clear.
        remark: { is: 'message', for: ['account'] },
      },
    },
    visits: {
      row: 'id',
      tenant: 'shop_id',
      columns: { who: { is: 'name', for: ['account'], importedFrom: from('who_plain') }, shop_id: 'not personal' },
    },
    products: 'not personal',
  },
});

export const create: Readonly<Record<string, string>> = {
  customers: `create table customers (id bigint primary key, email_plain text, email text, email_index text unique,
    name_plain varchar(80), name text, person_index text, vip boolean)`,
  amounts: `create table amounts (region text, line int, price_plain numeric(12, 2), price text, seen_plain timestamptz,
    seen text, extra_plain jsonb, extra text, born_plain date, born text, count_plain int, count text,
    agreed_plain boolean, agreed text, photo_plain bytea, photo text, score_plain double precision, score text,
    primary key (line, region))`,
  notes: 'create table notes (id int primary key, note text, note_index text, points text)',
  billing: 'create table billing (id uuid primary key, card text, due date, sealed text, card_index text)',
  visits: 'create table visits (id int primary key, shop_id text not null, who_plain text, who text)',
};

export const ring = fixedRing([
  { id: 0xa1b2c3d4, key: Buffer.alloc(32, 1) },
  { id: 9, key: Buffer.alloc(32, 9), purpose: 'index' as const },
]);

/** After a new key was activated. */
export const newerId = 0x0e0f1011;
export const newerRing = fixedRing([
  { id: newerId, key: Buffer.alloc(32, 2) },
  { id: 0xa1b2c3d4, key: Buffer.alloc(32, 1) },
  { id: 9, key: Buffer.alloc(32, 9), purpose: 'index' as const },
]);

export function fieldsOf(read?: ReadPlaintextOptions, of: Policy = policy as Policy): AnyFields {
  return createFields({ application: 'shop', keys: ring, policy: of, dangerouslyReadPlaintext: read });
}

/** Noon of a day in UTC. */
export function at(day: string): Clock {
  return { nowMs: () => Date.parse(`${day}T12:00:00Z`), wait: () => Promise.resolve() };
}
export const clock = at('2026-12-01');

export async function fresh(database: Database, ...tables: readonly string[]): Promise<void> {
  for (const table of tables) {
    await database.query(`drop table if exists ${table} cascade`);
    await database.query(create[table] as string);
  }
  await database.query(
    `do $$ begin if to_regclass('safekeep.imports') is not null then delete from safekeep.imports; end if; end $$`,
  );
}

export async function rowsOf(database: Database, table: string, key = 'id'): Promise<readonly Row[]> {
  return await database.query(`select * from ${table} order by ${key}`);
}
