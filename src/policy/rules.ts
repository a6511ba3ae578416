/** The vocabulary of a resolved policy: what every other module reads. */

/** How an access request groups a datum (the 2004 policy's own list, and what has joined it since). */
export type AccessClass =
  | 'contact'
  | 'financial'
  | 'identifier'
  | 'transaction'
  | 'communication'
  | 'technical'
  | 'inferred'
  | 'credential';
/** `hashed`: a password hash, minted by `passwords` alone. `never`: may not be persisted at all. */
export type AtRest = 'clear' | 'sealed' | 'hashed' | 'never';
/** `mask`: a type-specific stub; `token`: a joinable pseudonym where one is configured, else as drop; `drop`: the label only. */
export type LogRule = 'show' | 'mask' | 'token' | 'drop';
export type CorrectRule = 'self' | 'verified' | 'annotate' | 'never';
export type EraseRule = 'shred' | 'delete' | { readonly retain: string; readonly days: number };
/** The value's type, authenticated inside a sealed value. */
export type ValueType =
  | 'text'
  | 'bytes'
  | 'boolean'
  | 'int64'
  | 'bigint'
  | 'float64'
  | 'decimal'
  | 'instant'
  | 'date'
  | 'json';
/** How a value is folded before it is indexed; versioned, because changing one makes every look-up miss. */
export type Normaliser = 'exact/1' | 'email/1' | 'phone/1' | 'digits/1' | 'alnum/1' | 'text/1';

/**
 * How a sealed column's values are sealed. `xaes-256-gcm` stores 32 bytes less than `kc-xaes-256-gcm` and has no
 * commitment to its key: a wrong key looks like damaged bytes.
 */
export type Suite = 'kc-xaes-256-gcm' | 'xaes-256-gcm';
/** What a sealed value is padded to: steps of that many bytes, or `padme`, whose steps grow with the length. */
export type Padding = number | 'padme';
/** How a sealed value is stored: as text, or as bytes in a column of type `bytea`, a quarter smaller. */
export type StoredForm = 'text' | 'bytes';

/** Where a sealed column's values come from: `safekeep import` (docs/import.md). Taken out of the policy afterwards. */
export interface ImportSource {
  /**
   * The column that holds them in the clear, or sealed by another library. The sealed column's own name: plaintext is
   * replaced in place, which needs `text`. Where rows are sealed whole, it is beside the sealed row in any case.
   */
  readonly column: string;
  /**
   * YYYY-MM-DD, the last day, in UTC, on which plaintext is taken. After it an import is refused: an open door for
   * plaintext would seal whatever somebody wrote into the table.
   */
  readonly until: string;
}

export interface ColumnRule {
  /** A fideslang data category, e.g. `user.contact.email`; also the label that a Secret of this column prints. */
  readonly category: string;
  readonly access: AccessClass;
  readonly atRest: AtRest;
  readonly logs: LogRule;
  readonly value: ValueType;
  /** Fixed for the column: what another suite sealed is refused. Default `kc-xaes-256-gcm`. */
  readonly suite?: Suite;
  /** 1 to 65536, or `padme`. Default 32. */
  readonly pad?: Padding;
  /** Of a sealed column. Default `text`. */
  readonly form?: StoredForm;
  readonly importedFrom?: ImportSource;
  /** Purposes that may open the column. Empty: nobody. */
  readonly purposes: readonly string[];
  /** The contract purpose without which registration is refused. */
  readonly requiredFor?: string;
  /** Where the datum comes from: `registration`, `request`, or a name of the policy's own. */
  readonly source: string;
  readonly normaliser?: Normaliser;
  readonly correct: CorrectRule;
  readonly erase: EraseRule;
}

/** How an index computes its values. Any change here makes other values of the same input. */
export interface IndexVersion {
  /** One for each column of the index, in their order. */
  readonly normalisers: readonly Normaliser[];
  /** Bits that are stored, 1 to 128. Fewer make different values coincide, so that a hit proves nothing. */
  readonly bits: number;
  /** Values that one input is spread over, 1 to 255. */
  readonly partitions: number;
}

export interface IndexRule {
  readonly name: string;
  /** The column that holds the blind index: `<name>_index`. */
  readonly column: string;
  /** The columns whose values are indexed together, in order; mostly one. */
  readonly of: readonly string[];
  readonly unique: boolean;
  /** What is written now. */
  readonly current: IndexVersion;
  /** What rows may still hold from before a change: looked up too. */
  readonly previous: readonly IndexVersion[];
}

export interface ResolvedColumn extends ColumnRule {
  readonly table: string;
  readonly name: string;
  /** The kind it was declared as. */
  readonly kind: string;
  /** Its number in the sealed row, 0 to 65535, where rows are sealed whole and it is a part of it. */
  readonly field?: number;
  readonly index?: IndexRule;
}

export interface ResolvedTable {
  readonly name: string;
  /** Columns that identify a row, in the order they bind a sealed value to it. */
  readonly rowKey: readonly string[];
  /** The column that says whose the row is, where one table serves several tenants; bound into every sealed value. */
  readonly tenant?: string;
  /** Declared personal columns, by name. */
  readonly columns: ReadonlyMap<string, ResolvedColumn>;
  /** Columns declared `'not personal'`. */
  readonly plain: readonly string[];
  /** Every blind index, of one column or of several. */
  readonly indexes: readonly IndexRule[];
  /** Columns that the toolkit itself adds: blind indexes, and the sealed row. */
  readonly derived: readonly string[];
  /** Columns that hold values in the clear until their import is confirmed; they may be gone already. */
  readonly sources: readonly string[];
  /** One sealed value per column, or one per row. */
  readonly seal: 'columns' | 'row';
  /** The column that holds the sealed row, where rows are sealed whole. Its sealed columns have none of their own. */
  readonly sealedRow?: string;
  /** How the sealed row is stored. Default `text`. */
  readonly form?: StoredForm;
  /** What a sealed row is padded to as a whole. Default 32. */
  readonly pad?: Padding;
  /** Which declaration of the table a sealed row was written under, from 1. */
  readonly version: number;
}

export type Basis = 'contract' | 'legal_obligation' | 'legitimate_interest' | 'consent';
export interface Purpose {
  readonly name: string;
  readonly basis: Basis;
  /** A fideslang data use. */
  readonly use: string;
  /** How a person switches it on or off; consent purposes are opt_in. */
  readonly preference?: 'opt_in' | 'opt_out';
  /** Off while the browser sends Global Privacy Control. */
  readonly gpc: boolean;
  readonly minors: 'allow' | 'own_opt_in' | 'deny';
  /** The notice version that introduced it. */
  readonly since: string;
  /** A new use that data collected earlier may serve only after the person agreed. */
  readonly material: boolean;
}

export type RecipientClass = 'processor' | 'affiliate' | 'third_party' | 'authority' | 'successor' | 'subject_directed';
export interface Recipient {
  readonly name: string;
  /** The disclosing clause of the policy: (a) to (g), or `directed` by the person. */
  readonly clause: 'a' | 'b' | 'c' | 'd' | 'e' | 'f' | 'g' | 'directed';
  readonly class: RecipientClass;
  readonly purposes: readonly string[];
  readonly categories: readonly string[];
  /** Reference of the contract its class needs. */
  readonly contract?: string;
  readonly origin?: string;
  readonly collectsDirectly?: { readonly notice: string };
}

export interface NoticeVersion {
  readonly version: string;
  /** ISO date, YYYY-MM-DD. */
  readonly effective: string;
  readonly text: string;
}

/** The whole declaration with every default filled in. */
export interface ResolvedPolicy {
  readonly application: string;
  readonly purposes: ReadonlyMap<string, Purpose>;
  readonly tables: ReadonlyMap<string, ResolvedTable>;
  /** Tables declared `'not personal'`. */
  readonly plainTables: readonly string[];
  readonly recipients: ReadonlyMap<string, Recipient>;
  readonly notices: readonly NoticeVersion[];
  readonly contact?: { readonly email: string; readonly address: readonly string[] };
}
