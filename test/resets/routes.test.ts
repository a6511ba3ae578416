import express, { type RequestHandler } from 'express';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { SafekeepError } from '../../src/base/errors.js';
import type { Resets } from '../../src/resets/index.js';
import { resetRoutes } from '../../src/resets/routes.js';

/** The two pages over resets that only note what they were asked. */
function pages(redeem: () => Promise<{ account: string } | null> = () => Promise.resolve(null)) {
  const asked: unknown[][] = [];
  const limited: string[] = [];
  const limit: RequestHandler = (req, _res, next) => {
    limited.push(`${req.method} ${req.path}`);
    next();
  };
  const resets = {
    request: (...typed: unknown[]) => Promise.resolve(void asked.push(typed)),
    redeem: (...typed: unknown[]) => {
      asked.push(typed);
      return redeem();
    },
  } as unknown as Resets;
  const app = express().use(resetRoutes(resets, { forgotPath: '/forgot', resetPath: '/reset', limit }));
  return { app, asked, limited };
}

describe('the pages of a forgotten password', () => {
  it('are limited where they cost a mail or a hash, and nowhere else', async () => {
    const { app, limited } = pages();
    await request(app).get('/forgot');
    await request(app).get('/reset');
    await request(app).post('/forgot').type('form').send({ email: 'ada@example.com' });
    await request(app).post('/reset').type('form').send({ code: 'x', password: 'y' });
    expect(limited).toEqual(['POST /forgot', 'POST /reset']);
  });

  it('give a code back as text, whatever is in it', async () => {
    const weak = () => Promise.reject(new SafekeepError('ERR_PASSWORD_WEAK'));
    const { app } = pages(weak);
    const { status, text } = await request(app)
      .post('/reset')
      .type('form')
      .send({ code: '"><script>alert(1)</script>', password: 'y' });
    expect(status).toBe(422);
    expect(text).not.toContain('<script>');
    expect(text).toContain('&#34;&#62;&#60;script');
  });

  it('take a field that came twice, as a list or from a prototype for none', async () => {
    const { app, asked } = pages();
    await request(app).post('/forgot').type('form').send('email=a%40example.com&email=b%40example.com');
    await request(app)
      .post('/forgot')
      .send({ email: { toString: 'x' } });
    await request(app).post('/forgot');
    await request(app)
      .post('/reset')
      .send({ code: ['x'], password: 7 });
    expect(asked.slice(0, 3)).toEqual([[''], [''], ['']]);
    expect(asked[3]?.slice(0, 2)).toEqual(['', '']);
  });

  it('read no body of more than eight kilobytes', async () => {
    const { app, asked } = pages();
    expect(
      (
        await request(app)
          .post('/forgot')
          .send({ email: 'x'.repeat(9000) })
      ).status,
    ).toBe(413);
    expect(asked).toEqual([]);
  });
});
