import type { LiveColumn } from '../../base/ports/database.js';
import type { Kind } from '../../policy/index.js';
import { guessKind } from '../../policy/kind-words.js';

/** What a column seems to be. `because` says what a person has to decide; without it the guess is sure. */
export interface Guess {
  readonly is: Kind | 'not personal';
  readonly because?: string;
}

/** Names that say nothing of a person wherever they stand. */
const plainNames =
  /^(id|uuid|created(_at|_on)?|updated(_at|_on)?|deleted(_at|_on)?|version|status|state_code|position|sort_order|quantity|qty|price(_cents)?|amount(_cents)?|total(_cents)?|currency|sku|slug|active|enabled|locale|language|time_?zone)$/;
const openTypes = /^(text|character varying|character|jsonb?|bytea|xml|ARRAY|USER-DEFINED|citext)$/;
const addressTypes = /^(inet|cidr|macaddr8?)$/;

/** Whether a table is about people, told by its name. */
const peopleTables =
  /(^|[._])(customers?|users?|accounts?|members?|people|persons?|contacts?|subscribers?|employees?|clients?|guests?|visitors?|buyers?|patients?|registrations?|profiles?)$/;
export function isAboutPeople(table: string): boolean {
  return peopleTables.test(table);
}

/** What a column is, told by its name and type. `inPeopleTable`: a bare `name` is a person's there, and elsewhere not. */
export function guessColumn({ name, type }: LiveColumn, inPeopleTable: boolean): Guess {
  const lower = name.toLowerCase();
  if (plainNames.test(lower)) return { is: 'not personal' };
  if (addressTypes.test(type)) return { is: 'ip_address' };
  if (lower === 'name' || lower === 'title') {
    if (!inPeopleTable) return { is: 'not personal' };
    if (lower === 'name') return { is: 'name' };
  }
  const guessed = guessKind(lower);
  if (guessed !== undefined) return guessed;
  if (type === 'boolean' || !openTypes.test(type)) {
    const isPlain = /(_id|_at|_on|_count|_cents|_key)$|^is_|^has_/.test(lower) || !inPeopleTable;
    return isPlain ? { is: 'not personal' } : { is: 'not personal', because: 'says it something about a person?' };
  }
  if (!inPeopleTable) return { is: 'not personal' };
  return { is: 'message', because: 'what is it? Until that is decided it is sealed and opens for nobody' };
}
