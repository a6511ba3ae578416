import { nameOf, type Statement, say } from '../base/names.js';
import type { IndexRule, IndexVersion, ResolvedTable } from './rules.js';

/** What keeps a blind index from finding, or from being unique. */
export function indexGaps(table: ResolvedTable, index: IndexRule, gaps: Statement[]): void {
  const place = say`index ${nameOf(table.name)}.${nameOf(index.name)}`;
  // An index that a column declared itself is held to the column's rules already.
  const compound = table.columns.get(index.of[0] ?? '')?.index !== index;
  if (compound && (index.of.length < 2 || new Set(index.of).size !== index.of.length))
    gaps.push(say`${place}: an index of several columns names two or more, each once`);
  for (const name of index.of) {
    const column = table.columns.get(name);
    if (column === undefined) gaps.push(say`${place}: ${nameOf(name)} is no personal column of the table`);
    else if (compound && column.atRest !== 'sealed')
      gaps.push(say`${place}: ${nameOf(name)} is not sealed, and only sealed columns need a blind index`);
    else if (compound && column.value !== 'text' && column.value !== 'date')
      gaps.push(say`${place}: ${nameOf(name)} holds neither text nor a date, and only these can be indexed`);
  }
  for (const version of [index.current, ...index.previous]) versionGaps(place, index, version, gaps);
}

function versionGaps(place: Statement, index: IndexRule, version: IndexVersion, gaps: Statement[]): void {
  const { bits, partitions } = version;
  if (!Number.isInteger(bits) || bits < 1 || bits > 128) gaps.push(say`${place}: bits is a whole number from 1 to 128`);
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > 255)
    gaps.push(say`${place}: partitions is a whole number from 1 to 255`);
  if (index.unique && (bits !== 128 || partitions !== 1))
    gaps.push(say`${place}: unique needs 128 bits and one partition, in its previous versions too`);
  if (version.normalisers.length !== index.of.length)
    gaps.push(say`${place}: needs one normaliser for each of its columns`);
}
