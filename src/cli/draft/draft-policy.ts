import type { LiveColumn, LiveColumns } from '../../base/ports/database.js';
import { kinds } from '../../policy/kinds.js';
import { type Guess, guessColumn, isAboutPeople } from './guess-column.js';

export interface DraftInput {
  readonly application: string;
  readonly live: LiveColumns;
  /** Primary keys by table. */
  readonly rowKeys: ReadonlyMap<string, readonly string[]>;
}

export interface Draft {
  /** A TypeScript module. */
  readonly text: string;
  /** Places that a person has to decide, as `table` or `table.column`; each carries a DECIDE comment in the text. */
  readonly undecided: readonly string[];
}

const purpose = 'account';
const sqlName = /^[a-z_][a-z0-9_]{0,62}$/;
/** Types of a column that can hold rows which are sealed whole. */
const rowTypes: ReadonlySet<string> = new Set(['text', 'character varying', 'bytea']);

/**
 * A policy to edit. What it is not sure of is marked DECIDE, and guessed on the careful side: free text in a table about
 * people is sealed and opens for nobody until somebody says what it is. It looks at names and types, never at rows, so
 * it does NOT find personal data in a column whose name hides it.
 */
export function draftPolicy({ application, live, rowKeys }: DraftInput): Draft {
  const undecided: string[] = ['purposes'];
  const tables = [...live].map(([name, columns]) => tableText(name, columns, rowKeys.get(name) ?? [], undecided));
  const text = `import { definePolicy } from 'safekeep/policy';

// Guessed from the names and types of a live database. Go through every DECIDE; what stands without one is still a guess.
// \`for\` names the purposes that may open a column: no purpose, no access.
export const policy = definePolicy({
  application: ${quote(application)},
  // DECIDE: every use of the data with its legal basis; a use that is not listed is refused.
  purposes: { ${purpose}: 'contract' },
  tables: {
${tables.join('\n')}
  },
});
`;
  return { text, undecided };
}

function tableText(
  table: string,
  columns: readonly LiveColumn[],
  rowKey: readonly string[],
  undecided: string[],
): string {
  const names = new Set(columns.map(({ name }) => name));
  const sealedRow = columns.find(({ name, type }) => name === 'sealed' && rowTypes.has(type));
  const aboutPeople =
    sealedRow !== undefined ||
    isAboutPeople(table) ||
    columns.some((column) => isSurelyPersonal(guessColumn(column, false)));
  if (!aboutPeople) {
    const doubtful = columns.some((column) => guessColumn(column, false).because !== undefined);
    if (!doubtful) return `    ${key(table)}: 'not personal',`;
    undecided.push(table);
    const list = columns.map(({ name }) => name).join(', ');
    return `    // DECIDE: is anything of a person in ${comment(list)}?\n    ${key(table)}: 'not personal',`;
  }
  const decide = (place: string, why: string) => {
    undecided.push(place);
    return `// DECIDE: ${comment(why)}`;
  };
  const lines = columns
    // A blind index belongs to the column it indexes.
    .filter(({ name }) => !(name.endsWith('_index') && names.has(name.slice(0, -'_index'.length))))
    // Nor is a sealed row a column of the policy: what is inside of it is.
    .filter((column) => column !== sealedRow)
    .flatMap((column) => columnLines(table, column, guessColumn(column, true), names, decide));
  const row = rowKey.length === 0 ? [...names].filter((name) => name === 'id') : rowKey;
  const rowLine = row.length === 0 ? [`      ${decide(table, 'no primary key: which columns identify a row?')}`] : [];
  const rowText = row.length === 1 ? quote(row[0] as string) : `[${row.map(quote).join(', ')}]`;
  return [
    `    ${key(table)}: {`,
    ...rowLine,
    `      row: ${rowText},`,
    ...(sealedRow === undefined ? [] : [`      seal: 'row',`]),
    ...(sealedRow?.type === 'bytea' ? [`      form: 'bytes',`] : []),
    '      columns: {',
    ...(sealedRow === undefined
      ? []
      : [
          `        ${decide(`${table}.sealed`, 'which columns are inside of sealed, with their numbers? No catalogue shows them')}`,
        ]),
    ...lines,
    '      },',
    '    },',
  ].join('\n');
}

function columnLines(
  table: string,
  { name, type }: LiveColumn,
  guess: Guess,
  names: ReadonlySet<string>,
  decide: (place: string, why: string) => string,
): string[] {
  const place = `${table}.${name}`;
  const why: string[] = guess.because === undefined ? [] : [guess.because];
  if (!sqlName.test(name)) why.push('a policy names columns in lower-case SQL: rename it');
  let rule = quote(guess.is);
  if (guess.is !== 'not personal' && guess.is !== 'password_hash') {
    const nobody = guess.is === 'message' && guess.because?.startsWith('what is it?') === true;
    const parts = [`is: ${quote(guess.is)}`, `for: [${nobody ? '' : quote(purpose)}]`];
    const holdsText = type === 'text' || type === 'character varying';
    if (kinds[guess.is].atRest === 'sealed' && !holdsText) {
      parts.push(`atRest: 'clear'`);
      why.push(`a sealed value needs a column of type text, and this is ${type}`);
    } else if (guess.is === 'email') {
      if (names.has(`${name}_index`)) parts.push(`index: ${quote(name)}`);
      else why.push(`looked up by equality? Then index: ${quote(name)} and a column ${name}_index of type text`);
    }
    rule = `{ ${parts.join(', ')} }`;
  } else if (guess.is === 'password_hash' && type !== 'text' && type !== 'character varying') {
    why.push(`a password hash needs a column of type text, and this is ${type}`);
  }
  const lines = [`        ${key(name)}: ${rule},`];
  return why.length === 0 ? lines : [`        ${decide(place, why.join('; '))}`, ...lines];
}

function isSurelyPersonal({ is, because }: Guess): boolean {
  return is !== 'not personal' && because === undefined;
}

function key(name: string): string {
  return sqlName.test(name) ? name : quote(name);
}

function quote(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&').replace(/[\n\r\u2028\u2029]/g, ' ')}'`;
}

/** Names come from a database that others may write to: none of them ends a comment's line. */
function comment(text: string): string {
  return text.replace(/[^\x20-\x7e\u00a0-\u024f]/g, '?');
}
