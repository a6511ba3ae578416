import { createHmac } from 'node:crypto';
import { pae, utf8 } from '../../base/bytes.js';
import { type Clock, type Random, systemClock, systemRandom } from '../../base/clock.js';
import { SafekeepError } from '../../base/errors.js';
import { createMeter } from '../../base/meter.js';
import {
  functionRule,
  integerRule,
  objectRule,
  optional,
  readOptions,
  reasonRule,
  required,
  textRule,
  withDefault,
} from '../../base/options.js';
import type { Database, Queryable } from '../../base/ports/database.js';
import type { KeyRing } from '../../keys/index.js';
import { type RedisClient, redisLink, type Script } from '../../redis/index.js';
import type { ListedSession, SessionStore } from '../session-store.js';
import { knownEpochs } from './known-epochs.js';
import { type SessionRecord, sessionRecords } from './session-records.js';
import {
  addToList,
  readList,
  readSession,
  removeFromList,
  removeSession,
  rewriteSession,
  writeSession,
} from './session-scripts.js';

export interface RedisSessionStoreOptions {
  /** Where the accounts' rows are: their epochs decide. */
  readonly database: Database;
  /** The accounts' realm, as for `sqlSessionStore`. */
  readonly realm: string;
  /** The policy's application: bound into what is sealed. */
  readonly application: string;
  /** The key ring: sessions are sealed under it, its purpose `fields`, and lists are named by its purpose `limits`. */
  readonly keys: KeyRing;
  /**
   * For how long a process may go on by the epoch that it read last, in seconds. 0 (asks every time) to 60, default 5.
   * A reset, a change of password and `endAll` end each session within this time in every process.
   */
  readonly epochSeconds?: number | undefined;
  /** Begins the name of every key. Letters, digits, `_`, `-`, `.` and `:`, up to 40; default `safekeep`. */
  readonly prefix?: string | undefined;
  /** How long an answer of Redis may take, in milliseconds. 5 to 5,000, default 250. */
  readonly timeoutMs?: number | undefined;
  /** For how long nobody asks after five failures in a row, in milliseconds. 100 to 60,000, default 1,000. */
  readonly pauseMs?: number | undefined;
  /** Told when Redis stops answering, and when it answers again. What it throws is dropped. */
  readonly onChange?: ((isUp: boolean) => void) | undefined;
  /** Plaintext to a Redis beyond this machine, with the reason. */
  readonly dangerouslyAllowPlaintextRedis?: string | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

const shape = {
  database: required(objectRule<Database>('query', 'transaction')),
  realm: required(textRule({ maxLength: 130 })),
  application: required(textRule({ maxLength: 130 })),
  keys: required(objectRule<KeyRing>('active', 'derive')),
  epochSeconds: withDefault(integerRule({ min: 0, max: 60 }), 5),
  prefix: withDefault(textRule({ maxLength: 40 }), 'safekeep'),
  timeoutMs: withDefault(integerRule({ min: 5, max: 5000 }), 250),
  pauseMs: withDefault(integerRule({ min: 100, max: 60_000 }), 1000),
  onChange: optional(functionRule<(isUp: boolean) => void>()),
  dangerouslyAllowPlaintextRedis: optional(reasonRule()),
  clock: withDefault(objectRule<Clock>('nowMs'), systemClock),
  random: withDefault(objectRule<Random>('bytes'), systemRandom),
};

/**
 * Sessions in a Redis or Valkey, single or cluster, through a client of yours (`ioredis` or `redis`). The account's own
 * row decides all the same: a session counts only while the row has the epoch that the session began at, compared anew
 * every `epochSeconds`. Records are sealed for their id, and lists are named by pseudonyms: who reads that Redis signs
 * nobody in and reads no account, and who writes to it can end sessions and make none.
 *
 * When Redis does not answer, nothing is guessed: whoever brings a session is answered 503, and nobody signs in. The
 * answer to a password change or `endAll` does not wait for it: the raised epoch ends the sessions.
 *
 * It does NOT see a record that somebody with access to that Redis puts back after it was ended, before its epoch
 * passes or its time is up; and it lists no session that Redis evicted (`maxmemory-policy noeviction`). ASVS 5.0 7.2.1,
 * 7.4.1.
 * @throws SafekeepError ERR_SESSIONS_PLAINTEXT for a client beyond this machine without verified TLS; ERR_OPTION_*;
 *   from its calls ERR_SESSIONS_UNAVAILABLE (503), and what the database throws
 * @example
 * import { Redis } from 'ioredis';
 * import { redisSessionStore } from 'safekeep/sessions';
 * const redis = new Redis('rediss://sessions.example');
 * const sessionStore = redisSessionStore(redis, { database, realm: 'customers', application: 'shop', keys });
 * const keep = await safekeep({ ...settings, sessionStore });
 */
export function redisSessionStore(client: RedisClient, options: RedisSessionStoreOptions): SessionStore {
  const settings = readOptions('redisSessionStore', shape, options);
  const { database, realm, application, keys, prefix, timeoutMs, pauseMs, onChange, clock, random } = settings;
  const mayBePlain = settings.dangerouslyAllowPlaintextRedis !== undefined;
  const refusal = mayBePlain ? undefined : 'ERR_SESSIONS_PLAINTEXT';
  const link = redisLink(client, { refusal, timeoutMs, pauseMs, onChange, clock });
  const records = sessionRecords({ application, keys, realm, random });
  const epochs = knownEpochs({ database, realm, keepMs: settings.epochSeconds * 1000 });
  const missed = createMeter().counter({
    name: 'safekeep.sessions.unavailable',
    unit: '{call}',
    description: 'Calls that the store of sessions did not answer.',
  });

  async function run(script: Script, key: string, args: readonly string[] = []): Promise<unknown> {
    const answer = await link.ask(() => link.scripts.run(script, [key], args));
    if (answer !== undefined) return answer.value;
    missed.add(1);
    throw new SafekeepError('ERR_SESSIONS_UNAVAILABLE');
  }
  const keyOf = (idHash: Buffer): string => `${prefix}:session:${idHash.toString('base64url')}`;
  function listOf(account: string): string {
    const { key } = keys.derive('limits', 'sessions');
    const token = createHmac('sha256', key).update(pae([realm, account].map(utf8)));
    return `${prefix}:sessions:${token.digest().toString('base64url', 0, 16)}`;
  }

  async function load(idHash: Buffer): Promise<SessionRecord | null> {
    const text = await run(readSession, keyOf(idHash));
    return text === null ? null : records.open(idHash, text);
  }
  async function drop(idHash: Buffer, account: string): Promise<void> {
    await run(removeSession, keyOf(idHash));
    await run(removeFromList, listOf(account), [idHash.toString('base64url')]);
  }
  async function idsOf(account: string): Promise<readonly Buffer[]> {
    const found = (await run(readList, listOf(account))) as readonly unknown[];
    return found
      .filter((id): id is string => typeof id === 'string' && /^[A-Za-z0-9_-]{43}$/.test(id))
      .map((id) => Buffer.from(id, 'base64url'));
  }
  const isLive = ({ expiresAtMs, seenAtMs }: SessionRecord, now: Date, idleSince: Date): boolean =>
    expiresAtMs > now.getTime() && seenAtMs > idleSince.getTime();

  return Object.freeze({
    async create({ idHash, account, epoch, browser, now, expiresAt }: Parameters<SessionStore['create']>[0]) {
      const nowMs = now.getTime();
      const present = await epochs.read(account, nowMs);
      if (present === null || (epoch !== undefined && epoch !== present)) return false;
      const expiresAtMs = expiresAt.getTime();
      const record = { account, epoch: present, browser, createdAtMs: nowMs, seenAtMs: nowMs, expiresAtMs };
      const left = String(Math.max(1, expiresAtMs - nowMs));
      // The list first: a session that is in no list could not be ended by its owner.
      await run(addToList, listOf(account), [idHash.toString('base64url'), left]);
      await run(writeSession, keyOf(idHash), [records.seal(idHash, record), left]);
      return true;
    },
    async find(idHash: Buffer, now: Date, idleSince: Date) {
      const record = await load(idHash);
      if (record === null || !isLive(record, now, idleSince)) return null;
      const { account, createdAtMs, seenAtMs } = record;
      let epoch = await epochs.of(account, now.getTime());
      // One that began after the last look, in another process, or one that has passed.
      if (epoch !== record.epoch) epoch = await epochs.read(account, now.getTime());
      return epoch === record.epoch ? { account, createdAtMs, seenAtMs } : null;
    },
    async touch(idHash: Buffer, now: Date) {
      const record = await load(idHash);
      if (record === null) return;
      const seen = records.seal(idHash, { ...record, seenAtMs: now.getTime() });
      await run(rewriteSession, keyOf(idHash), [seen]);
    },
    async remove(idHash: Buffer) {
      const record = await load(idHash);
      if (record === null) return void (await run(removeSession, keyOf(idHash)));
      await drop(idHash, record.account);
    },
    async list(account: string, now: Date, idleSince: Date) {
      const epoch = await epochs.read(account, now.getTime());
      const found = await Promise.all(
        (await idsOf(account)).map(async (idHash): Promise<ListedSession | null> => {
          const record = await load(idHash);
          // What is named in a list is no more than a hint: the sealed record says whose it is.
          if (record === null || record.account !== account || record.epoch !== epoch) return null;
          const { browser, createdAtMs, seenAtMs } = record;
          return isLive(record, now, idleSince) ? { idHash, account, browser, createdAtMs, seenAtMs } : null;
        }),
      );
      return found
        .filter((session): session is ListedSession => session !== null)
        .sort((a, b) => b.seenAtMs - a.seenAtMs || Buffer.compare(a.idHash, b.idHash));
    },
    async removeOf(account: string, idHash: Buffer) {
      const record = await load(idHash);
      if (record?.account !== account) return false;
      await drop(idHash, account);
      return true;
    },
    async removeAll(account: string, tx: Queryable = database) {
      await tx.query('update safekeep.accounts set epoch = epoch + 1 where realm = $1 and account = $2', [
        ...[realm, account],
      ]);
      epochs.forget(account);
      // The raised epoch has ended them; this ends them at once where another process still goes by the old one. And
      // where Redis is away it changes nothing.
      const gone = async () => await Promise.all((await idsOf(account)).map((idHash) => drop(idHash, account)));
      await gone().catch(() => undefined);
    },
    // Redis forgets by itself what has expired.
    purge: () => Promise.resolve(0),
  });
}
