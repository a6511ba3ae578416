import { SafekeepError } from '../base/errors.js';
import { type Name, nameOf, say } from '../base/names.js';
import { listRule, optional, readOptions, textRule, withDefault } from '../base/options.js';
import { formatOf } from './intake-formats.js';
import type { ResolvedTable } from './rules.js';

/** One field of a form or JSON body. */
export interface IntakeField {
  readonly name: string;
  readonly kind: string;
  readonly required: boolean;
  readonly maxLength: number;
}

/** What is wrong with one field: names and words of ours, never what was sent. */
export interface FieldProblem {
  readonly field: Name;
  readonly code: 'missing' | 'malformed' | 'too_long' | 'not_text' | 'unknown';
  /** For the person, beside the field. */
  readonly message: string;
}

export interface IntakeOptions {
  /** Which datum sources the form collects. Default: `registration`. */
  readonly source?: string;
  /** Fields of the form that belong to no column, such as an opt-in box. */
  readonly extra?: readonly string[];
  /** Only these columns: a correction form changes some of them. */
  readonly only?: readonly string[];
}

export interface Intake {
  readonly fields: readonly IntakeField[];
  /** Every problem, in the order of the fields; empty when the body is accepted. */
  check(body: unknown): readonly FieldProblem[];
  /**
   * The accepted body: declared fields only, trimmed (a password as it was typed). An empty optional field is left out.
   * @throws SafekeepError ERR_INTAKE_REFUSED (422) naming the fields
   */
  read(body: unknown): Readonly<Record<string, string>>;
}

const shape = {
  source: withDefault(textRule({ maxLength: 80 }), 'registration'),
  extra: withDefault(listRule(textRule({ maxLength: 80 })), []),
  only: optional(listRule(textRule({ maxLength: 80 }))),
};

/**
 * The body that a form of this table may send, from the declaration: a mandatory field that is missing and a field
 * that nobody declared are both refused before anything is stored.
 * @throws SafekeepError ERR_OPTION_UNKNOWN, ERR_OPTION_INVALID, also for a name in `only` that is no column
 */
export function createIntake(table: ResolvedTable, options: IntakeOptions = {}): Intake {
  const { source, extra, only } = readOptions('policy.intake', shape, options);
  const stray = only?.find((name) => !table.columns.has(name));
  if (stray !== undefined) {
    throw new SafekeepError('ERR_OPTION_INVALID', {
      of: nameOf('policy.intake'),
      option: nameOf('only'),
      expected: say`columns of ${nameOf(table.name)}, and ${nameOf(stray)} is none`,
    });
  }
  const columns = [...table.columns.values()].filter(
    ({ name, source: from }) => from === source && (only === undefined || only.includes(name)),
  );
  const fields = columns.map(
    ({ name, kind, requiredFor }): IntakeField => ({
      name,
      kind,
      required: requiredFor !== undefined,
      maxLength: formatOf(kind).maxLength,
    }),
  );
  const accepted = new Set([...fields.map(({ name }) => name), ...extra]);

  function check(body: unknown): readonly FieldProblem[] {
    if (typeof body !== 'object' || body === null) {
      return fields
        .filter(({ required }) => required)
        .map(({ name }) => problem(name, 'missing', 'Please fill this in.'));
    }
    const given = body as Readonly<Record<string, unknown>>;
    const problems: FieldProblem[] = [];
    for (const { name, kind, required, maxLength } of fields) {
      const value = Object.hasOwn(given, name) ? given[name] : undefined;
      const format = formatOf(kind);
      if (value === undefined || value === null || (typeof value === 'string' && value.trim() === '')) {
        if (required) problems.push(problem(name, 'missing', 'Please fill this in.'));
      } else if (typeof value !== 'string') problems.push(problem(name, 'not_text', 'Please give this as text.'));
      else if (value.length > maxLength)
        problems.push(problem(name, 'too_long', `Please use at most ${maxLength} characters.`));
      else if (!format.accepts(format.trim ? value.trim() : value))
        problems.push(problem(name, 'malformed', format.advice));
    }
    // The unknown field's own name is a stranger's text, so it is counted and not echoed.
    if (Object.keys(given).some((name) => !accepted.has(name))) {
      problems.push({ field: nameOf('form'), code: 'unknown', message: 'The form sent a field that we do not know.' });
    }
    return problems;
  }

  return Object.freeze({
    fields,
    check,
    read(body: unknown) {
      const problems = check(body);
      if (problems.length > 0) {
        throw new SafekeepError('ERR_INTAKE_REFUSED', {
          fields: problems.map(({ field, code }) => say`${field} ${nameOf(code)}`),
        });
      }
      const given = body as Readonly<Record<string, string>>;
      const read: Record<string, string> = {};
      for (const { name, kind } of fields) {
        const value = Object.hasOwn(given, name) ? given[name] : undefined;
        if (value === undefined || value === null || value.trim() === '') continue;
        const format = formatOf(kind);
        read[name] = format.trim ? format.clean(value.trim()) : value;
      }
      return Object.freeze(read);
    },
  });
}

function problem(field: string, code: FieldProblem['code'], message: string): FieldProblem {
  return { field: nameOf(field), code, message };
}
