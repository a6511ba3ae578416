import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { Database } from '../../src/base/ports/database.js';
import { postgres } from '../../src/database/postgres.js';
import { askFor } from './ask.js';

export interface TestDatabase {
  readonly url: string;
  readonly database: Database;
  /** Closes the pool and removes the database. */
  drop(): Promise<void>;
}

/** A fresh, empty database on the run's server: one per test file, dropped in its afterAll. */
export async function testDatabase(): Promise<TestDatabase> {
  const server = await serverUrl();
  const name = `t_${randomBytes(8).toString('hex')}`;
  await asAdministrator(server, `create database ${name}`);
  const url = `${server}/${name}`;
  const database = postgres(url);
  return {
    url,
    database,
    drop: async () => {
      await database.close();
      await asAdministrator(server, `drop database ${name} with (force)`);
    },
  };
}

/** Where the run's PostgreSQL listens, without a database name. */
export async function serverUrl(): Promise<string> {
  return (await askFor<{ url: string }>('postgres')).url;
}

async function asAdministrator(server: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: `${server}/postgres` });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
