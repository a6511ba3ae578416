import { nameOf, nearest, type Statement, say } from '../base/names.js';
import type {
  AccessClass,
  AtRest,
  Basis,
  CorrectRule,
  EraseRule,
  LogRule,
  Normaliser,
  Purpose,
  Recipient,
  RecipientClass,
  ResolvedPolicy,
  ResolvedTable,
  ValueType,
} from './rules.js';

type Words<W extends string> = Readonly<Record<W, true>>;

const bases: Words<Basis> = { contract: true, legal_obligation: true, legitimate_interest: true, consent: true };
const preferences: Words<NonNullable<Purpose['preference']>> = { opt_in: true, opt_out: true };
const minors: Words<Purpose['minors']> = { allow: true, own_opt_in: true, deny: true };
const accesses: Words<AccessClass> = {
  contact: true,
  financial: true,
  identifier: true,
  transaction: true,
  communication: true,
  technical: true,
  inferred: true,
  credential: true,
};
const atRests: Words<AtRest> = { clear: true, sealed: true, hashed: true, never: true };
const logs: Words<LogRule> = { show: true, mask: true, token: true, drop: true };
const values: Words<ValueType> = {
  text: true,
  bytes: true,
  boolean: true,
  int64: true,
  bigint: true,
  float64: true,
  decimal: true,
  instant: true,
  date: true,
  json: true,
};
const corrections: Words<CorrectRule> = { self: true, verified: true, annotate: true, never: true };
const erasures: Words<EraseRule & string> = { shred: true, delete: true };
const normalisers: Words<Normaliser> = {
  'exact/1': true,
  'email/1': true,
  'phone/1': true,
  'digits/1': true,
  'alnum/1': true,
  'text/1': true,
};
const seals: Words<ResolvedTable['seal']> = { columns: true, row: true };
const classes: Words<RecipientClass> = {
  processor: true,
  affiliate: true,
  third_party: true,
  authority: true,
  successor: true,
  subject_directed: true,
};
const clauses: Words<Recipient['clause']> = {
  a: true,
  b: true,
  c: true,
  d: true,
  e: true,
  f: true,
  g: true,
  directed: true,
};

/**
 * Words that the vocabulary does not have. The compiler sees them too, but a policy may be written in JavaScript, and a
 * misspelt word is a rule that silently does not hold: a column `atRest: 'seald'` would be stored as it is.
 */
export function wordGaps(policy: ResolvedPolicy): readonly Statement[] {
  const gaps: Statement[] = [];
  function word(place: Statement, key: string, given: unknown, known: Words<string>): void {
    if (typeof given === 'string' && Object.hasOwn(known, given)) return;
    const near = nearest(String(given), Object.keys(known));
    const hint = near === undefined ? say`` : say`; did you mean ${nameOf(near)}?`;
    gaps.push(say`${place}: ${nameOf(key)} cannot be ${nameOf(String(given))}${hint}`);
  }
  for (const purpose of policy.purposes.values()) {
    const place = say`purpose ${nameOf(purpose.name)}`;
    word(place, 'basis', purpose.basis, bases);
    if (purpose.preference !== undefined) word(place, 'preference', purpose.preference, preferences);
    word(place, 'minors', purpose.minors, minors);
  }
  for (const table of policy.tables.values()) {
    word(say`${nameOf(table.name)}`, 'seal', table.seal, seals);
    for (const column of table.columns.values()) {
      const place = say`${nameOf(table.name)}.${nameOf(column.name)}`;
      word(place, 'access', column.access, accesses);
      word(place, 'atRest', column.atRest, atRests);
      word(place, 'logs', column.logs, logs);
      word(place, 'value', column.value, values);
      word(place, 'correct', column.correct, corrections);
      if (!isRetention(column.erase)) word(place, 'erase', column.erase, erasures);
    }
  }
  for (const { name, indexes } of policy.tables.values()) {
    for (const { name: index, current, previous } of indexes) {
      const used = new Set([current, ...previous].flatMap((version) => version.normalisers));
      for (const normaliser of used)
        word(say`index ${nameOf(name)}.${nameOf(index)}`, 'normaliser', normaliser, normalisers);
    }
  }
  for (const recipient of policy.recipients.values()) {
    const place = say`recipient ${nameOf(recipient.name)}`;
    word(place, 'class', recipient.class, classes);
    word(place, 'clause', recipient.clause, clauses);
  }
  return gaps;
}

function isRetention(erase: EraseRule): boolean {
  return (
    typeof erase === 'object' &&
    erase !== null &&
    typeof erase.retain === 'string' &&
    Number.isSafeInteger(erase.days) &&
    erase.days > 0
  );
}
