import type { Transform } from 'node:stream';
import { SafekeepError } from '../base/errors.js';
import { nameOf, type Statement, say } from '../base/names.js';
import type { Envelopes, Place } from '../envelope/index.js';
import type { Policy, ResolvedColumn } from '../policy/index.js';
import { assertTenant } from './row-place.js';

export interface ColumnStreams {
  sealStream(place: Place): Transform;
  openStream(place: Place, purpose: string): Transform;
}

/** Streams of columns that the policy declares: sealed, of bytes, opened for a purpose. */
export function columnStreams(envelopes: Envelopes, policy: Policy): ColumnStreams {
  function streamed(place: Place): ResolvedColumn {
    const table = policy.table(place?.table);
    const column = table.columns.get(place.column);
    if (column === undefined) throw refused(place, say`the policy does not declare it as personal`);
    if (column.atRest !== 'sealed') throw refused(place, say`it is kept ${nameOf(column.atRest)}`);
    if (column.value !== 'bytes') throw refused(place, say`a stream is a column of bytes`);
    assertTenant(table, place);
    return column;
  }
  return {
    sealStream(place) {
      streamed(place);
      return envelopes.sealStream(place);
    },
    openStream(place, purpose) {
      if (!streamed(place).purposes.includes(purpose) || !policy.resolved.purposes.has(purpose)) {
        throw new SafekeepError('ERR_PURPOSE_REFUSED', { purpose: nameOf(purpose), ...named(place) });
      }
      return envelopes.openStream(place);
    },
  };
}

function refused(place: Place, why: Statement): SafekeepError {
  return new SafekeepError('ERR_COLUMN_REFUSED', { ...named(place), why });
}

function named({ table, column }: Place): { readonly place: ReturnType<typeof nameOf> } {
  return { place: nameOf(`${table}.${column}`) };
}
