import type { Kind, KindValues } from './kinds.js';
import type {
  AccessClass,
  AtRest,
  Basis,
  CorrectRule,
  EraseRule,
  ImportSource,
  LogRule,
  Normaliser,
  NoticeVersion,
  Padding,
  Recipient,
  StoredForm,
  Suite,
  ValueType,
} from './rules.js';

/** What a developer writes. Everything but `application`, `purposes` and `tables` has a default. */
export interface PolicyInput<P extends PurposesInput, T extends TablesInput<keyof P & string>> {
  /** Names the application inside every sealed value; changing it makes them unreadable. */
  readonly application: string;
  /** Every use that data may serve, and its legal basis. Exhaustive: another purpose is refused. */
  readonly purposes: P;
  /** Every table of the database, declared or `'not personal'`. */
  readonly tables: T;
  /** Who may receive data. None named: nobody. */
  readonly recipients?: Readonly<Record<string, RecipientInput<keyof P & string>>>;
  /** Versions of the privacy notice, oldest first. None named: one version. */
  readonly notices?: readonly NoticeVersion[];
  /** Where requests about personal data go. */
  readonly contact?: { readonly email: string; readonly address: readonly string[] };
}

export type PurposesInput = Readonly<Record<string, PurposeInput>>;
export type PurposeInput = Basis | PurposeDeclaration;
export interface PurposeDeclaration {
  readonly basis: Basis;
  /** A fideslang data use; by default the purpose's own name. */
  readonly use?: string;
  /** Consent is always opt_in: a pre-ticked box is no consent. */
  readonly preference?: 'opt_in' | 'opt_out';
  /** Off while the browser sends Global Privacy Control. Default: true for consent and legitimate interest. */
  readonly gpc?: boolean;
  /** Default: `allow` for contract and legal obligation, else `deny`. */
  readonly minors?: 'allow' | 'own_opt_in' | 'deny';
  readonly since?: string;
  readonly material?: boolean;
}

export type TablesInput<P extends string> = Readonly<Record<string, TableInput<P>>>;
export type TableInput<P extends string> = 'not personal' | TableDeclaration<P>;
export interface TableDeclaration<P extends string> {
  /**
   * The column, or columns in order, that identify a row. They exist before the row is written, and are kept readable.
   * One
   * that says something of a person is listed among the columns too, as what it is.
   */
  readonly row: string | readonly string[];
  /**
   * `row`: all sealed columns of a row are one sealed value in the column `sealed`, and have no columns of their own.
   * Many times faster per field; what is written is always the whole row. Default `columns`.
   */
  readonly seal?: 'columns' | 'row';
  /**
   * The column that says whose a row is, where one table serves several tenants: a sealed value then opens in a row of
   * that tenant only. It is listed among the columns, or is a part of the row key, and is kept readable. Password hashes
   * are not bound by it.
   */
  readonly tenant?: string;
  /** What a sealed row is padded to, 1 to 65536 bytes, or `padme`; with `seal: 'row'` only. Default 32. */
  readonly pad?: Padding;
  /** How its sealed columns, or its sealed rows, are stored: `bytes` for columns of type `bytea`. Default `text`. */
  readonly form?: StoredForm;
  /** Written into every sealed row, 1 to 4294967295: count it up when sealed columns are added. Default 1. */
  readonly version?: number;
  /** Indexes over several sealed columns at once, by name; the column of each is `<name>_index`. */
  readonly indexes?: Readonly<Record<string, CompoundIndexDeclaration>>;
  readonly columns: Readonly<Record<string, ColumnInput<P>>>;
}

interface IndexSize {
  /** Bits that are stored, 1 to 128. `planIndex` computes them; `findRows` confirms the hits. Default 128. */
  readonly bits?: number;
  /** Values that one input is spread over, 1 to 255, so that a frequent one shows less. Default 1. */
  readonly partitions?: number;
}
export interface IndexDeclaration extends IndexSize {
  readonly name: string;
  /** No two rows share a value. Needs 128 bits and one partition. Default false. */
  readonly unique?: boolean;
  readonly normaliser?: Normaliser;
  /** What rows may still hold from before a change; what is left out is as it is now. Looked up too, never written. */
  readonly previous?: readonly (IndexSize & { readonly normaliser?: Normaliser })[];
}
export interface CompoundIndexDeclaration extends IndexSize {
  /** Two sealed columns or more, of text or dates. All of them are needed for a look-up. */
  readonly of: readonly string[];
  readonly unique?: boolean;
  /** One for each column. Default: that of the column's own index, else of its kind. */
  readonly normalisers?: readonly Normaliser[];
  readonly previous?: readonly (IndexSize & { readonly normalisers?: readonly Normaliser[] })[];
}

/** A kind alone (enough for a password hash), `'not personal'`, or a kind with its purposes and overrides. */
export type ColumnInput<P extends string> = 'not personal' | Kind | ColumnDeclaration<P>;
export interface ColumnDeclaration<P extends string> {
  readonly is: Kind;
  /** Purposes that may open the column; `[]` for nobody. */
  readonly for: readonly P[];
  /** Makes a sealed column searchable by equality; names the index, whose column is `<name>_index`. */
  readonly index?: string | IndexDeclaration;
  /**
   * The column's number in a sealed row, 0 to 65535, for ever. Default: made from its name. Write it down before you
   * rename the column (`safekeep/policy`: `fieldNumber(name)`), or when two names come out the same.
   */
  readonly field?: number;
  /** Registration is refused without it; cites the contract purpose that needs it. */
  readonly requiredFor?: P;
  readonly category?: string;
  readonly access?: AccessClass;
  readonly atRest?: AtRest;
  readonly logs?: LogRule;
  readonly value?: ValueType;
  /** How a sealed column's values are sealed, for as long as the column holds any. Default `kc-xaes-256-gcm`. */
  readonly suite?: Suite;
  /** Steps in bytes that its sealed values are padded to, 1 to 65536, or `padme` for long ones. Default 32. */
  readonly pad?: Padding;
  /** `bytes` where the sealed column is of type `bytea`: a quarter smaller than text. Default: the table's. */
  readonly form?: StoredForm;
  /** Where its values stand in the clear until `safekeep import` is confirmed; for a sealed column. */
  readonly importedFrom?: ImportSource;
  readonly source?: string;
  readonly correct?: CorrectRule;
  readonly erase?: EraseRule;
}

export type RecipientInput<P extends string> = Omit<Recipient, 'name' | 'purposes'> & {
  readonly purposes: readonly P[];
};

type ValueOfKind<K extends Kind> = K extends keyof KindValues ? KindValues[K] : 'text';
type ValueTypes = {
  text: string;
  bytes: Uint8Array;
  boolean: boolean;
  int64: bigint;
  bigint: bigint;
  float64: number;
  decimal: string;
  instant: Date;
  date: string;
  json: unknown;
};

/** The JavaScript type of a declared column's value. */
export type ColumnValue<C> = C extends { readonly value: infer V extends ValueType }
  ? ValueTypes[V]
  : C extends { readonly is: infer K extends Kind }
    ? ValueTypes[ValueOfKind<K>]
    : C extends Kind
      ? ValueTypes[ValueOfKind<C>]
      : unknown;

type Columns<T> = T extends { readonly columns: infer C } ? C : Record<never, never>;
type RowKeyOf<T> = T extends { readonly row: infer R } ? (R extends readonly string[] ? R[number] : R & string) : never;

/** Columns of a table that a purpose may open; of several purposes, what each of them may. */
export type OpenColumns<T, P extends string> = {
  [K in keyof Columns<T>]: Columns<T>[K] extends { readonly for: readonly (infer F)[] }
    ? [P] extends [F]
      ? K
      : never
    : never;
}[keyof Columns<T>] &
  string;
export type PlainColumns<T> = {
  [K in keyof Columns<T>]: Columns<T>[K] extends 'not personal' ? K : never;
}[keyof Columns<T>] &
  string;

/** The plain object that `reveal()` of an opened row gives: this purpose's columns, plain columns, the row key. */
export type Revealed<T, P extends string> = {
  readonly [K in OpenColumns<T, P>]: ColumnValue<Columns<T>[K]> | null;
} & { readonly [K in PlainColumns<T>]: unknown } & { readonly [K in RowKeyOf<T>]: string };

/** A table's declared columns, for typed patches and rows. */
export type DeclaredColumn<T> = (keyof Columns<T> | RowKeyOf<T>) & string;
export type DeclaredValue<T, K extends string> = K extends keyof Columns<T> ? ColumnValue<Columns<T>[K]> : unknown;
