import type { Ciphertext, SealedBytes } from '../base/brands.js';
import type { Secret } from '../base/secret.js';
import type { RowKeyPart } from '../envelope/index.js';
import type { DeclaredColumn, DeclaredValue, OpenColumns, PlainColumns, Revealed } from '../policy/input.js';

/** The purposes and tables a policy's type carries. A `Policy` without parameters carries any. */
export type PurposesOf<X> = X extends { readonly types?: { readonly purposes: infer P extends string } } ? P : string;
export type TablesOf<X> = X extends { readonly types?: { readonly tables: infer T } } ? T : never;

/** True for a policy whose tables the compiler does not know: then rows are plain records. */
export type IsAnyPolicy<X> = string extends keyof TablesOf<X> ? true : false;
type Table<X, K> = K extends keyof TablesOf<X> ? TablesOf<X>[K] : never;

/** Tables that the policy declares as personal. */
export type TableName<X> = {
  [K in keyof TablesOf<X>]: TablesOf<X>[K] extends 'not personal' ? never : K;
}[keyof TablesOf<X>] &
  string;

/** A row as the application has it: declared columns, with values of their types. */
export type RowInput<X, K extends string> = {
  readonly [C in DeclaredColumn<Table<X, K>>]?: DeclaredValue<Table<X, K>, C> | null | undefined;
};

type Secrets<R, C extends keyof R> = { readonly [K in C]: Secret<NonNullable<R[K]>> | null };

/** What `reveal()` of an opened row gives. */
export type RevealedRow<X, K extends string, P extends string> = Revealed<Table<X, K>, P>;

/**
 * A row opened for one purpose: that purpose's columns as Secrets, columns that are not personal and the row key as
 * they are, and nothing else. Printed, logged or sent as JSON it shows labels.
 */
export type Opened<X, K extends string, P extends string> = Secrets<
  Revealed<Table<X, K>, P>,
  OpenColumns<Table<X, K>, P> & keyof Revealed<Table<X, K>, P>
> &
  Omit<Revealed<Table<X, K>, P>, OpenColumns<Table<X, K>, P>> & {
    /** The plain object. Call it where the values are used. */
    reveal(): RevealedRow<X, K, P>;
  };

/** Columns of a table that can be named in a place. */
export type ColumnName<X, K extends string> = Exclude<DeclaredColumn<Table<X, K>>, PlainColumns<Table<X, K>>>;
export type ColumnValueOf<X, K extends string, C extends string> = DeclaredValue<Table<X, K>, C>;

type FormOf<T, C extends string> = T extends { readonly columns: infer A }
  ? C extends keyof A
    ? A[C] extends { readonly form: infer F }
      ? F
      : T extends { readonly form: infer F }
        ? F
        : 'text'
    : 'text'
  : 'text';
/** A sealed value as its column stores it: text, or bytes where the policy says `form: 'bytes'`. */
export type SealedFor<X, K extends string, C extends string> =
  FormOf<Table<X, K>, C> extends 'text' ? Ciphertext : FormOf<Table<X, K>, C> extends 'bytes' ? SealedBytes : never;

/** Values to look rows up by: one column with an index, or all columns of an index over several. */
export type IndexedBy<X, K extends string> = {
  readonly [C in ColumnName<X, K>]?: ColumnValueOf<X, K, C> & string;
};

/** Where a value belongs, in words the policy knows. */
export interface DeclaredPlace<K extends string, C extends string> {
  readonly table: K;
  readonly column: C;
  readonly row: RowKeyPart | readonly RowKeyPart[];
  readonly tenant?: string | undefined;
}

/** A row with its sealed columns sealed and its blind indexes added: ready to be stored. */
export type StoredRow = Readonly<Record<string, unknown>>;
