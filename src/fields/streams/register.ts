import { Transform } from 'node:stream';
import { SafekeepError } from '../../base/errors.js';
import { nameOf, say } from '../../base/names.js';
import { anyRule, objectRule, readOptions, required, textRule } from '../../base/options.js';
import type { Database, Queryable, Row } from '../../base/ports/database.js';
import type { Place, RowKeyPart } from '../../envelope/index.js';
import { foldRowKey } from '../row-place.js';

/** Where sealed files are entered, beside the other tables of the toolkit. */
export const streamFiles = 'safekeep.stream_files';
const headerBytes = 6;
const longest = 1024;

export interface RegisterStreamOptions {
  readonly database: Pick<Queryable, 'query'>;
  /** What the stream was sealed for. */
  readonly place: Place;
  /**
   * Where the file lies, in a name that `rotateStreams` can find it by: `invoices/0001.sealed`. 1 to 1,024 characters.
   * It is stored readable: nothing of a person belongs into it.
   */
  readonly location: string;
}

const shape = {
  database: required(objectRule<Database>('query')),
  place: required(anyRule<Place>()),
  location: required(textRule({ maxLength: longest })),
};

/**
 * A transform behind `sealStream` that enters the file into the register before its first byte passes: from then on
 * `rotationStatus` counts it, `rotateStreams` moves it, and its key is not proven unused. It takes the key from the
 * bytes themselves, and lets them through as they are; a file of before is entered by reading it through this once.
 *
 * It does NOT know whether the file was stored in the end: the entry stays, and `rotateStreams` puts it right.
 * @throws SafekeepError ERR_OPTION_INVALID; the stream: ERR_NOT_SEALED for what is no sealed stream, and what the
 * database throws, ERR_DATABASE with sqlState 23514 for a key that is proven unused among it
 * @example
 * const entry = registerStream({ database, place, location: 'invoices/0001.sealed' });
 * await pipeline(createReadStream('invoice.pdf'), fields.sealStream(place), entry, createWriteStream('0001.sealed'));
 */
export function registerStream(options: RegisterStreamOptions): Transform {
  const { database, place, location } = readOptions('registerStream', shape, options);
  const row = rowText(place);
  let held: Buffer | undefined = Buffer.alloc(0);

  async function enter(header: Buffer): Promise<void> {
    const keyId = keyOfStream(header);
    if (keyId === null) throw notSealed(place);
    await database.query(
      `insert into ${streamFiles} (location, key_id, table_name, column_name, row_key, tenant)
       values ($1, $2, $3, $4, $5::text[], $6)
       on conflict (location, key_id) do update set table_name = excluded.table_name, column_name = excluded.column_name,
         row_key = excluded.row_key, tenant = excluded.tenant, registered_at = now()`,
      [location, keyId, place.table, place.column, row, place.tenant ?? null],
    );
  }
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (held === undefined) {
        done(null, chunk);
        return;
      }
      const bytes: Buffer = Buffer.concat([held, chunk]);
      held = bytes;
      if (bytes.length < headerBytes) {
        done();
        return;
      }
      held = undefined;
      enter(bytes).then(() => done(null, bytes), done);
    },
    flush(done) {
      done(held === undefined ? null : notSealed(place));
    },
  });
}

/**
 * Takes a file that is gone out of the register. Call it after the file was deleted, not before.
 * @throws SafekeepError what the database throws
 */
export async function forgetStream(options: Omit<RegisterStreamOptions, 'place'>): Promise<void> {
  const { place: _, ...known } = shape;
  const { database, location } = readOptions('forgetStream', known, options);
  await database.query(`delete from ${streamFiles} where location = $1`, [location]);
}

/** The key that the first bytes of a sealed stream name; null for anything else. */
export function keyOfStream(header: Uint8Array): number | null {
  if (header.length < headerBytes || header[0] !== 0xc1 || header[1] !== 0x21) return null;
  const keyId = Buffer.from(header.subarray(2, headerBytes)).readUInt32BE(0);
  return keyId === 0 ? null : keyId;
}

/** A file of the register, with what it was sealed for. */
export interface StreamFile {
  readonly location: string;
  readonly place: Place;
}

/** How many files are under which key; null where the schema has no register. */
export async function countStreams(
  database: Queryable,
): Promise<readonly { readonly keyId: number; readonly rows: number }[] | null> {
  if (!(await hasRegister(database))) return null;
  const counted = await database.query<{ id: string; rows: string }>(
    `select key_id::text as id, count(*) as rows from ${streamFiles} group by key_id order by count(*) desc, key_id`,
  );
  return counted.map(({ id, rows }) => ({ keyId: Number(id), rows: Number(rows) }));
}

export async function hasRegister(database: Queryable): Promise<boolean> {
  const [there] = await database.query<{ found: boolean }>('select to_regclass($1) is not null as found', [
    streamFiles,
  ]);
  return there?.found === true;
}

interface Entered extends Row {
  readonly location: string;
  readonly table_name: string;
  readonly column_name: string;
  readonly row_key: readonly string[];
  readonly tenant: string | null;
}

/** Files that have an entry under another key than this one, behind a location, in its order. */
export async function filesBehind(
  database: Queryable,
  keyId: number,
  after: string,
  limit: number,
): Promise<readonly StreamFile[]> {
  const rows = await database.query<Entered>(
    `select distinct on (location) location, table_name, column_name, row_key, tenant from ${streamFiles}
      where key_id <> $1 and location > $2 order by location, registered_at desc limit $3`,
    [keyId, after, limit],
  );
  return rows.map(({ location, table_name, column_name, row_key, tenant }) => {
    const place = { table: table_name, column: column_name, row: row_key.map(partOf), tenant: tenant ?? undefined };
    return { location, place };
  });
}

/** Each part with its type in front, so that it comes back as what it was bound as. */
function rowText(place: Place): readonly string[] {
  const folded = foldRowKey(place?.row);
  const parts: readonly RowKeyPart[] = Array.isArray(folded) ? folded : [folded];
  return parts.map((part) => {
    if (part instanceof Uint8Array) return `b:${Buffer.from(part).toString('hex')}`;
    if (typeof part === 'string') return `t:${part}`;
    if (typeof part === 'bigint' || Number.isSafeInteger(part)) return `n:${part}`;
    const problem = say`the row key is missing, or no text, whole number or bytes`;
    throw new SafekeepError('ERR_PLACE_INVALID', { place: nameOf(`${place?.table}.${place?.column}`), problem });
  });
}

function partOf(text: string): RowKeyPart {
  const value = text.slice(2);
  if (text.startsWith('b:')) return Buffer.from(value, 'hex');
  return text.startsWith('n:') ? BigInt(value) : value;
}

function notSealed({ table, column }: Place): SafekeepError {
  return new SafekeepError('ERR_NOT_SEALED', { place: nameOf(`${table}.${column}`) });
}
