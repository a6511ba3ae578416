import { nameOf, nearest, type Statement, say } from '../base/names.js';
import { fieldNumber } from './field-number.js';
import type {
  ColumnDeclaration,
  ColumnInput,
  CompoundIndexDeclaration,
  IndexDeclaration,
  PurposeInput,
  RecipientInput,
  TableDeclaration,
  TableInput,
} from './input.js';
import { type Kind, kinds } from './kinds.js';
import type {
  ColumnRule,
  IndexRule,
  IndexVersion,
  Normaliser,
  NoticeVersion,
  Purpose,
  Recipient,
  ResolvedColumn,
  ResolvedPolicy,
  ResolvedTable,
} from './rules.js';

interface LooseInput {
  readonly application: string;
  readonly purposes: Readonly<Record<string, PurposeInput>>;
  readonly tables: Readonly<Record<string, TableInput<string>>>;
  readonly recipients?: Readonly<Record<string, RecipientInput<string>>>;
  readonly notices?: readonly NoticeVersion[];
  readonly contact?: { readonly email: string; readonly address: readonly string[] };
}

const known = {
  policy: ['application', 'purposes', 'tables', 'recipients', 'notices', 'contact'],
  purpose: ['basis', 'use', 'preference', 'gpc', 'minors', 'since', 'material'],
  table: ['row', 'seal', 'version', 'indexes', 'columns', 'tenant', 'pad', 'form'],
  index: ['name', 'unique', 'normaliser', 'bits', 'partitions', 'previous'],
  compound: ['of', 'unique', 'normalisers', 'bits', 'partitions', 'previous'],
  column: [
    ...['is', 'for', 'index', 'requiredFor', 'category', 'access', 'atRest'],
    ...['field', 'logs', 'value', 'source', 'correct', 'erase'],
    ...['suite', 'pad', 'form', 'importedFrom'],
  ],
  importedFrom: ['column', 'until'],
  recipient: ['clause', 'class', 'purposes', 'categories', 'contract', 'origin', 'collectsDirectly'],
} as const;

const firstNotice: NoticeVersion = { version: '1', effective: '1970-01-01', text: '' };

/** Fills in every default. Gaps that leave nothing to fill in (an unknown kind or key) come back beside the result. */
export function resolvePolicy(input: LooseInput): {
  readonly resolved: ResolvedPolicy;
  readonly gaps: readonly Statement[];
} {
  const gaps: Statement[] = [];
  const notices = input.notices !== undefined && input.notices.length > 0 ? input.notices : [firstNotice];
  unknownKeys(input, known.policy, say`the policy`, gaps);
  const tables = new Map<string, ResolvedTable>();
  const plainTables: string[] = [];
  for (const [name, table] of Object.entries(input.tables ?? {})) {
    if (table === 'not personal') plainTables.push(name);
    else tables.set(name, resolveTable(name, table, gaps));
  }
  const purposes = new Map<string, Purpose>();
  for (const [name, purpose] of Object.entries(input.purposes ?? {})) {
    purposes.set(name, resolvePurpose(name, purpose, notices, gaps));
  }
  const recipients = new Map<string, Recipient>();
  for (const [name, recipient] of Object.entries(input.recipients ?? {})) {
    unknownKeys(recipient, known.recipient, say`recipient ${nameOf(name)}`, gaps);
    recipients.set(name, { name, ...recipient });
  }
  return {
    resolved: {
      application: input.application,
      purposes,
      tables,
      plainTables,
      recipients,
      notices,
      ...(input.contact === undefined ? {} : { contact: input.contact }),
    },
    gaps,
  };
}

function resolvePurpose(
  name: string,
  input: PurposeInput,
  notices: readonly NoticeVersion[],
  gaps: Statement[],
): Purpose {
  const given = typeof input === 'string' ? { basis: input } : input;
  unknownKeys(given, known.purpose, say`purpose ${nameOf(name)}`, gaps);
  const voluntary = given.basis === 'consent' || given.basis === 'legitimate_interest';
  const preference = given.preference ?? (given.basis === 'consent' ? 'opt_in' : undefined);
  return {
    name,
    basis: given.basis,
    use: given.use ?? name,
    ...(preference === undefined ? {} : { preference }),
    gpc: given.gpc ?? voluntary,
    minors: given.minors ?? (voluntary ? 'deny' : 'allow'),
    since: given.since ?? notices[0]?.version ?? firstNotice.version,
    material: given.material ?? false,
  };
}

function resolveTable(name: string, input: TableDeclaration<string>, gaps: Statement[]): ResolvedTable {
  unknownKeys(input, known.table, say`table ${nameOf(name)}`, gaps);
  const columns = new Map<string, ResolvedColumn>();
  const plain: string[] = [];
  for (const [column, declared] of Object.entries(input.columns ?? {})) {
    if (declared === 'not personal') plain.push(column);
    else {
      const resolved = resolveColumn(name, column, declared, input, gaps);
      if (resolved !== undefined) columns.set(column, resolved);
    }
  }
  const indexes = [...columns.values()].flatMap(({ index }) => (index === undefined ? [] : [index]));
  for (const [index, declared] of Object.entries(input.indexes ?? {})) {
    unknownKeys(declared, known.compound, say`index ${nameOf(name)}.${nameOf(index)}`, gaps);
    indexes.push(resolveCompound(index, declared, columns));
  }
  const seal = input.seal ?? 'columns';
  const sealedRow = seal === 'row' ? { sealedRow: 'sealed' } : {};
  const derived = [...indexes.map(({ column }) => column), ...Object.values(sealedRow)];
  const rowKey = typeof input.row === 'string' ? [input.row] : (input.row ?? []);
  if (seal === 'row') numberFields(columns, input.columns);
  // In place, the source is the column itself and no further one.
  const sources = [...columns.values()].flatMap(({ name: own, importedFrom }) => {
    const source = importedFrom?.column;
    return source === undefined || (seal === 'columns' && source === own) ? [] : [source];
  });
  return {
    ...{ name, rowKey, columns, plain, indexes, derived, sources, seal, ...sealedRow },
    version: input.version ?? 1,
    ...(input.tenant === undefined ? {} : { tenant: input.tenant }),
    ...(input.form === undefined ? {} : { form: input.form }),
    ...(input.pad === undefined ? {} : { pad: input.pad }),
  };
}

function resolveColumn(
  table: string,
  name: string,
  input: Exclude<ColumnInput<string>, 'not personal'>,
  { seal, form }: Pick<TableDeclaration<string>, 'seal' | 'form'>,
  gaps: Statement[],
): ResolvedColumn | undefined {
  const place = say`${nameOf(table)}.${nameOf(name)}`;
  const given: Partial<ColumnDeclaration<string>> & { readonly is: Kind } =
    typeof input === 'string' ? { is: input } : input;
  unknownKeys(given, known.column, place, gaps);
  if (!Object.hasOwn(kinds, given.is)) {
    const near = nearest(String(given.is), Object.keys(kinds));
    const hint = near === undefined ? say`` : say`; did you mean ${nameOf(near)}?`;
    gaps.push(say`${place}: ${nameOf(String(given.is))} is no kind${hint}`);
    return undefined;
  }
  const defaults: Omit<ColumnRule, 'purposes'> = kinds[given.is];
  const { is, for: purposes, index, field: _field, ...overrides } = given;
  if (purposes === undefined && defaults.atRest !== 'hashed') {
    gaps.push(say`${place}: says no purpose; write for: [...], or for: [] when nobody may open it`);
  }
  if (typeof given.importedFrom === 'object' && given.importedFrom !== null)
    unknownKeys(given.importedFrom, known.importedFrom, say`importedFrom of ${place}`, gaps);
  const rule: ColumnRule = { ...defaults, ...overrides, purposes: purposes ?? [] };
  const ownForm = form !== undefined && seal !== 'row' && rule.atRest === 'sealed' ? { form, ...rule } : rule;
  const declaredIndex = typeof index === 'string' ? { name: index } : index;
  if (declaredIndex !== undefined) unknownKeys(declaredIndex, known.index, say`the index of ${place}`, gaps);
  const resolvedIndex = declaredIndex === undefined ? undefined : resolveIndex(declaredIndex, name, rule);
  return { ...ownForm, table, name, kind: is, ...(resolvedIndex === undefined ? {} : { index: resolvedIndex }) };
}

/** Replaces the sealed columns of a table whose rows are sealed whole by ones with their numbers. */
function numberFields(columns: Map<string, ResolvedColumn>, declared: TableDeclaration<string>['columns']): void {
  for (const [name, column] of columns) {
    const given = declared[name];
    const field = typeof given === 'object' ? given.field : undefined;
    if (column.atRest === 'sealed') columns.set(name, { ...column, field: field ?? fieldNumber(name) });
  }
}

function resolveIndex(given: IndexDeclaration, column: string, rule: ColumnRule): IndexRule {
  const { name, unique = false, normaliser = rule.normaliser ?? 'exact/1', previous = [] } = given;
  const current: IndexVersion = { normalisers: [normaliser], bits: 128, partitions: 1, ...sizeOf(given) };
  return {
    name,
    column: `${name}_index`,
    of: [column],
    unique,
    current,
    previous: previous.map((old) => ({
      ...current,
      ...sizeOf(old),
      ...(old.normaliser === undefined ? {} : { normalisers: [old.normaliser] }),
    })),
  };
}

function resolveCompound(
  name: string,
  given: CompoundIndexDeclaration,
  columns: ReadonlyMap<string, ResolvedColumn>,
): IndexRule {
  const { of = [], unique = false, previous = [] } = given;
  const normaliserOf = (column: string): Normaliser =>
    columns.get(column)?.index?.current.normalisers[0] ?? columns.get(column)?.normaliser ?? 'exact/1';
  const normalisers = given.normalisers ?? of.map(normaliserOf);
  const current: IndexVersion = { normalisers, bits: 128, partitions: 1, ...sizeOf(given) };
  return {
    name,
    column: `${name}_index`,
    of,
    unique,
    current,
    previous: previous.map((old) => ({
      ...current,
      ...sizeOf(old),
      ...(old.normalisers === undefined ? {} : { normalisers: old.normalisers }),
    })),
  };
}

function sizeOf({ bits, partitions }: { readonly bits?: number; readonly partitions?: number }): Partial<IndexVersion> {
  return { ...(bits === undefined ? {} : { bits }), ...(partitions === undefined ? {} : { partitions }) };
}

function unknownKeys(given: object, keys: readonly string[], place: Statement, gaps: Statement[]): void {
  for (const key of Object.keys(given)) {
    if (keys.includes(key)) continue;
    const near = nearest(key, keys);
    gaps.push(
      say`${place}: ${nameOf(key)} is not known here${near === undefined ? say`` : say`; did you mean ${nameOf(near)}?`}`,
    );
  }
}
