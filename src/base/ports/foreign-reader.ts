/** Where a value of another library lies, in the words of the table it is read from. */
export interface ForeignPlace {
  readonly table: string;
  readonly column: string;
  /** The row key, in the order of the table's key columns. */
  readonly row: readonly (string | number | bigint)[];
}

/** What a foreign value opens to: text, bytes, or null where the library itself had stored a null. */
export type ForeignValue = string | Uint8Array | null;

/**
 * Opens what another library stored, so that it can be sealed anew. A reader returns the value or throws a
 * SafekeepError without it: never the ciphertext, never a guess. One that asks a server answers with a promise.
 */
export interface ForeignReader {
  /** What it reads, for reports and errors: `laravel`, `lockbox`. */
  readonly name: string;
  read(stored: string | Uint8Array, place: ForeignPlace): ForeignValue | Promise<ForeignValue>;
}
