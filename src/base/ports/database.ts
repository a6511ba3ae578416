/** A row as the driver returns it. */
export type Row = Readonly<Record<string, unknown>>;

/** Columns of live tables, by table name (`schema.table` beyond the schema `public`). */
export type LiveColumns = ReadonlyMap<string, readonly LiveColumn[]>;
export interface LiveColumn {
  readonly name: string;
  /** As information_schema spells it: `text`, `bytea`, `timestamp with time zone`. */
  readonly type: string;
  readonly nullable: boolean;
}

/** One SQL dialect (PostgreSQL 15 and later), whichever server stands behind it. */
export interface Queryable {
  /** All rows. Values travel as parameters only: `$1`, `$2`. */
  query<T extends Row = Row>(sql: string, values?: readonly unknown[]): Promise<readonly T[]>;
  /** Exactly one row. @throws SafekeepError ERR_ROW_NOT_FOUND for none, ERR_ROW_NOT_UNIQUE for several. */
  one<T extends Row = Row>(sql: string, values?: readonly unknown[]): Promise<T>;
}

export interface Database extends Queryable {
  /** Runs the work on one connection between BEGIN and COMMIT; any throw rolls back. */
  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>;
  /** The live columns of every table outside PostgreSQL's own schemas and ours. */
  columns(): Promise<LiveColumns>;
  close(): Promise<void>;
}
