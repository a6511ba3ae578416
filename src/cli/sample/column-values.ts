import { SafekeepError } from '../../base/errors.js';
import { nameOf, say } from '../../base/names.js';
import { type Database, postgres } from '../../database/index.js';
import { createFields } from '../../fields/index.js';
import { fileRootKey, openKeyRing } from '../../keys/index.js';
import { primaryKeys } from '../draft/primary-keys.js';
import type { Printer } from '../output.js';

export interface ColumnOptions {
  readonly database?: string;
  readonly table?: string;
  readonly column?: string;
  readonly root?: string;
  readonly ring?: string;
  readonly application?: string;
  readonly sample: number;
}

/** Values of rows of one column taken at random, opened where they are sealed. They stay in this process. */
export async function columnValues(options: ColumnOptions, printer: Printer): Promise<readonly string[]> {
  const { database: url, table, column, sample } = options;
  if (url === undefined || table === undefined || column === undefined)
    throw missing(url === undefined ? 'values' : table === undefined ? 'table' : 'column');
  if (url !== '-' && /^[a-z]+:\/\/[^/@]*:[^/@]+@/.test(url)) {
    printer.err(
      "safekeep: other users of this machine can read a password on a command line; '--database -' reads the URL from the standard input",
    );
  }
  const database = postgres(url === '-' ? await standardInput() : url, { maxConnections: 1 });
  try {
    const key = (await primaryKeys(database)).get(table) ?? [];
    const rows = await read(database, table, column, key, sample);
    if (!rows.some(({ value }) => value.startsWith('sf1.'))) return rows.map(({ value }) => value);
    return await opened(options, table, column, rows);
  } finally {
    await database.close();
  }
}

interface Sampled {
  readonly [column: string]: unknown;
  readonly value: string;
  readonly key: readonly string[];
}

async function read(
  database: Database,
  table: string,
  column: string,
  key: readonly string[],
  sample: number,
): Promise<readonly Sampled[]> {
  const parts = key.map((name) => `${quoted(name)}::text`).join(', ');
  return await database.query<Sampled>(
    `select ${quoted(column)}::text as value, array[${parts}]::text[] as key from ${quoted(table)}
      where ${quoted(column)} is not null order by random() limit $1`,
    [sample],
  );
}

async function opened(
  { root, ring, application }: ColumnOptions,
  table: string,
  column: string,
  rows: readonly Sampled[],
): Promise<readonly string[]> {
  if (root === undefined || ring === undefined || application === undefined)
    throw missing(root === undefined ? 'root' : ring === undefined ? 'ring' : 'application');
  const keys = await openKeyRing({ root: fileRootKey(root), path: ring });
  try {
    const fields = createFields({ application, keys });
    return rows.map(({ value, key }) => String(fields.open(value, { table, column, row: key }).reveal()));
  } finally {
    keys.close();
  }
}

function missing(option: string): SafekeepError {
  const expected = say`--values, or --database with --table and --column; for a sealed column --root, --ring and --application too`;
  return new SafekeepError('ERR_OPTION_MISSING', { of: nameOf('keys:leakage'), option: nameOf(option), expected });
}

function quoted(name: string): string {
  return name
    .split('.')
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join('.');
}

async function standardInput(): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of process.stdin) parts.push(Buffer.from(part as Uint8Array));
  return Buffer.concat(parts).toString('utf8').trim();
}
