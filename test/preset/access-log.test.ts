import express from 'express';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.js';
import type { Log } from '../../src/base/ports/log.js';
import { createProxies } from '../../src/http/index.js';
import { accessLog } from '../../src/preset/access-log.js';
import { compose } from '../../src/preset/compose.js';

async function lineOf(path: string): Promise<Record<string, unknown>> {
  const lines: Record<string, unknown>[] = [];
  const take = (line: unknown) => void lines.push(line as Record<string, unknown>);
  const log = { info: take, warn: take, error: take, debug: take } as unknown as Log;
  const inner = express.Router();
  inner.get('/orders/:id', (_req, res) => void res.json({}));
  const app = express();
  app.use(accessLog(log, createProxies(), systemClock));
  app.get('/plain/:id', (_req, res) => void res.json({}));
  app.use('/people/:name', inner);
  await request(app).get(path);
  await new Promise((resolve) => setImmediate(resolve));
  expect(lines).toHaveLength(1);
  return lines[0] ?? {};
}

describe('the access log', () => {
  it.each([
    ['/plain/4711?token=rst_x', '/plain/:id'],
    ['/people/ada.example/orders/7', '(mounted)/orders/:id'],
    ['/people/ada.example/nowhere', '(no route)'],
    ['/ada@example.com', '(no route)'],
  ])('prints the template of %s and nothing of the path itself', async (path, route) => {
    expect(await lineOf(path)).toMatchObject({ method: 'GET', route });
  });
});

describe('several middlewares as one', () => {
  it('pass an error on, thrown at once or later, and run nothing behind it', async () => {
    for (const failing of [
      () => Promise.reject(new Error('later')),
      () => {
        throw new Error('at once');
      },
    ]) {
      let reached = false;
      const behind = () => {
        reached = true;
      };
      const guard = compose('guard', [failing, behind]);
      const error = await new Promise((resolve) => guard({} as never, {} as never, resolve));
      expect(error).toBeInstanceOf(Error);
      expect(reached).toBe(false);
    }
  });
});
