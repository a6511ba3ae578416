import { isSafekeepError } from '../../base/errors.js';
import type { Database, Queryable, Row } from '../../base/ports/database.js';
import { ourSteps } from '../../database/migrations/index.js';
import type { Policy } from '../../policy/index.js';
import type { ClockView, SchemaView } from '../subject.js';

/** Holds the live database against the policy, and our own schema against this release. Reads the catalogue only. */
export async function lookAtSchema(
  database: Database,
  policy: Policy | undefined,
  elsewhere: readonly string[],
): Promise<SchemaView> {
  const versions = await appliedVersions(database);
  const known = ourSteps.map(({ version }) => version);
  return {
    drift: policy === undefined ? [] : await driftOf(database, policy, elsewhere),
    missing: known.filter((version) => !versions.includes(version)),
    unknown: versions.filter((version) => !known.includes(version)),
  };
}

async function driftOf(database: Database, policy: Policy, elsewhere: readonly string[]): Promise<readonly string[]> {
  try {
    policy.assertSchema(await database.columns(), elsewhere);
    return [];
  } catch (error) {
    if (!isSafekeepError(error, 'ERR_SCHEMA_DRIFT')) throw error;
    const { differences } = error.facts;
    return Array.isArray(differences) ? differences.map(String) : [String(differences)];
  }
}

async function appliedVersions(database: Queryable): Promise<readonly number[]> {
  try {
    const rows = await database.query<Row & { version: number }>(
      `select version from safekeep.migrations where owner = 'safekeep' order by version`,
    );
    return rows.map(({ version }) => version);
  } catch (error) {
    // Neither table nor schema: nothing was ever migrated.
    if (isSafekeepError(error, 'ERR_DATABASE') && error.facts['sqlState'] === '42P01') return [];
    throw error;
  }
}

/** What time the database thinks it is. @param nowMs our own clock */
export async function clockOfDatabase(database: Queryable, nowMs: () => number): Promise<ClockView> {
  const askedMs = nowMs();
  const { ms } = await database.one<{ ms: string }>(
    'select floor(extract(epoch from clock_timestamp()) * 1000)::bigint::text as ms',
  );
  return { of: 'database', nowMs: Number(ms), askedMs, answeredMs: nowMs() };
}
