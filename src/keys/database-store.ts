import type { Random } from '../base/clock.js';
import { isSafekeepError } from '../base/errors.js';
import { nameOf } from '../base/names.js';
import type { Database, Row } from '../base/ports/database.js';
import { migrate } from '../database/index.js';
import { mayOpen } from './key-state.js';
import type { RingStore } from './ring-store.js';

/** A holder that has not renewed its word for this many refreshes is gone. */
const missedRefreshes = 3;

/**
 * The ring in the schema `safekeep` of a database: one row, written by compare and swap on its counter, and one row for
 * each process that holds it. A process that cannot reach the database cannot write values to it either, so one that
 * has not renewed its word for three refreshes is not waited for.
 */
export function databaseStore(database: Database, random: Random, refreshSeconds: number): RingStore {
  const holder = random.bytes(16).toString('base64url');
  const keptSeconds = missedRefreshes * refreshSeconds;

  async function rows<T extends Row>(sql: string, values: readonly unknown[]): Promise<readonly T[]> {
    return await database.query<T>(sql, values);
  }
  return {
    name: nameOf('safekeep.key_ring'),
    async read() {
      try {
        const [row] = await rows<{ content: string }>('select content from safekeep.key_ring where sole', []);
        return row?.content ?? null;
      } catch (error) {
        // Neither table nor schema: a database that was never migrated has no ring.
        if (isSafekeepError(error, 'ERR_DATABASE') && error.facts['sqlState'] === '42P01') return null;
        throw error;
      }
    },
    prepare: async () => void (await migrate(database)),
    exclusively: (work) => work(),
    async write(text, counter, readAt) {
      const written = await rows(
        readAt === 0
          ? 'insert into safekeep.key_ring (content, counter) values ($1, $2) on conflict do nothing returning counter'
          : 'update safekeep.key_ring set content = $1, counter = $2 where sole and counter = $3 returning counter',
        readAt === 0 ? [text, counter] : [text, counter, readAt],
      );
      return written.length === 1;
    },
    async acknowledge({ counter, keys }) {
      const opens = keys.filter(({ state }) => mayOpen(state)).map(({ id }) => id);
      const seals = keys.filter(({ state }) => state === 'active').map(({ id }) => id);
      await rows('delete from safekeep.key_ring_holders where expires_at < now()', []);
      await rows(
        `insert into safekeep.key_ring_holders (holder, counter, opens, seals, expires_at)
         values ($1, $2, $3::bigint[], $4::bigint[], now() + make_interval(secs => $5))
         on conflict (holder) do update set counter = excluded.counter, opens = excluded.opens,
           seals = excluded.seals, expires_at = excluded.expires_at`,
        [holder, counter, opens, seals, keptSeconds],
      );
    },
    async behind(id, what) {
      const lags = what === 'opens' ? 'not $2 = any(opens)' : '$2 = any(seals)';
      const { count } = await database.one<{ count: number }>(
        `select count(*)::int as count from safekeep.key_ring_holders
          where holder <> $1 and expires_at >= now() and ${lags}`,
        [holder, id],
      );
      return count;
    },
    leave: async () => void (await rows('delete from safekeep.key_ring_holders where holder = $1', [holder])),
  };
}
