import { nameOf, nearest, type Statement, say } from '../base/names.js';
import type { Padding, ResolvedColumn, ResolvedPolicy, ResolvedTable, StoredForm, Suite } from './rules.js';

const suites: Readonly<Record<Suite, true>> = { 'kc-xaes-256-gcm': true, 'xaes-256-gcm': true };
const forms: Readonly<Record<StoredForm, true>> = { text: true, bytes: true };
const widestStep = 65_536;

/** What a policy says of how columns are sealed and cannot be kept. */
export function sealGaps(policy: ResolvedPolicy): readonly Statement[] {
  const gaps: Statement[] = [];
  for (const table of policy.tables.values()) {
    for (const column of table.columns.values()) columnGaps(table, column, gaps);
    const place = say`${nameOf(table.name)}`;
    paddingGap(place, table.pad, gaps);
    formGap(place, table.form, gaps);
    if (table.pad !== undefined && table.seal !== 'row')
      gaps.push(say`${place}: pad is of a row that is sealed whole; a column has its own`);
  }
  return gaps;
}

function columnGaps(table: ResolvedTable, column: ResolvedColumn, gaps: Statement[]): void {
  const { name, atRest, suite, pad, form } = column;
  if (suite === undefined && pad === undefined && form === undefined) return;
  const place = say`${nameOf(table.name)}.${nameOf(name)}`;
  if (atRest !== 'sealed') gaps.push(say`${place}: only a sealed column has a suite, padding or form`);
  else if (table.seal === 'row')
    gaps.push(say`${place}: sealed with its row, which has one suite, one padding and one form`);
  if (suite !== undefined && !Object.hasOwn(suites, suite)) {
    const near = nearest(String(suite), Object.keys(suites));
    const hint = near === undefined ? say`` : say`; did you mean ${nameOf(near)}?`;
    gaps.push(say`${place}: suite cannot be ${nameOf(String(suite))}${hint}`);
  }
  paddingGap(place, pad, gaps);
  formGap(place, form, gaps);
}

function paddingGap(place: Statement, pad: Padding | undefined, gaps: Statement[]): void {
  if (pad !== undefined && pad !== 'padme' && !(Number.isSafeInteger(pad) && pad >= 1 && pad <= widestStep))
    gaps.push(say`${place}: pad is padme, or a whole number of bytes from 1 to ${widestStep}`);
}

function formGap(place: Statement, form: StoredForm | undefined, gaps: Statement[]): void {
  if (form === undefined || Object.hasOwn(forms, form)) return;
  gaps.push(say`${place}: form cannot be ${nameOf(String(form))}; it is text or bytes`);
}
