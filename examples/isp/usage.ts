import type { Database } from 'safekeep/database';
import type { Use } from './plans.js';

/** A calendar month in UTC, `2026-11`. */
export function monthOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 7);
}

export function monthBefore(month: string): string {
  return monthOf(Date.parse(`${month}-01T00:00:00Z`) - 86_400_000);
}

function boundsOf(month: string): readonly [Date, Date] {
  const start = new Date(`${month}-01T00:00:00Z`);
  return [start, new Date(Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1, 1))];
}

/** What the line carried in a month: connections that began in it. */
export async function useOf(database: Pick<Database, 'one'>, account: string, month: string): Promise<Use> {
  const row = await database.one<{ seconds: string; octets_in: string; octets_out: string }>(
    `select coalesce(sum(seconds), 0)::text as seconds, coalesce(sum(octets_in), 0)::text as octets_in,
            coalesce(sum(octets_out), 0)::text as octets_out
     from line_sessions where subscriber = $1 and started_at >= $2 and started_at < $3`,
    [account, ...boundsOf(month)],
  );
  return { seconds: Number(row.seconds), octetsIn: Number(row.octets_in), octetsOut: Number(row.octets_out) };
}

/** A connection as its subscriber sees it: no address, which is opened for no page. */
export interface Connection {
  readonly started: Date;
  readonly ended: Date | null;
  readonly seconds: number;
  readonly octetsIn: number;
  readonly octetsOut: number;
}

export async function connectionsOf(
  database: Pick<Database, 'query'>,
  account: string,
  most: number,
): Promise<readonly Connection[]> {
  const rows = await database.query<{
    started_at: Date;
    ended_at: Date | null;
    seconds: string;
    octets_in: string;
    octets_out: string;
  }>(
    `select started_at, ended_at, seconds::text as seconds, octets_in::text as octets_in, octets_out::text as octets_out
     from line_sessions where subscriber = $1 order by started_at desc limit $2`,
    [account, most],
  );
  return rows.map((row) => ({
    started: row.started_at,
    ended: row.ended_at,
    seconds: Number(row.seconds),
    octetsIn: Number(row.octets_in),
    octetsOut: Number(row.octets_out),
  }));
}

export function shownOctets(octets: number): string {
  return octets < 1e9 ? `${(octets / 1e6).toFixed(1)} MB` : `${(octets / 1e9).toFixed(1)} GB`;
}

export function shownSeconds(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
