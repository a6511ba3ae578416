import { SafekeepError } from '../../base/errors.js';
import { nameOf, say } from '../../base/names.js';
import type { Database } from '../../database/index.js';
import { createEnvelopes, type Envelopes, type Place } from '../../envelope/index.js';
import { foldRowKey } from '../../fields/row-place.js';
import type { ResolvedColumn, ResolvedTable } from '../../policy/index.js';
import { primaryKeys } from '../draft/primary-keys.js';
import type { RingChoice, Setup } from '../setup.js';

export interface ColumnOptions extends RingChoice {
  readonly table?: string;
  readonly column?: string;
  readonly application?: string;
  readonly sample: number;
}

/** What is known of the column: from the policy where there is one, else from the table alone. */
interface Sought {
  readonly table: string;
  readonly column: string;
  readonly declared: ResolvedTable | undefined;
  readonly rule: ResolvedColumn | undefined;
  /** The column of the database: another one where rows are sealed whole. */
  readonly kept: string;
  readonly key: readonly string[];
}

/** Values of rows of one column taken at random, opened where they are sealed. They stay in this process. */
export async function columnValues(setup: Setup, options: ColumnOptions): Promise<readonly string[]> {
  const { table, column, sample } = options;
  const hasDatabase = [options.database, options.embedded, options.config].some((given) => given !== undefined);
  if (!hasDatabase || table === undefined || column === undefined)
    throw missing(!hasDatabase ? 'values' : table === undefined ? 'table' : 'column');
  const database = await setup.database();
  const declared = (await setup.policyIfAny())?.resolved.tables.get(table);
  const rule = declared?.columns.get(column);
  const isInRow = declared?.sealedRow !== undefined && rule?.atRest === 'sealed';
  const kept = isInRow ? (declared?.sealedRow as string) : column;
  const key = declared?.rowKey ?? (await primaryKeys(database)).get(table) ?? [];
  const sought = { table, column, declared, rule, kept, key };
  const rows = await read(database, sought, sample);
  if (!rows.some(({ value }) => value.startsWith('sf1.'))) return rows.map(({ value }) => value);
  const application = options.application ?? (await setup.policyIfAny())?.application;
  if (application === undefined) throw missing('application');
  const envelopes = createEnvelopes({ application, keys: await setup.ring() });
  return rows.flatMap((row) => opened(envelopes, sought, row) ?? []);
}

interface Sampled {
  readonly [column: string]: unknown;
  readonly value: string;
  readonly key: readonly string[];
  readonly tenant: string | null;
}

async function read(
  database: Database,
  { table, kept, key, declared, rule }: Sought,
  sample: number,
): Promise<readonly Sampled[]> {
  const parts = key.map((name) => `${quoted(name)}::text`).join(', ');
  const isBytes = (kept === declared?.sealedRow ? declared.form : rule?.form) === 'bytes';
  // Base64 of PostgreSQL is broken into lines and padded; text of an envelope is neither.
  const value = isBytes
    ? `'sf1.' || rtrim(translate(encode(${quoted(kept)}, 'base64'), E'+/\\n', '-_'), '=')`
    : `${quoted(kept)}::text`;
  const tenant = declared?.tenant === undefined ? 'null' : `${quoted(declared.tenant)}::text`;
  return await database.query<Sampled>(
    `select ${value} as value, array[${parts}]::text[] as key, ${tenant} as tenant from ${quoted(table)}
      where ${quoted(kept)} is not null order by random() limit $1`,
    [sample],
  );
}

/** undefined for a null inside of a sealed row. */
function opened(
  envelopes: Envelopes,
  { table, column, kept, rule }: Sought,
  { value, key, tenant }: Sampled,
): string | undefined {
  const place: Place = { table, column: kept, row: foldRowKey(key), tenant: tenant ?? undefined };
  if (kept === column) return String(envelopes.openAny(value, place, { suite: rule?.suite }).value);
  const { fields } = envelopes.openMap(value, place, (field) => (field === rule?.field ? rule.value : undefined));
  const found = fields.get(rule?.field as number)?.value;
  return found === undefined ? undefined : String(found);
}

function missing(option: string): SafekeepError {
  const expected = say`--values, or --database with --table and --column; for a sealed column a key ring and --policy, or --application`;
  return new SafekeepError('ERR_OPTION_MISSING', { of: nameOf('keys:leakage'), option: nameOf(option), expected });
}

function quoted(name: string): string {
  return name
    .split('.')
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join('.');
}
