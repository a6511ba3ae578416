/** Reads what another library sealed, so that an import can seal it anew. It never writes that library's format. */
export interface ForeignReader {
  /** The format, for reports: `lockbox`, `typeorm-encrypted`. */
  name: string;
  /**
   * The plaintext of a stored value in the place that it is stored at; null where it stands for a null. What is not
   * authentic, not of this format or under another key throws; nothing of the value is in the error.
   */
  read(
    stored: string | Uint8Array,
    place: { table: string; column: string; row: readonly (string | number | bigint)[] },
  ): string | Uint8Array | null;
}
