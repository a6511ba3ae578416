import { SafekeepError } from '../base/errors.js';
import { nameOf } from '../base/names.js';
import type { ForeignPlace } from '../base/ports/foreign-reader.js';

const codes = {
  format: 'ERR_FOREIGN_FORMAT',
  key: 'ERR_FOREIGN_KEY',
  broken: 'ERR_FOREIGN_BROKEN',
  value: 'ERR_FOREIGN_VALUE',
} as const;

/** Why a reader refuses a stored value: which reader, which column, and nothing of the row or of the value. */
export function refusal(problem: keyof typeof codes, reader: string, place: ForeignPlace): SafekeepError {
  return new SafekeepError(codes[problem], {
    reader: nameOf(reader),
    place: nameOf(`${place.table}.${place.column}`),
  });
}
