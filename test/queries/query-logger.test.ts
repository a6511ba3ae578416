import { describe, expect, it } from 'vitest';
import { sealedQueryLogger } from '../../src/queries/index.js';
import { policy, refused } from '../recipes/shop.js';

describe('sealedQueryLogger', () => {
  it('goes on logging with the logger that it was given', () => {
    class Counting {
      logged: unknown[] = [];
      logQuery(query: string, parameters?: unknown[]) {
        this.logged.push([query, parameters]);
      }
      logMigration(message: string) {
        this.logged.push(message);
      }
    }
    const own = new Counting();
    const logger = sealedQueryLogger(policy, own);
    logger.logQuery('select id from customers', ['x']);
    logger.logMigration('done');
    expect(() => logger.logQuery('select id from customers order by email')).toThrow(expect.objectContaining(refused));
    expect(own.logged).toEqual([['select id from customers', ['x']], 'done']);
  });

  it('logs nothing of its own, in none of the ways that TypeORM has', () => {
    const logger = sealedQueryLogger(policy);
    for (const name of ['logQueryError', 'logQuerySlow', 'logSchemaBuild', 'logMigration', 'log'] as const) {
      expect(logger[name]()).toBeUndefined();
    }
    expect(logger.logQuery('select id from customers')).toBeUndefined();
  });
});
