import type { Name } from '../base/names.js';
import type { RingList } from './ring-list.js';

/** Where a ring lies: a file, or a row in PostgreSQL. It keeps text; what is in it is authenticated by the ring. */
export interface RingStore {
  /** For errors. */
  readonly name: Name;
  /** The ring's text, or null where there is none. */
  read(): Promise<string | null>;
  /** Makes what is missing for a first ring. */
  prepare(): Promise<void>;
  /** Runs work that reads and then writes; other processes wait, or their write loses and is tried again. */
  exclusively(work: () => Promise<void>): Promise<void>;
  /** Writes the ring unless it is no longer at the counter it was read at (0: there was none). False: it is not. */
  write(text: string, counter: number, readAt: number): Promise<boolean>;
  /** Tells the other holders which keys this process opens and seals with. */
  acknowledge(list: RingList): Promise<void>;
  /** How many other processes that hold the ring do not open the key yet (`opens`), or still seal with it (`seals`). */
  behind(id: number, what: 'opens' | 'seals'): Promise<number>;
  /** Holds the ring no longer. */
  leave(): Promise<void>;
}
