import type { Database, Row } from '../../src/base/ports/database.js';
import type { UnusedPlace } from '../../src/base/ports/unused-proof.js';
import type { KeyInfo, KeyRing } from '../../src/keys/index.js';
import { definePolicy } from '../../src/policy/index.js';
import { fixedRing } from '../envelope/fixed-ring.js';

export const oldKey = 0xa1b2c3d4;
export const newKey = 0x0e0f1011;
export const otherKey = 7;

/** Sealed columns of several types, password hashes, a key of two parts, and one of bytes. */
export const policy = definePolicy({
  application: 'shop',
  purposes: { account: 'contract', orders: 'contract' },
  tables: {
    customers: {
      row: 'id',
      columns: {
        email: { is: 'email', for: ['account'], index: { name: 'email', unique: true } },
        points: { is: 'interest', for: ['account'], value: 'int64' },
        // Nobody may open it, and it has to be moved all the same.
        card: { is: 'card_number', for: [], suite: 'xaes-256-gcm' },
        password: 'password_hash',
        created_at: 'not personal',
      },
    },
    lines: { row: ['order_id', 'line'], columns: { note: { is: 'message', for: ['orders'] } } },
    tokens: { row: 'id', columns: { label: { is: 'message', for: ['orders'] } } },
    visits: {
      row: 'id',
      seal: 'row',
      columns: {
        arrival: { is: 'message', for: ['orders'] },
        guests: { is: 'interest', for: ['orders'], value: 'int64' },
      },
    },
    products: 'not personal',
  },
});

export const tables = [
  `create table customers (id bigint primary key, email text, email_index text unique, points text, card text,
     password text, created_at timestamptz not null default now())`,
  'create table lines (order_id text, line int, note text, primary key (line, order_id))',
  'create table tokens (id bytea primary key, label varchar(400))',
  'create table visits (id int primary key, sealed text)',
];

/** What the tests need of a ring beyond a fixed one: a state per key, and proofs of plain data. */
export interface TestRing extends KeyRing {
  readonly proved: { readonly id: number; readonly places: readonly UnusedPlace[] }[];
  attestUnused(id: number, places: readonly UnusedPlace[]): Promise<never>;
}

/** The first key of `ids` is active, the others are decrypt-only or as `states` says. */
export function ringOf(ids: readonly number[], states: Readonly<Record<number, KeyInfo['state']>> = {}): TestRing {
  const ring = fixedRing([
    ...ids.map((id) => ({ id, key: Buffer.alloc(32, id) })),
    { id: 9, key: Buffer.alloc(32, 9), purpose: 'index' as const },
  ]);
  const proved: TestRing['proved'] = [];
  const stateOf = (key: KeyInfo): KeyInfo => ({ ...key, state: states[key.id] ?? key.state });
  return {
    ...ring,
    list: () => ring.list().map(stateOf),
    find: (id) => (['suspended', 'destroyed'].includes(states[id] ?? '') ? undefined : ring.find(id)),
    reload: () => Promise.resolve(),
    proved,
    attestUnused: async (id, places) => {
      proved.push({ id, places });
      return { keyId: id, ringCounter: 1, places, mintedAtMs: 0, mac: '' } as never;
    },
  };
}

export async function insert(database: Database, table: string, row: Row): Promise<void> {
  const names = Object.keys(row);
  await database.query(
    `insert into ${table} (${names.join(', ')}) values (${names.map((_, at) => `$${at + 1}`).join(', ')})`,
    Object.values(row),
  );
}
