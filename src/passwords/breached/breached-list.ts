import { hash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { type Clock, systemClock } from '../../base/clock.js';
import { objectRule, oneOfRule, readOptions, required, textRule, withDefault } from '../../base/options.js';
import { type OpenList, openList } from './open-list.js';

/** `unlisted` is proof that it is not among the hashes; `listed` is right but for the filter's rate of false alarms. */
export type BreachVerdict = 'listed' | 'unlisted' | 'unknown';

/** Passwords that are known from breaches. */
export interface BreachedList {
  /** Never throws: what cannot be told is `unknown`. Nothing of the password is kept, sent or written. */
  look(password: string): Promise<BreachVerdict>;
  /** Reads the list if it has not been read, for a start that wants to know. @throws SafekeepError ERR_BREACHED_FILE */
  open(): Promise<BreachedListInfo>;
  /** Lets go of the file; a later look-up opens it again. */
  close(): Promise<void>;
}

export interface BreachedListInfo {
  readonly entries: number;
  /** Hashes seen less often were left out when it was made. */
  readonly minCount: number;
  readonly falsePositiveRate: number;
  readonly fileBytes: number;
}

export interface BreachedFileOptions {
  /** A file of `safekeep breached build`. */
  readonly path: string;
  /**
   * `memory` reads it once (its size is what it takes); `disk` reads six bytes of it for each look-up, for lists that
   * are too large for that. Default `memory`.
   */
  readonly keep?: 'memory' | 'disk' | undefined;
  readonly clock?: Clock | undefined;
}

const shape = {
  path: required(textRule()),
  keep: withDefault(oneOfRule('memory', 'disk'), 'memory'),
  clock: withDefault(objectRule<Clock>('nowMs'), systemClock),
};
/** How long a list that could not be opened is left alone: then it may have been put back. */
const retryMs = 60_000;

/**
 * A list of breached passwords in a file of your own. It is opened and checked at the first look-up; while it is missing
 * or damaged every answer is `unknown`, and it is tried again once a minute.
 */
export function breachedFile(options: BreachedFileOptions): BreachedList {
  const { path, keep, clock } = readOptions('breachedFile', shape, options);
  return listOf(() => openList(path, keep), { clock, lowersCase: false });
}

/**
 * The list that comes with the package: the 49,233 common passwords of zxcvbn-ts (MIT), with no difference made between
 * capitals and small letters. 17,950 of them have eight characters or more and 41 fifteen or more: with a minimum of
 * fifteen it is for signing in with old passwords more than for setting new ones, where the guess count refuses what is
 * put together from it. It is not the breach check of ASVS 5.0 V6.2.12: build a list for that.
 */
export function commonPasswords(): BreachedList {
  // Made by the build from the installed dictionary; the same path leads there from src and from dist.
  const path = fileURLToPath(new URL('../../../dist/passwords/breached/common.skb', import.meta.url));
  return listOf(() => openList(path, 'memory'), { clock: systemClock, lowersCase: true });
}

function listOf(
  opens: () => Promise<OpenList>,
  { clock, lowersCase }: { readonly clock: Clock; readonly lowersCase: boolean },
): BreachedList {
  let opened: OpenList | undefined;
  let opening: Promise<OpenList> | undefined;
  let failedMs: number | undefined;

  function ready(): Promise<OpenList> {
    opening ??= opens().then(
      (list) => {
        opened = list;
        failedMs = undefined;
        return list;
      },
      (error: unknown) => {
        opening = undefined;
        failedMs = clock.nowMs();
        throw error;
      },
    );
    return opening;
  }

  return Object.freeze({
    async look(password: string): Promise<BreachVerdict> {
      try {
        if (opened === undefined && failedMs !== undefined && clock.nowMs() - failedMs < retryMs) return 'unknown';
        const list = opened ?? (await ready());
        // As text of one character a byte: that is several times as fast as a Buffer.
        const found = list.has(hash('sha1', lowersCase ? password.toLowerCase() : password, 'binary'));
        return (typeof found === 'boolean' ? found : await found) ? 'listed' : 'unlisted';
      } catch {
        return 'unknown';
      }
    },
    async open() {
      const { entries, minCount, bits, fileBytes } = await ready();
      return { entries, minCount, falsePositiveRate: 2 ** -bits, fileBytes };
    },
    async close() {
      const list = await opening?.catch(() => undefined);
      opened = undefined;
      opening = undefined;
      await list?.close();
    },
  });
}
