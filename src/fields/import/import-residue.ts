import { nameOf, type Statement, say } from '../../base/names.js';
import { flagRule, integerRule, oneOfRule, type Rule, readOptions, withDefault } from '../../base/options.js';
import type { Database } from '../../base/ports/database.js';
import { quoted } from '../../database/catalogue.js';
import { filesOf } from './confirm-import.js';
import { countImport } from './count-import.js';
import { assertState } from './import-state.js';
import type { ImportTable } from './import-tables.js';
import { type ImportOptions, type ImportShape, importShape, openImport } from './import-walk.js';
import { columnStatistics, extendedStatistics } from './residue-statistics.js';

/** `clean`: was checked, and holds no plaintext. `left`: may hold it. `unknown`: SQL cannot tell. */
export type ResidueState = 'clean' | 'left' | 'unknown';

export interface Residue {
  /** Where plaintext can be: `rows`, `dead rows`, `statistics`, `write-ahead log`, `replica`, `backups` and so on. */
  readonly kind: string;
  /** The table, column, index, slot or setting, where it has a name. */
  readonly place?: string;
  readonly state: ResidueState;
  readonly count?: number;
  /** The day after which it is gone by itself, where a horizon says so: YYYY-MM-DD. */
  readonly until?: string;
  readonly advice: Statement;
}

export interface ResidueOptions extends ImportOptions {
  /**
   * What is done about it first. `none` looks only. `vacuum` removes dead rows and measures the statistics anew; the
   * bytes stay in the pages until something is written over them. `full` writes the table into a new file (VACUUM
   * FULL), which nobody can read or write meanwhile. Default `none`.
   */
  readonly clean?: 'none' | 'vacuum' | 'full' | undefined;
  /** How many days a backup or an archived log is kept after the confirmation, 1 to 3,660; default 30. */
  readonly backupHorizonDays?: number | undefined;
  /** List what is clean too; default false. */
  readonly all?: boolean | undefined;
}

export interface ResidueReport {
  readonly residues: readonly Residue[];
  readonly left: number;
  readonly unknown: number;
}

type Shape = ImportShape & {
  readonly clean: Rule<'none' | 'vacuum' | 'full'>;
  readonly backupHorizonDays: Rule<number>;
  readonly all: Rule<boolean>;
};
const shape: Shape = {
  ...importShape,
  clean: withDefault(oneOfRule('none', 'vacuum', 'full'), 'none'),
  backupHorizonDays: withDefault(integerRule({ min: 1, max: 3660 }), 30),
  all: withDefault(flagRule(), false),
};

/**
 * After the confirmation: what still holds plaintext. What SQL can see is checked (rows, dead rows, the table's old
 * files, statistics, indexes, materialized views, publications, slots, replicas, archiving); what it cannot is listed
 * with the day after which it is gone, counted from the confirmation.
 *
 * It does NOT overwrite a disk: a file that was replaced is unlinked, and snapshots of the volume keep it. It does NOT
 * know of exports, caches and other databases.
 * @throws SafekeepError ERR_IMPORT_STATE unless confirmed; ERR_IMPORT_COLUMN; what the database throws
 * @example
 * const { residues } = await importResidue({ database, fields, clean: 'full', backupHorizonDays: 35 });
 */
export async function importResidue(options: ResidueOptions): Promise<ResidueReport> {
  const { clean, backupHorizonDays, all, ...read } = readOptions('importResidue', shape, options);
  const { database, tables } = await openImport('importResidue', read, true);
  for (const table of tables) await assertState(database, table, ['confirmed']);
  const found: Residue[] = [];
  let horizon = '';
  for (const table of tables) {
    if (clean !== 'none') await sweep(database, table, clean);
    const own = await ofTable(database, table);
    found.push(...own.residues);
    const until = day(own.confirmedAtMs + backupHorizonDays * 86_400_000);
    horizon = until > horizon ? until : horizon;
  }
  found.push(...(await ofServer(database, horizon)), ...elsewhere(horizon));
  const residues = found.filter(({ state }) => all || state !== 'clean').map((residue) => Object.freeze(residue));
  const count = (state: ResidueState): number => residues.filter((residue) => residue.state === state).length;
  return Object.freeze({ residues, left: count('left'), unknown: count('unknown') });
}

/** Neither runs in a transaction, and both take longer than a request may. */
async function sweep(database: Database, { name }: ImportTable, clean: 'vacuum' | 'full'): Promise<void> {
  await database.query(`vacuum (${clean === 'full' ? 'full, ' : ''}analyze) ${quoted(name)}`);
}

async function ofTable(database: Database, table: ImportTable) {
  const place = nameOf(table.name);
  const counts = await countImport(database, table);
  const plaintext = counts.reduce((sum, own) => sum + own.plaintext, 0);
  const { dead, files, then, confirmed } = await database.one<{
    dead: string;
    files: string;
    then: string | null;
    confirmed: string;
  }>(
    `select pg_stat_get_dead_tuples($1::regclass) as dead, ${filesOf('$1')} as files,
            (select min(files) from safekeep.imports where in_table = $2) as then,
            (select extract(epoch from max(confirmed_at)) from safekeep.imports where in_table = $2)::text as confirmed`,
    [quoted(table.name), table.name],
  );
  const deadRows = Number(dead);
  const isNew = then !== null && files !== then;
  const residues: Residue[] = [
    residue('rows', place, plaintext > 0, say`written since; find the old version that writes it`, plaintext),
    residue(
      'dead rows',
      place,
      deadRows > 0 && !isNew,
      say`vacuum ${place}; the count is PostgreSQL's estimate`,
      deadRows,
    ),
    residue(
      'old pages',
      place,
      !isNew,
      say`vacuum (full) or pg_repack ${place}: a vacuum leaves the bytes where they are`,
    ),
    ...(await columnStatistics(database, table)),
    ...(await extendedStatistics(database, table)),
    ...(await dependents(database, table)),
  ];
  return { residues, confirmedAtMs: Number(confirmed) * 1000 };
}

/** Indexes on a plaintext column, views that keep a copy of their own, and who receives the table's changes. */
async function dependents(database: Database, table: ImportTable): Promise<readonly Residue[]> {
  const sources = table.columns.map(({ source }) => source);
  const rows = await database.query<{ kind: string; name: string }>(
    `select 'index' as kind, i.indexrelid::regclass::text as name
       from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
      where i.indrelid = $1::regclass and a.attname = any($2::text[])
     union
     select 'materialized view', c.oid::regclass::text
       from pg_depend d join pg_rewrite r on r.oid = d.objid join pg_class c on c.oid = r.ev_class and c.relkind = 'm'
      where d.classid = 'pg_rewrite'::regclass and d.refobjid = $1::regclass
     union
     select 'publication', p.pubname::text from pg_publication p
      where p.puballtables or exists (select from pg_publication_rel r where r.prpubid = p.oid and r.prrelid = $1::regclass)
     order by 1, 2`,
    [quoted(table.name), sources],
  );
  const advice: Readonly<Record<string, Statement>> = {
    index: say`drop it, or reindex: dead entries stay until then`,
    'materialized view': say`refresh or drop it: it has a copy of its own`,
    publication: say`its subscribers received the plaintext; clean them too`,
  };
  return rows.map(({ kind, name }) => ({
    kind,
    place: nameOf(name.replaceAll('"', '')),
    state: 'left' as const,
    advice: advice[kind] ?? say``,
  }));
}

interface Server {
  readonly [column: string]: unknown;
  readonly archiving: boolean;
  readonly archived: string;
  readonly replicas: string;
  readonly snapshots: string;
  readonly logging: boolean;
  readonly statements: boolean;
}

/** What the whole server keeps, whatever table it is of. */
async function ofServer(database: Database, until: string): Promise<readonly Residue[]> {
  const server = await database.one<Server>(
    `select current_setting('archive_mode') <> 'off' as archiving,
            (select archived_count from pg_stat_archiver)::text as archived,
            (select count(*) from pg_stat_replication)::text as replicas,
            (select count(*) from pg_stat_activity where backend_xmin is not null and pid <> pg_backend_pid()
               and age(backend_xmin) > 0)::text as snapshots,
            current_setting('log_statement') in ('mod', 'all') or current_setting('log_min_duration_statement') <> '-1' as logging,
            to_regclass('pg_stat_statements') is not null as statements`,
  );
  const slots = await database.query<{ name: string; active: boolean }>(
    'select slot_name::text as name, active from pg_replication_slots order by 1',
  );
  const prepared = await database.query<{ count: string }>('select count(*) as count from pg_prepared_xacts');
  const waiting = Number(server.snapshots) + Number(prepared[0]?.count ?? 0);
  return [
    residue(
      'old snapshots',
      undefined,
      waiting > 0,
      say`transactions that began earlier keep dead rows from going; end them and vacuum again`,
      waiting,
    ),
    // Recycled segments are written over in time, and nobody says when.
    {
      kind: 'write-ahead log',
      state: 'unknown',
      advice: say`the server's own segments; two checkpoints later most are reused`,
    },
    {
      ...residue(
        'archived log',
        nameOf('archive_mode'),
        server.archiving,
        say`expire archived segments up to the confirmation`,
        Number(server.archived),
      ),
      ...(server.archiving ? { until } : {}),
    },
    residue(
      'replica',
      undefined,
      Number(server.replicas) > 0,
      say`its rows follow; its own files and logs are cleaned like these`,
      Number(server.replicas),
    ),
    ...slots.map(({ name, active }): Residue => {
      const advice = active
        ? say`wait until it has passed the confirmation`
        : say`it keeps the log from being removed; drop it`;
      return { kind: 'replication slot', place: nameOf(name), state: 'left', advice };
    }),
    residue(
      'server log',
      nameOf('log_statement'),
      server.logging,
      say`statements are logged with their values; expire the log`,
    ),
    residue(
      'statement statistics',
      nameOf('pg_stat_statements'),
      server.statements,
      say`utility statements keep their constants; pg_stat_statements_reset()`,
    ),
  ];
}

/** Nobody can ask these; the horizon is the operator's word. */
function elsewhere(until: string): readonly Residue[] {
  return [
    { kind: 'backups', state: 'unknown', until, advice: say`dumps and base backups of before, until they expire` },
    {
      kind: 'volume snapshots',
      state: 'unknown',
      until,
      advice: say`of the disk under the database, and unlinked files on it`,
    },
    { kind: 'exports and caches', state: 'unknown', advice: say`whatever read the plaintext column and kept it` },
  ];
}

export function residue(
  kind: string,
  place: string | undefined,
  isLeft: boolean,
  advice: Statement,
  count?: number,
): Residue {
  return {
    kind,
    ...(place === undefined ? {} : { place }),
    state: isLeft ? 'left' : 'clean',
    ...(count === undefined ? {} : { count }),
    advice,
  };
}

function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
