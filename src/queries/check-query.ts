import { SafekeepError } from '../base/errors.js';
import { nameOf, type Statement, say } from '../base/names.js';
import type { Policy } from '../policy/index.js';
import { type QueryReading, type Refused, readQuery, type SealedUse } from './read-query.js';
import { sealedNames } from './sealed-names.js';
import { isSealedParameter } from './sealed-values.js';

/** Throws for a statement that asks of a sealed column what only its plaintext could answer. */
export type QueryCheck = (sql: string, values?: readonly unknown[]) => void;

/** Readings that are kept. An application has some hundred statements; one that builds ever new ones starts afresh. */
const mostReadings = 1000;

/**
 * Checks statements against the policy, by their text and their parameters, without a database.
 * @throws SafekeepError ERR_SEALED_QUERY with column, use, and the way out; never a value
 */
export function createQueryCheck(policy: Policy): QueryCheck {
  const names = sealedNames(policy);
  const readings = new Map<string, QueryReading>();

  function readingOf(sql: string): QueryReading {
    const known = readings.get(sql);
    if (known !== undefined) return known;
    if (readings.size >= mostReadings) readings.clear();
    const reading = readQuery(sql, names);
    readings.set(sql, reading);
    return reading;
  }
  return (sql, values) => {
    const { refused, parameters } = readingOf(sql);
    if (refused !== undefined) throw refusal(refused);
    if (values === undefined) return;
    for (const parameter of parameters) {
      if (!isSealedParameter(values[parameter.number - 1])) throw refusal(parameter);
    }
  };
}

const reasons: Readonly<Record<SealedUse, Statement>> = {
  'order by': say`sealed values have no order`,
  'group by': say`equal values are sealed to different ones, so each row is a group`,
  distinct: say`equal values are sealed to different ones, so all are distinct`,
  comparison: say`sealed values have no order, so no range`,
  pattern: say`a pattern finds nothing in a sealed value`,
  function: say`a function would see the sealed value`,
  operator: say`an operator would see the sealed value`,
  equality: say`equal values are sealed to different ones, so nothing is found`,
  copy: say`a sealed value opens in its own row and column only`,
  plaintext: say`a plaintext would be stored in a sealed column`,
};

function refusal({ column, use }: Refused): SafekeepError {
  return new SafekeepError('ERR_SEALED_QUERY', {
    place: nameOf(`${column.table}.${column.name}`),
    use: say`${nameOf(use.replace(' ', '-'))}`,
    why: column.holds === 'index' ? say`a blind index keeps no order and no part of a value` : reasons[use],
    instead: wayOut({ column, use }),
  });
}

function wayOut({ column, use }: Refused): Statement {
  if (use === 'copy' || use === 'plaintext') return say`seal for the row: fields.sealRow, or fields.updateRow`;
  if (column.holds === 'index') return say`look up equal values by fields.blindIndexes, or fields.findRows`;
  return column.index === undefined
    ? say`sort, filter and count after opening; equal values are found by a blind index, if the policy declares one`
    : say`look up equal values by ${nameOf(column.index)} with fields.findRows; sort and filter after opening`;
}
