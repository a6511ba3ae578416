import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { equalBytes } from '../../base/bytes.js';
import { type ErrorCode, isSafekeepError } from '../../base/errors.js';
import {
  functionRule,
  integerRule,
  objectRule,
  optional,
  readOptions,
  required,
  withDefault,
} from '../../base/options.js';
import type { Database } from '../../base/ports/database.js';
import { fieldsRule, knownFields, type RotatableFields } from '../rotation/known-fields.js';
import { type Resealing, resealingOf } from '../rotation/reseal.js';
import { filesBehind, hasRegister, keyOfStream, registerStream, type StreamFile, streamFiles } from './register.js';

/** Where sealed files lie: a folder (`streamFolder`), or what an application makes of its object store. */
export interface StreamFiles {
  /** The file's bytes from its start; null when there is no such file any more. */
  read(location: string): Promise<Readable | null>;
  /**
   * Puts what `sealed` gives in the file's place, in one step and only when `sealed` came to its end. Right before that
   * step it asks `isUnchanged`, and leaves the file when the answer is false: somebody stored another one meanwhile.
   * @returns whether it was replaced
   */
  replace(location: string, sealed: Readable, isUnchanged: () => Promise<boolean>): Promise<boolean>;
}

export interface RotateStreamsOptions {
  readonly database: Database;
  /** What `createFields` returned, with a policy. Files go under the key of its ring that is active. */
  readonly fields: RotatableFields;
  readonly files: StreamFiles;
  /**
   * How long a file may take from its entry until it is stored, in seconds, 0 to 7 days; default one hour. An entry that
   * the file itself contradicts is taken out when it is older: until then somebody may be about to store that file.
   */
  readonly settleSeconds?: number | undefined;
  /** Hears the counts after every file. */
  readonly onProgress?: ((progress: StreamProgress) => void) | undefined;
  /** Ends it between two files. */
  readonly signal?: AbortSignal | undefined;
}

export interface StreamProgress {
  readonly seen: number;
  readonly changed: number;
}

export interface StreamReport extends StreamProgress {
  readonly activeKeyId: number;
  /** Files that somebody else replaced meanwhile, and theirs stands. */
  readonly lost: number;
  /** Entries that another key still holds, counted at the end; some may only have to settle. */
  readonly left: number;
  readonly failures: readonly { readonly code: ErrorCode; readonly files: number }[];
  /** False: the signal ended it early. */
  readonly complete: boolean;
}

const shape = {
  database: required(objectRule<Database>('query', 'transaction')),
  fields: required(fieldsRule),
  files: required(objectRule<StreamFiles>('read', 'replace')),
  settleSeconds: withDefault(integerRule({ min: 0, max: 604_800 }), 3600),
  onProgress: optional(functionRule<(progress: StreamProgress) => void>()),
  signal: optional(objectRule<AbortSignal>('throwIfAborted')),
};
const batch = 100;
/** Header, salt and commitment: no two seals have the same. */
const startBytes = 6 + 24 + 32;

/**
 * Moves the registered stream files under the active key: each is opened and sealed anew as it flows, and replaced in
 * one step when its last byte was authentic. What the register says is put right by what the files say. Run again after
 * a crash at any point, it goes on where it was: a file is the old one or the new one, and entered for both.
 *
 * It does NOT find files that were never registered, and does not take away copies that a store keeps of older files.
 * @throws SafekeepError ERR_OPTION_INVALID for fields without a policy; ERR_KEY_UNKNOWN, ERR_KEY_RING_CLOSED; what the
 * files and the database throw. ASVS 5.0 V11.2.2, V13.3.4.
 * @example
 * await rotateStreams({ database, fields, files: streamFolder('/var/lib/shop/invoices') });
 */
export async function rotateStreams(options: RotateStreamsOptions): Promise<StreamReport> {
  const { database, files, settleSeconds, onProgress, signal, ...rest } = readOptions('rotateStreams', shape, options);
  const known = knownFields('rotateStreams', rest.fields);
  const activeKeyId = known.keys.active('fields').id;
  const resealing = resealingOf(known);
  const failures = new Map<ErrorCode, number>();
  let [seen, changed, lost, after] = [0, 0, 0, ''];

  async function moved(file: StreamFile): Promise<void> {
    const found = await keyNow(files, file.location);
    let holds = found?.keyId ?? null;
    if (found !== null && holds !== activeKeyId) {
      if (!(await reseal(resealing, database, files, file, found.start))) {
        lost += 1;
        return;
      }
      changed += 1;
      holds = activeKeyId;
    }
    await settle(database, file.location, holds, settleSeconds);
  }
  const isStopped = (): boolean => signal?.aborted === true;
  const entered = await hasRegister(database);
  while (entered && !isStopped()) {
    const due = await filesBehind(database, activeKeyId, after, batch);
    for (const file of due) {
      if (isStopped()) break;
      try {
        await moved(file);
      } catch (error) {
        if (!isSafekeepError(error) || !refusals.has(error.code)) throw error;
        failures.set(error.code, (failures.get(error.code) ?? 0) + 1);
      }
      seen += 1;
      onProgress?.({ seen, changed });
    }
    after = due.at(-1)?.location ?? after;
    if (due.length < batch) break;
  }
  const left = entered ? await leftUnder(database, activeKeyId) : 0;
  const told = [...failures].map(([code, count]) => Object.freeze({ code, files: count }));
  const complete = !isStopped();
  return Object.freeze({ activeKeyId, seen, changed, lost, left, failures: Object.freeze(told), complete });
}

/** What says something of one file; anything else (a closed ring, a lost database, a full disk) ends the rotation. */
const refusals: ReadonlySet<ErrorCode> = new Set([
  'ERR_NOT_SEALED',
  'ERR_KEY_UNKNOWN',
  'ERR_SEAL_KEY',
  'ERR_SEAL_BROKEN',
  'ERR_PLACE_INVALID',
]);

async function reseal(
  { envelopes }: Resealing,
  database: Database,
  files: StreamFiles,
  { location, place }: StreamFile,
  start: Uint8Array,
): Promise<boolean> {
  const source = await files.read(location);
  if (source === null) return false;
  const sealed = new PassThrough();
  const isUnchanged = async (): Promise<boolean> => {
    const now = await startOf(files, location);
    return now !== null && equalBytes(now, start);
  };
  const flows = pipeline(
    source,
    envelopes.openStream(place),
    envelopes.sealStream(place),
    registerStream({ database, place, location }),
    sealed,
  );
  // Whoever gives up before the end must not leave the rest waiting to be read.
  const replacing = files.replace(location, sealed, isUnchanged).finally(() => sealed.destroy());
  const [flowed, replaced] = await Promise.allSettled([flows, replacing]);
  const reason: unknown = flowed.status === 'rejected' ? flowed.reason : undefined;
  if (isSafekeepError(reason)) throw reason;
  if (replaced.status === 'rejected') throw replaced.reason;
  // A store that says it replaced the file and did not take all of it has lost the file's end.
  if (replaced.value && reason !== undefined) throw reason;
  return replaced.value;
}

interface Found {
  readonly keyId: number | null;
  readonly start: Uint8Array;
}

/** @throws SafekeepError ERR_NOT_SEALED for a file that is no sealed stream; null for none */
async function keyNow(files: StreamFiles, location: string): Promise<Found | null> {
  const start = await startOf(files, location);
  return start === null ? null : { keyId: keyOfStream(start), start };
}

async function startOf(files: StreamFiles, location: string): Promise<Uint8Array | null> {
  const source = await files.read(location);
  if (source === null) return null;
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of source) {
    parts.push(Buffer.from(part as Uint8Array));
    size += parts.at(-1)?.length ?? 0;
    if (size >= startBytes) break;
  }
  return Buffer.concat(parts).subarray(0, startBytes);
}

/** Takes out what the file contradicts: every entry of another key, and all of them where there is no file. */
async function settle(database: Database, location: string, holds: number | null, seconds: number): Promise<void> {
  await database.query(
    `delete from ${streamFiles}
      where location = $1 and key_id <> $2 and registered_at <= now() - make_interval(secs => $3)`,
    [location, holds ?? 0, seconds],
  );
}

async function leftUnder(database: Database, activeKeyId: number): Promise<number> {
  const { count } = await database.one<{ count: number }>(
    `select count(*)::int as count from ${streamFiles} where key_id <> $1`,
    [activeKeyId],
  );
  return count;
}
