import type { Envelopes, Place, SealOptions } from '../envelope/index.js';
import type { Policy, ResolvedTable } from '../policy/index.js';

/** Envelopes that know each column's suite and padding, and that of whole rows, so that nobody who seals or opens has to say them. */
export function columnSeals(envelopes: Envelopes, policy: Policy): Envelopes {
  const none: SealOptions = {};
  const tableOf = (place: Place): ResolvedTable | undefined => policy.resolved.tables.get(place?.table);
  const optionsOf = (place: Place): SealOptions => tableOf(place)?.columns.get(place.column) ?? none;
  return Object.freeze<Envelopes>({
    ...envelopes,
    seal: (value, place) => envelopes.seal(value, place, optionsOf(place)),
    open: (sealed, place, expected) => envelopes.open(sealed, place, expected, optionsOf(place)),
    sealMap: (map, place) => envelopes.sealMap(map, place, tableOf(place) ?? none),
    openAny: (sealed, place) => envelopes.openAny(sealed, place, optionsOf(place)),
  });
}
