import type { Facts } from '../errors.js';
import type { Queryable } from './database.js';

/** What happened to an account or a protection. Facts are numbers, booleans and minted names: never a person's text. */
export interface SecurityEvent {
  /** Dotted, e.g. `login.failed`, `reset.redeemed`, `password.bounds`. */
  readonly kind: string;
  /** The account's row key, when there is one. */
  readonly account?: string | undefined;
  readonly facts?: Facts | undefined;
}

/** Append-only. With a transaction the event commits with its effect or not at all. */
export interface SecurityEvents {
  record(event: SecurityEvent, tx?: Queryable): Promise<void>;
}
