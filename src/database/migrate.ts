import { createHash } from 'node:crypto';
import { isSafekeepError, SafekeepError } from '../base/errors.js';
import { nameOf, say } from '../base/names.js';
import { type Rule, readOptions, required } from '../base/options.js';
import type { Database, Queryable, Row } from '../base/ports/database.js';
import { ourSteps } from './migrations/index.js';

/** One forward step of a schema. Once it was applied anywhere, it is not edited again. */
export interface MigrationStep {
  /** 1, 2, 3 and so on, without a gap. */
  readonly version: number;
  /** Short and plain, e.g. `add-orders`: it appears in errors. */
  readonly name: string;
  /** Statements for PostgreSQL 15; they run in one transaction, so nothing that refuses one (`create index concurrently`). */
  readonly sql: string;
}

export interface MigrateOptions {
  /** Whose steps these are, e.g. `storefront`; each owner counts its own versions. `safekeep` is taken. */
  readonly owner: string;
  readonly steps: readonly MigrationStep[];
}

export interface MigrationReport {
  readonly owner: string;
  /** The version the database has now. */
  readonly version: number;
  /** The names of the steps that this call applied; empty when another process, or an earlier start, had. */
  readonly applied: readonly string[];
}

/**
 * Brings the tables up to date at start-up: ours in the schema `safekeep`, or with options the application's own.
 * Forward only. Each step runs in a transaction of its own under an advisory lock, so processes that start at once
 * apply it exactly once, and a step that fails leaves nothing behind. The digest of each applied step is kept.
 *
 * It does NOT check the tables themselves: somebody who alters one by hand is found by `policy.assertSchema`.
 *
 * @throws SafekeepError ERR_MIGRATION_EDITED (an applied step has another text now), ERR_MIGRATION_AHEAD (the database
 * is newer than this code), ERR_MIGRATION_FAILED (with step, line and SQLSTATE), ERR_OPTION_INVALID
 * @example
 * await migrate(database);
 * await migrate(database, { owner: 'storefront', steps: [{ version: 1, name: 'products', sql: 'create table products (id int primary key)' }] });
 */
export async function migrate(database: Database, options?: MigrateOptions): Promise<MigrationReport> {
  const { owner, steps } =
    options === undefined ? { owner: ours, steps: ourSteps } : readOptions('migrate', shape, options);
  const applied: string[] = [];
  for (;;) {
    const step = await database.transaction((tx) => applyNext(tx, owner, steps));
    if (step === undefined) return Object.freeze({ owner, version: steps.length, applied: Object.freeze(applied) });
    applied.push(step.name);
  }
}

interface Applied extends Row {
  readonly version: number;
  readonly digest: string;
}

/** Applies the first step that is missing; undefined when none is. */
async function applyNext(
  tx: Queryable,
  owner: string,
  steps: readonly MigrationStep[],
): Promise<MigrationStep | undefined> {
  // The wait for the lock, and a step over a large table, may take longer than a request's statement.
  await tx.query('set local statement_timeout = 0');
  await tx.query('select pg_advisory_xact_lock($1)', [lockId]);
  const { present } = await tx.one<{ present: boolean }>(
    "select to_regclass('safekeep.migrations') is not null as present",
  );
  if (!present) await tx.query(ledger);
  const done = await tx.query<Applied>(
    'select version, digest from safekeep.migrations where owner = $1 order by version',
    [owner],
  );
  for (const { version, digest } of done) {
    const step = steps[version - 1];
    if (step === undefined) {
      const known = steps.length;
      throw new SafekeepError('ERR_MIGRATION_AHEAD', { owner: nameOf(owner), version: done.at(-1)?.version, known });
    }
    if (digestOf(step) !== digest) throw new SafekeepError('ERR_MIGRATION_EDITED', factsOf(owner, step));
  }
  const next = steps[done.length];
  if (next === undefined) return undefined;
  await tx.query(next.sql).catch((error: unknown) => {
    if (!isSafekeepError(error, 'ERR_DATABASE') && !isSafekeepError(error, 'ERR_DATABASE_UNIQUE')) throw error;
    const { position, ...facts } = error.facts;
    const line = typeof position === 'number' ? next.sql.slice(0, position).split('\n').length : undefined;
    throw new SafekeepError('ERR_MIGRATION_FAILED', { ...factsOf(owner, next), line, ...facts });
  });
  const values = [owner, next.version, next.name, digestOf(next)];
  await tx.query('insert into safekeep.migrations (owner, version, name, digest) values ($1, $2, $3, $4)', values);
  return next;
}

const ours = 'safekeep';

/** Any number, the same in every version of this package; advisory locks are the database's own. */
const lockId = 0x73_61_66_65_6b_65;

const ledger = `
create schema if not exists safekeep;
create table safekeep.migrations (
  owner text not null,
  version int not null check (version > 0),
  name text not null,
  digest text not null,
  applied_at timestamptz not null default now(),
  primary key (owner, version)
)`;

function digestOf({ name, sql }: MigrationStep): string {
  return createHash('sha256').update(`${name}\n${sql}`).digest('hex');
}

function factsOf(owner: string, { version, name }: MigrationStep) {
  return { owner: nameOf(owner), version, step: nameOf(name) };
}

const identifier = /^[a-z][a-z0-9_-]{0,62}$/;

const ownerRule: Rule<string> = required<string>({
  check: (value) =>
    typeof value === 'string' && identifier.test(value) && value !== ours
      ? undefined
      : say`lower-case letters, digits, - and _, and not ${nameOf(ours)}`,
});

const stepsRule: Rule<readonly MigrationStep[]> = required<readonly MigrationStep[]>({
  check: (value) => {
    if (!Array.isArray(value)) return say`a list of steps`;
    for (const [index, step] of (value as readonly Partial<MigrationStep>[]).entries()) {
      if (step.version !== index + 1) return say`versions 1, 2, 3 and so on: at place ${index} version ${index + 1}`;
      if (typeof step.name !== 'string' || !identifier.test(step.name)) return say`a plain name for step ${index + 1}`;
      if (typeof step.sql !== 'string' || step.sql.trim() === '') return say`sql for step ${index + 1}`;
    }
    return undefined;
  },
});

const shape = { owner: ownerRule, steps: stepsRule };
