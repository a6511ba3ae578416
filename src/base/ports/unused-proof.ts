/** A place that can hold values under a key, counted: none of its rows does. */
export interface UnusedPlace {
  readonly table: string;
  readonly column: string;
  readonly rows: 0;
}

/**
 * What `fields.proveUnused` found about a key: every place that can hold it was counted and none does. The key ring
 * mints it (`ring.attestUnused`) and asks for it before it destroys the key (`ring.destroy`). It is plain data: it may
 * be printed, stored as JSON and handed in days later. Nothing in it is secret.
 */
export interface UnusedProof {
  readonly keyId: number;
  /** The ring's counter when the places were counted. */
  readonly ringCounter: number;
  readonly places: readonly UnusedPlace[];
  /** When the ring minted it, in milliseconds since 1970. */
  readonly mintedAtMs: number;
  /** HMAC under the ring's guard over everything above, base64url. */
  readonly mac: string;
}
