/** What is wrong with a field, in words for the person who typed it. */
export interface Problem {
  /** Empty for what concerns the whole form. */
  readonly field: string;
  readonly code: string;
  readonly message: string;
  /** For the list above the form, where the field's own label is not beside it. */
  readonly summary: string;
}

export interface Form {
  readonly problems: readonly Problem[];
  of(name: string): { readonly name: string; readonly value: string; readonly problem: string | undefined };
}

const labels: Readonly<Record<string, string>> = {
  name: 'Full name',
  address: 'Postal address',
  email: 'E-mail address',
  phone: 'Telephone',
  card_number: 'Card number',
  card_expiry: 'Expires',
  password: 'Password',
  current_password: 'Password you use now',
  code: 'Code from the mail',
  quantity: 'How many',
  plan: 'Plan',
};

/** Never sent back into a page, whatever was wrong with the form: what is not in a page cannot be read off it. */
export const neverEchoed: ReadonlySet<string> = new Set(['password', 'current_password', 'card_number']);

export function problem(field: string, code: string, message: string): Problem {
  const label = labels[field];
  return {
    field: label === undefined ? '' : field,
    code,
    message,
    summary: label === undefined ? message : `${label}: ${message}`,
  };
}

/** A form as a page shows it: what was typed (secrets left out) and what is wrong with it. */
export function formOf(values: unknown = {}, problems: readonly Problem[] = []): Form {
  const given = typeof values === 'object' && values !== null ? (values as Readonly<Record<string, unknown>>) : {};
  return Object.freeze({
    problems,
    of(name: string) {
      const value = Object.hasOwn(given, name) && !neverEchoed.has(name) ? given[name] : '';
      return {
        name,
        value: typeof value === 'string' ? value : '',
        problem: problems.find(({ field }) => field === name)?.message,
      };
    },
  });
}
