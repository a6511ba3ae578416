import { nameOf, nearest, type Statement, say } from '../base/names.js';
import type { ResolvedColumn, ResolvedPolicy, ResolvedTable, Suite } from './rules.js';

const suites: Readonly<Record<Suite, true>> = { 'kc-xaes-256-gcm': true, 'xaes-256-gcm': true };
const widestStep = 65_536;

/** What a policy says of how columns are sealed and cannot be kept. */
export function sealGaps(policy: ResolvedPolicy): readonly Statement[] {
  const gaps: Statement[] = [];
  for (const table of policy.tables.values())
    for (const column of table.columns.values()) columnGaps(table, column, gaps);
  return gaps;
}

function columnGaps(table: ResolvedTable, { name, atRest, suite, pad }: ResolvedColumn, gaps: Statement[]): void {
  if (suite === undefined && pad === undefined) return;
  const place = say`${nameOf(table.name)}.${nameOf(name)}`;
  if (atRest !== 'sealed') gaps.push(say`${place}: only a sealed column has a suite or padding`);
  else if (table.seal === 'row') gaps.push(say`${place}: sealed with its row, which has one suite and one padding`);
  if (suite !== undefined && !Object.hasOwn(suites, suite)) {
    const near = nearest(String(suite), Object.keys(suites));
    const hint = near === undefined ? say`` : say`; did you mean ${nameOf(near)}?`;
    gaps.push(say`${place}: suite cannot be ${nameOf(String(suite))}${hint}`);
  }
  if (pad !== undefined && pad !== 'padme' && !(Number.isSafeInteger(pad) && pad >= 1 && pad <= widestStep))
    gaps.push(say`${place}: pad is padme, or a whole number of bytes from 1 to ${widestStep}`);
}
