import express from 'express';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import type { SessionStore } from '../../src/sessions/index.js';
import { testShop } from '../shop/shop.js';

describe('the preset', () => {
  it('keeps sessions in the store that it is given', async () => {
    const made: string[] = [];
    const store: SessionStore = {
      create: async ({ account }) => made.push(account) > 0,
      find: async () => null,
      touch: async () => undefined,
      remove: async () => undefined,
      list: async () => [],
      removeOf: async () => false,
      removeAll: async () => undefined,
      purge: async () => 0,
    };
    const shop = await testShop({ sessionStore: store });
    try {
      const app = express().post('/', async (req, res) => {
        await shop.keep.sessions.start(req, res, 'ada');
        res.json({});
      });
      await request(app).post('/').expect(200);
      expect(made).toEqual(['ada']);
      expect(await shop.test.database.query('select 1 from safekeep.sessions')).toEqual([]);
    } finally {
      await shop.close();
    }
  });
});
