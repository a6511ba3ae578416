import { createHash } from 'node:crypto';
import { SafekeepError } from '../base/errors.js';
import { nameOf, nearest, say } from '../base/names.js';
import type { LiveColumns } from '../base/ports/database.js';
import { type Description, describePolicy } from './describe.js';
import { policyGaps } from './gaps.js';
import type { PolicyInput, PurposesInput, TablesInput } from './input.js';
import { createIntake, type Intake, type IntakeOptions } from './intake.js';
import { isMapLike, readOnly } from './read-only.js';
import { resolvePolicy } from './resolve.js';
import type { ResolvedPolicy, ResolvedTable } from './rules.js';
import { schemaDrift } from './schema-drift.js';

/**
 * The one declaration of what is personal. The type parameters carry purposes and tables to `openRow`, so that a
 * column a purpose has no right to is not there, at compile time and at run time.
 */
export interface Policy<P extends string = string, T extends TablesInput<P> = TablesInput<P>> {
  readonly application: string;
  /** Every default filled in: what the other modules read. Nothing in it can be changed, its maps included. */
  readonly resolved: ResolvedPolicy;
  /** SHA-256 of the resolved policy, hex: two servers with one policy have one digest. */
  readonly digest: string;
  /**
   * Compares the live database with the declaration: an undeclared table or column is one nobody classified.
   * @param elsewhere declared tables that live in another server's database, where two share one policy
   * @throws SafekeepError ERR_SCHEMA_DRIFT listing every difference by name; ERR_POLICY_TABLE
   */
  assertSchema(live: LiveColumns, elsewhere?: readonly (keyof T & string)[]): void;
  /** The body a form of this table may send: what is mandatory, what is refused. @throws ERR_POLICY_TABLE */
  intake(table: keyof T & string, options?: IntakeOptions): Intake;
  /** The declared table. @throws SafekeepError ERR_POLICY_TABLE for a table that is not declared as personal */
  table(name: keyof T & string): ResolvedTable;
  /** Documents that cannot drift from the code, because they are made from the same declaration. */
  describe(what: 'inventory' | 'ropa' | 'notice'): Description;
  /** Carries the types; never set. */
  readonly types?: { readonly purposes: P; readonly tables: T };
}

/**
 * Declares what is personal, for what, for whom. Ten lines are enough: a kind gives category, access class, at-rest,
 * log, correction and erasure rule, and each can be overridden. It does not touch a database: `assertSchema` does.
 * @throws SafekeepError ERR_POLICY_GAPS listing all gaps at once
 * @example
 * export const policy = definePolicy({
 *   application: 'shop',
 *   purposes: { account: 'contract' },
 *   tables: { customers: { row: 'id', columns: { email: { is: 'email', for: ['account'], index: 'email' } } } },
 * });
 */
export function definePolicy<const P extends PurposesInput, const T extends TablesInput<keyof P & string>>(
  input: PolicyInput<P, T>,
): Policy<keyof P & string, T> {
  const { resolved: filled, gaps: unresolved } = resolvePolicy(input);
  const gaps = [...unresolved, ...policyGaps(filled)];
  if (gaps.length > 0) throw new SafekeepError('ERR_POLICY_GAPS', { count: gaps.length, gaps });
  // A copy: what the caller does to the lists he passed changes no rule that was checked.
  const resolved = readOnly(filled);

  function table(name: string): ResolvedTable {
    const found = resolved.tables.get(name);
    if (found !== undefined) return found;
    const near = nearest(name, [...resolved.tables.keys()]);
    throw new SafekeepError('ERR_POLICY_TABLE', {
      table: nameOf(name),
      nearest: near === undefined ? undefined : nameOf(near),
    });
  }
  return Object.freeze({
    application: resolved.application,
    resolved,
    digest: createHash('sha256').update(canonical(resolved)).digest('hex'),
    assertSchema(live: LiveColumns, elsewhere: readonly string[] = []) {
      for (const name of elsewhere) table(name);
      const differences = schemaDrift(resolved, live, new Set(elsewhere));
      if (differences.length === 0) return;
      throw new SafekeepError('ERR_SCHEMA_DRIFT', {
        count: differences.length,
        differences,
        advice: say`declare each, or say 'not personal'`,
      });
    },
    intake: (name: string, options?: IntakeOptions) => createIntake(table(name), options),
    table,
    describe: (what: 'inventory' | 'ropa' | 'notice') => describePolicy(resolved, what),
  });
}

/** JSON with sorted keys and maps as objects: equal declarations give equal text, whatever their order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (isMapLike(part)) return sorted(Object.fromEntries(part));
    if (typeof part === 'object' && part !== null && !Array.isArray(part)) return sorted(part);
    return part;
  });
}

function sorted(object: object): object {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
}
