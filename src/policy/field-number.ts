import { createHash } from 'node:crypto';

/**
 * The number of a column in a sealed row: the first two bytes of SHA-256("sf1/field" 00 name). Made from the name, so
 * that the order of a declaration means nothing; two names that meet are a gap of the policy, not a mix-up.
 * @example
 * fieldNumber('email'); // write it as `field` when the column is renamed
 */
export function fieldNumber(column: string): number {
  return createHash('sha256').update('sf1/field\0').update(column).digest().readUInt16BE(0);
}
