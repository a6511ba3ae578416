import { EventEmitter } from 'node:events';
import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { openSession } from '../../src/database/session.js';
import { createStatements } from '../../src/database/statements.js';

/** A connection that answers every command but those it is told to fail; `released` is what it was given back with. */
class FakeConnection extends EventEmitter {
  released: unknown;
  readonly failing: readonly string[];
  constructor(...failing: string[]) {
    super();
    this.failing = failing;
  }
  query(sql: string): Promise<{ rows: []; command: string }> {
    return this.failing.includes(sql)
      ? Promise.reject(new Error('no'))
      : Promise.resolve({ rows: [], command: sql.toUpperCase() });
  }
  release(error: unknown): void {
    this.released = error;
  }
}

const sessionOf = (connection: EventEmitter) => openSession(connection as pg.PoolClient, createStatements(0));

describe('openSession', () => {
  it('gives a connection back for others to use', async () => {
    const connection = new FakeConnection();
    const session = sessionOf(connection);
    await session.transaction(() => session.query('select 1'));
    session.release();
    expect(connection.released).toBe(false);
    expect(connection.listenerCount('error')).toBe(0);
  });

  it('throws a connection away that could not roll back: the next one to use it would be inside that transaction', async () => {
    const connection = new FakeConnection('rollback');
    const session = sessionOf(connection);
    await expect(
      session.transaction(async () => {
        throw new RangeError('the work');
      }),
    ).rejects.toThrow(new RangeError('the work'));
    session.release();
    expect(connection.released).toBeInstanceOf(Error);
  });

  it('throws a connection away that reported an error of its own', () => {
    const connection = new FakeConnection();
    const session = sessionOf(connection);
    connection.emit('error', new Error('cut'));
    session.release();
    expect(connection.released).toBeInstanceOf(Error);
  });

  it('runs no work when the transaction cannot begin', async () => {
    let ran = false;
    const begin = sessionOf(new FakeConnection('begin')).transaction(async () => {
      ran = true;
    });
    await expect(begin).rejects.toMatchObject({ code: 'ERR_DATABASE' });
    expect(ran).toBe(false);
  });
});

describe('createStatements', () => {
  it('names a text once, up to the limit, and anew after it was forgotten', () => {
    const statements = createStatements(2);
    expect(statements.nameFor('a')).toBe(statements.nameFor('a'));
    statements.forget('a');
    expect(statements.nameFor('a')).toBe('safekeep_2');
    expect(statements.nameFor('b')).toBeUndefined();
  });
});
