import type { Envelopes, Place, SealOptions } from '../envelope/index.js';
import type { Policy } from '../policy/index.js';

/** Envelopes that know each column's suite and padding, so that nobody who seals or opens has to say them. */
export function columnSeals(envelopes: Envelopes, policy: Policy): Envelopes {
  const none: SealOptions = {};
  const optionsOf = (place: Place): SealOptions =>
    policy.resolved.tables.get(place?.table)?.columns.get(place.column) ?? none;
  return Object.freeze<Envelopes>({
    ...envelopes,
    seal: (value, place) => envelopes.seal(value, place, optionsOf(place)),
    open: (sealed, place, expected) => envelopes.open(sealed, place, expected, optionsOf(place)),
    openAny: (sealed, place) => envelopes.openAny(sealed, place, optionsOf(place)),
  });
}
