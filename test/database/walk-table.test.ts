import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/base/ports/database.js';
import { postgres } from '../../src/database/postgres.js';
import { type WalkProgress, type WalkTableOptions, walkTable } from '../../src/database/walk-table.js';
import { type TestDatabase, testDatabase } from '../services/database.js';

let db: TestDatabase;
let database: Database;
beforeAll(async () => {
  db = await testDatabase();
  database = db.database;
  await database.query(`
    create table notes (id int primary key, note text, other text, once int unique, part int not null default 0);
    create unique index on notes (part) where part > 0;
    create index on notes (note);
    insert into notes (id, note) select n, 'note ' || n from generate_series(1, 2500) n;
    create schema billing;
    create table billing.lines (region varchar(8), "At" timestamptz, amount numeric(12, 4), primary key (region, "At"));
    insert into billing.lines
      select r, timestamptz '2026-01-01 00:00:00.000001+00' + n * interval '1 microsecond', n / 7.0
        from unnest(array['a', 'B', 'é']) r, generate_series(1, 40) n`);
});
afterAll(() => db.drop());

const notes = (more: Partial<WalkTableOptions>): WalkTableOptions => ({
  database,
  table: 'notes',
  key: ['id'],
  columns: ['note'],
  change: () => undefined,
  ...more,
});

describe('walkTable', () => {
  it('sees every row once, in the order of the key, and writes what changes', async () => {
    const ids: number[] = [];
    const heard: WalkProgress[] = [];
    const report = await walkTable(
      notes({
        batchRows: 400,
        change: ({ id, note }) => {
          ids.push(Number(id));
          return Number(id) % 2 === 0 ? { note: `${note}!` } : undefined;
        },
        onProgress: (progress) => heard.push(progress),
      }),
    );
    expect(report).toEqual({ seen: 2500, changed: 1250, lost: 0, last: ['2500'], complete: true });
    expect(ids).toEqual(Array.from({ length: 2500 }, (_, index) => index + 1));
    expect(heard.map(({ seen }) => seen)).toEqual([400, 800, 1200, 1600, 2000, 2400, 2500]);
    expect(await database.query('select id, note from notes where id in (7, 8) order by id')).toEqual([
      { id: 7, note: 'note 7' },
      { id: 8, note: 'note 8!' },
    ]);
  });

  it('takes a compound key of any types without losing a microsecond, and columns one by one or together', async () => {
    const seen = new Set<string>();
    const report = await walkTable({
      database,
      table: 'billing.lines',
      key: ['region', 'At'],
      columns: ['amount'],
      batchRows: 7,
      change: ({ region, At, amount }) => {
        seen.add(`${region} ${At}`);
        return { amount: String(Math.round(Number(amount))) };
      },
    });
    expect(seen.size).toBe(120);
    expect(report).toMatchObject({ seen: 120, changed: 120, lost: 0, complete: true });
    expect(await database.one('select count(*)::int as n from billing.lines where amount = trunc(amount)')).toEqual({
      n: 120,
    });
  });

  it('compares columns that it does not write, where it is told to', async () => {
    const walk = (compare: readonly string[]) =>
      walkTable(
        notes({
          columns: ['note', 'other'],
          compare,
          change: async ({ id }) => {
            if (id !== '5') return undefined;
            await database.query(`update notes set other = coalesce(other, '') || 'x' where id = 5`);
            return { note: 'five' };
          },
        }),
      );
    expect(await walk(['other'])).toMatchObject({ changed: 0, lost: 1 });
    expect(await walk([])).toMatchObject({ changed: 1, lost: 0 });
    await database.query('update notes set other = null where id = 5');
    await expect(walk(['others'])).rejects.toMatchObject({ code: 'ERR_WALK_COLUMN' });
  });

  it('writes NULL and reads NULL as null', async () => {
    const toNull = await walkTable(
      notes({ columns: ['note', 'other'], change: ({ id }) => (id === '3' ? { note: null, other: 'x' } : undefined) }),
    );
    expect(toNull).toMatchObject({ changed: 1, lost: 0 });
    const back = await walkTable(
      notes({
        columns: ['note', 'other'],
        change: ({ note }) => (note === null ? { note: 'note 3', other: null } : undefined),
      }),
    );
    expect(back).toMatchObject({ changed: 1, lost: 0 });
    expect(await database.one('select note, other from notes where id = 3')).toEqual({ note: 'note 3', other: null });
  });

  it('counts a row as lost that somebody changed after it was read, and lets the change stand', async () => {
    const report = await walkTable(
      notes({
        change: async ({ id, note }) => {
          if (id === '10') await database.query("update notes set note = 'theirs' where id = 10");
          if (id === '11') await database.query('delete from notes where id = 11');
          return id === '10' || id === '11' || id === '12' ? { note: `ours of ${note}` } : undefined;
        },
      }),
    );
    expect(report).toMatchObject({ changed: 1, lost: 2 });
    expect(await database.query('select id, note from notes where id between 10 and 12')).toEqual([
      { id: 10, note: 'theirs' },
      { id: 12, note: 'ours of note 12!' },
    ]);
  });

  it('loses no update of a writer that goes on meanwhile', async () => {
    await database.query("update notes set note = '0'");
    const writer = postgres(db.url, { maxConnections: 4 });
    let writing = true;
    let updates = 0;
    const write = async (seed: number) => {
      for (let turn = 1; writing; turn += 1) {
        const id = ((seed * 7919 + turn * 104_729) % 2500) + 1;
        // The number counts the writer's updates; the walker keeps it and adds a mark.
        const done = await writer.query(
          "update notes set note = (regexp_replace(note, '\\D', '', 'g')::int + 1)::text where id = $1 returning id",
          [id],
        );
        updates += done.length;
      }
    };
    const writers = [1, 2, 3, 4].map(write);
    const mark = () =>
      walkTable(notes({ batchRows: 250, change: ({ note }) => ({ note: `${note?.replaceAll('*', '')}*` }) }));
    let lost = 0;
    for (let round = 0; round < 50 && lost === 0; round += 1) lost += (await mark()).lost;
    writing = false;
    await Promise.all(writers);
    // The walk met the writers at least once, or this test shows nothing.
    expect(lost).toBeGreaterThan(0);
    const { sum } = await database.one<{ sum: string }>(
      "select sum(regexp_replace(note, '\\D', '', 'g')::int) as sum from notes",
    );
    expect(Number(sum)).toBe(updates);
    expect(await mark()).toMatchObject({ lost: 0 });
    expect(await database.query("select 1 from notes where note not like '%*'")).toEqual([]);
    await writer.close();
  });

  it('ends between two batches when it is told to, and goes on behind the last key', async () => {
    const control = new AbortController();
    const seen: string[] = [];
    const change: WalkTableOptions['change'] = ({ id }) => {
      seen.push(id ?? '');
      return undefined;
    };
    const first = await walkTable(
      notes({ batchRows: 500, change, signal: control.signal, onProgress: () => control.abort() }),
    );
    expect(first).toMatchObject({ seen: 500, complete: false, last: ['501'] });
    const second = await walkTable(notes({ change, after: first.last }));
    expect(second).toMatchObject({ seen: 1999, complete: true });
    expect(new Set(seen).size).toBe(2499);
  });

  it('ends with the error of the change and leaves the batch as it was', async () => {
    const failing = walkTable(
      notes({
        change: ({ id }) => {
          if (id === '9') throw new RangeError('cannot open');
          return { note: 'half a batch' };
        },
      }),
    );
    await expect(failing).rejects.toThrow(new RangeError('cannot open'));
    expect(await database.query("select 1 from notes where note = 'half a batch'")).toEqual([]);
  });

  it.each([
    ['that is not unique', { key: ['note'] }],
    ['that may be null', { key: ['once'] }],
    ['that is unique for some rows only', { key: ['part'] }],
    ['that is a part of one', { table: 'billing.lines', key: ['region'], columns: ['amount'] }],
    ['that it is to rewrite', { columns: ['id'] }],
    ['without a column', { key: [] }],
  ])('refuses a key %s', async (_, options) => {
    await expect(walkTable(notes(options))).rejects.toMatchObject({
      code: 'ERR_WALK_KEY',
    });
  });

  describe('while a batch is written', () => {
    /** What the walk asks of the database, in order; each UPDATE waits for `write`. */
    function watched(write: () => Promise<void>): { asked: string[]; database: Database } {
      const asked: string[] = [];
      const slow: Database = {
        ...database,
        query: async (sql, values) => {
          const what = sql.trimStart().slice(0, 6);
          if (sql.includes('limit 1000') || what === 'update') asked.push(what);
          if (what === 'update') await write();
          return await database.query(sql, values);
        },
      };
      return { asked, database: slow };
    }
    let walk = 0;
    beforeEach(() => {
      walk += 1;
    });
    const change = ({ id }: Readonly<Record<string, string | null>>) => ({ note: `walk ${walk}, ${id}` });

    it('reads and changes the next, and writes one at a time', async () => {
      let writing = 0;
      const { asked, database: slow } = watched(async () => {
        writing += 1;
        expect(writing).toBe(1);
        await new Promise((resolve) => setImmediate(resolve));
        writing -= 1;
      });
      await walkTable(notes({ database: slow, batchRows: 1000, change }));
      expect(asked).toEqual(['select', 'select', 'update', 'select', 'update', 'update']);
    });

    it('lets what it asked be sent before it works on the next, and again and again meanwhile', async () => {
      let [sent, turns] = [0, 0];
      // As a pool of connections does: sent when what runs now has ended.
      const { database: pooled } = watched(async () => {
        process.nextTick(() => {
          sent += 1;
        });
      });
      const seen: { readonly sent: number; readonly turns: number }[] = [];
      let ticking = true;
      const tick = () => {
        turns += 1;
        if (ticking) setImmediate(tick);
      };
      tick();
      const watching = (row: Readonly<Record<string, string | null>>) => {
        seen.push({ sent, turns });
        return change(row);
      };
      await walkTable(notes({ database: pooled, batchRows: 1000, change: watching }));
      ticking = false;
      expect([0, 1000, 2000].map((row) => seen[row]?.sent)).toEqual([0, 1, 2]);
      expect((seen[1999]?.turns ?? 0) - (seen[1000]?.turns ?? 0)).toBeGreaterThan(5);
    });

    it('reads nothing where it is told not to read ahead', async () => {
      const { asked, database: slow } = watched(async () => undefined);
      const report = await walkTable(notes({ database: slow, batchRows: 1000, readAhead: false, change }));
      expect(asked).toEqual(['select', 'update', 'select', 'update', 'select', 'update']);
      expect(report).toMatchObject({ lost: 0, complete: true });
    });

    it('ends with the error of the writing, once, and leaves nothing behind that still writes', async () => {
      let writes = 0;
      const { database: slow } = watched(async () => {
        writes += 1;
        // Later than the reading and the change of the next batch, which must not make it nobody's error.
        for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
        throw new Error('disk full');
      });
      const rejections: unknown[] = [];
      const hear = (error: unknown) => rejections.push(error);
      process.on('unhandledRejection', hear);
      const slowChange = async (row: Readonly<Record<string, string | null>>) => {
        if (row['id'] === '1500') for (let turn = 0; turn < 100; turn += 1) await new Promise(setImmediate);
        return change(row);
      };
      await expect(walkTable(notes({ database: slow, batchRows: 1000, change: slowChange }))).rejects.toThrow(
        'disk full',
      );
      await new Promise(setImmediate);
      process.off('unhandledRejection', hear);
      expect([writes, rejections]).toEqual([1, []]);
    });

    it('waits for it when the change of the next batch fails, and keeps what it wrote', async () => {
      let settled = false;
      const { database: slow } = watched(async () => {
        for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
        settled = true;
      });
      const failing = ({ id }: Readonly<Record<string, string | null>>) => {
        if (id === '1500') throw new Error('no key');
        return { note: `kept ${id}` };
      };
      await expect(walkTable(notes({ database: slow, batchRows: 1000, change: failing }))).rejects.toThrow('no key');
      expect(settled).toBe(true);
      expect(
        await database.one('select count(*)::int as rows from notes where starts_with(note, $1)', ['kept']),
      ).toEqual({ rows: 1000 });
    });
  });

  it('refuses a change of a column that it did not read', async () => {
    await expect(walkTable(notes({ change: () => ({ nite: 'x' }) }))).rejects.toMatchObject({
      code: 'ERR_WALK_COLUMN',
      facts: { column: 'nite' },
    });
  });

  it('takes a hostile name for a name', async () => {
    await expect(walkTable(notes({ table: 'notes"; drop table notes; --' }))).rejects.toMatchObject({
      facts: { sqlState: '42P01' },
    });
    await expect(walkTable(notes({ columns: ['note"'] }))).rejects.toMatchObject({ facts: { sqlState: '42703' } });
    expect((await database.columns()).has('notes')).toBe(true);
  });

  it('begins no further row once a change has thrown', async () => {
    let begun = 0;
    const walk = walkTable(
      notes({
        concurrency: 2,
        change: async () => {
          begun += 1;
          if (begun === 1) throw new Error('no');
          await new Promise((resolve) => setImmediate(resolve));
          return undefined;
        },
      }),
    );
    await expect(walk).rejects.toThrow('no');
    for (let at = 0; at < 20; at += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(begun).toBe(2);
  });

  it('gives so many rows at once to a change that waits, and writes what each of them got', async () => {
    let [running, most] = [0, 0];
    const report = await walkTable(
      notes({
        after: ['2400'],
        concurrency: 7,
        columns: ['other'],
        change: async ({ id }) => {
          running += 1;
          most = Math.max(most, running);
          await new Promise((resolve) => setImmediate(resolve));
          running -= 1;
          return Number(id) % 3 === 0 ? { other: `o${id}` } : undefined;
        },
      }),
    );
    expect(most).toBe(7);
    expect(report).toMatchObject({ seen: 100, changed: 33, complete: true });
    const written = await database.query<{ id: number; other: string }>(
      'select id, other from notes where other is not null order by id',
    );
    expect(written).toHaveLength(33);
    for (const { id, other } of written) expect(other).toBe(`o${id}`);
    await database.query('update notes set other = null');
  });
});
