import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, embeddedPostgres, walkTable } from 'safekeep/database';
import { type AnyFields, createFields, rotateFields } from 'safekeep/fields';
import { fileRootKey, type KeyRing, openKeyRing } from 'safekeep/keys';
import { definePolicy, type Policy } from 'safekeep/policy';
import type { Contender } from '../harness/case.js';

/** Rows of a table: every slice rewrites all of them, from one key to the other and back. */
export const tableRows = 10_000;

interface Table {
  readonly name: string;
  readonly database: Database;
  readonly columns: readonly string[];
  /** The same table under two rings that open all of it, each sealing with another key. */
  readonly sides: readonly [AnyFields, AnyFields];
}

interface Server {
  readonly database: Database;
  readonly rings: readonly [KeyRing, KeyRing];
}

let server: Promise<Server> | undefined;
let tables = 0;

/** One embedded PostgreSQL for all contenders of this process; it ends, and its files go, with the process. */
async function start(): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'safekeep-bench-'));
  const database = await embeddedPostgres({ directory: join(folder, 'database') });
  process.once('SIGTERM', () => {
    const end = (): never => {
      rmSync(folder, { recursive: true, force: true });
      process.exit();
    };
    database.close().then(end, end);
  });
  const open = (): Promise<KeyRing> =>
    openKeyRing({
      root: fileRootKey(join(folder, 'root.key'), { create: true }),
      path: join(folder, 'keys.json'),
      create: true,
    });
  const first = await open();
  const { id } = await first.stage('fields');
  const second = await open();
  await second.activate(id);
  return { database, rings: [first, second] };
}

async function newTable(values: number): Promise<Table> {
  server ??= start();
  const { database, rings } = await server;
  tables += 1;
  const name = `customers_${tables}`;
  const columns = Array.from({ length: values }, (_, at) => `email_${at}`);
  const policy = definePolicy({
    application: 'bench',
    purposes: { account: 'contract' },
    tables: {
      [name]: {
        row: 'id',
        columns: Object.fromEntries(columns.map((own) => [own, { is: 'email', for: ['account'] }])),
      },
    },
  } as never) as Policy;
  const [first, second] = rings.map((keys) => createFields({ application: 'bench', keys, policy }));
  const sides = [first as AnyFields, second as AnyFields] as const;
  // Half of each page stays free, so that a slice finds the room that the one before it left.
  const types = columns.map((own) => `${own} text`).join(', ');
  await database.query(`create table ${name} (id int primary key, ${types}) with (fillfactor = 45)`);
  await insert(database, name, columns, texts(sides[0], name, columns));
  await database.query(`analyze ${name}`);
  return { name, database, columns, sides };
}

async function insert(database: Database, name: string, columns: readonly string[], rows: readonly Texts[]) {
  const lists = [rows.map(({ id }) => id), ...columns.map((own) => rows.map((row) => row[own]))];
  const types = lists.map((_, at) => `$${at + 1}::${at === 0 ? 'int' : 'text'}[]`).join(', ');
  await database.query(`insert into ${name} select * from unnest(${types})`, lists);
}

type Texts = Readonly<Record<string, unknown>> & { readonly id: number };

function texts(fields: AnyFields, name: string, columns: readonly string[]): readonly Texts[] {
  return Array.from({ length: tableRows }, (_, at) => {
    const row = { id: at + 1, ...Object.fromEntries(columns.map((own) => [own, `c${at + 1}@example.com`])) };
    return fields.sealRow(name, row) as Texts;
  });
}

/** What the table holds, opened: the same for all, whoever wrote it. */
async function opened({ name, database, sides }: Table): Promise<string> {
  const rows = await database.query(`select * from ${name} order by id`);
  return JSON.stringify(rows.map((row) => Object.values(sides[0].openRow(name, row, 'account').reveal()).slice(1)));
}

function contender(
  name: string,
  values: number,
  make: (table: Table) => Promise<(side: 0 | 1) => Promise<number>>,
): Contender {
  return {
    name,
    async prepare() {
      const table = await newTable(values);
      const rewrite = await make(table);
      let side: 0 | 1 = 0;
      const run = async () => {
        side = side === 0 ? 1 : 0;
        const changed = await rewrite(side);
        if (changed !== tableRows) throw new Error(`${name} changed ${changed} rows`);
        return changed;
      };
      return {
        async sample() {
          await run();
          return await opened(table);
        },
        run,
      };
    },
  };
}

/** Of `values` sealed values a row: the whole of `rotateFields`, its counts included. */
export function rotations(values: number): readonly Contender[] {
  return [
    contender('safekeep (rotateFields)', values, async ({ name, database, sides }) => async (side) => {
      const { changed } = await rotateFields({ database, fields: sides[side], tables: [name] });
      return changed;
    }),
    contender('the same reads and UPDATE, no cryptography', values, async ({ name, database, columns, sides }) => {
      const ready = sides.map((fields) => texts(fields, name, columns) as unknown[]);
      return async (side) => {
        const to = ready[side] as readonly Readonly<Record<string, string>>[];
        const change = ({ id }: Readonly<Record<string, string | null>>) => {
          const { id: _id, ...row } = to[Number(id) - 1] as Readonly<Record<string, string>>;
          return row;
        };
        const { changed } = await walkTable({ database, table: name, key: ['id'], columns, change });
        return changed;
      };
    }),
    contender('PostgreSQL alone, one UPDATE', values, async ({ name, database, columns, sides }) => {
      const types = columns.map((own) => `${own} text`).join(', ');
      for (const side of [0, 1] as const) {
        await database.query(`create table ${name}_${side} (id int primary key, ${types})`);
        await insert(database, `${name}_${side}`, columns, texts(sides[side], name, columns));
        await database.query(`analyze ${name}_${side}`);
      }
      const set = columns.map((own) => `${own} = n.${own}`).join(', ');
      return async (side) => {
        const sql = `with done as (update ${name} t set ${set} from ${name}_${side} n where n.id = t.id returning 1)
                     select count(*)::int as changed from done`;
        return (await database.one<{ changed: number }>(sql)).changed;
      };
    }),
  ];
}
