import express from 'express';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { examine } from '../../src/doctor/examine.js';
import { askApplication, lookAtApplication } from '../../src/doctor/look/application.js';
import { lookAtLogs } from '../../src/doctor/look/logs.js';
import { lookAtPasswords } from '../../src/doctor/look/passwords.js';
import { lookAtRing } from '../../src/doctor/look/ring.js';
import { lookAtSchema } from '../../src/doctor/look/schema.js';
import { ada, newAccount, type TestShop, testShop } from '../shop/shop.js';

const origin = 'https://shop.example';
const limitMs = 5000;
let shop: TestShop;
let app: express.Express;

beforeAll(async () => {
  shop = await testShop({ mode: 'production', crossSitePaths: ['/oauth/callback'] });
  const { keep } = shop;
  app = express();
  app.use(keep.guard, express.json(), keep.sessions.middleware);
  app.get('/', (_req, res) => void res.type('html').send('<h1>Larkspur Lane</h1>'));
  app.post('/oauth/callback', (_req, res) => void res.send('ok'));
  app.use(keep.resets.routes(), keep.notFound, keep.errors);
});
afterAll(() => shop.close());

describe('an application over the preset', () => {
  it('is found well by the doctor: its middlewares, answers, log, passwords, keys, schema and reset mails', async () => {
    const { keep, keys, test, outbox } = shop;
    await newAccount(shop);
    await keep.resets.request(ada.email);
    const subject = {
      name: 'app.js',
      nowMs: Date.now(),
      origin,
      application: lookAtApplication(app),
      answers: await askApplication(app, origin, { pages: ['/', '/forgot'], posts: ['/forgot', '/reset'] }, limitMs),
      logs: await lookAtLogs({ log: keep.log, app, origin }, limitMs),
      passwords: await lookAtPasswords(keep.passwords),
      ring: await lookAtRing({ name: 'keys.json', open: async () => keys }),
      schema: await lookAtSchema(test.database, keep.policy, []),
      resetMail: { place: 'outbox', text: outbox.at(-1)?.text ?? '' },
    };
    // Two requests and three lines of the doctor's own came through the log.
    expect(subject.logs?.lines).toBeGreaterThanOrEqual(5);
    expect(subject.answers.map(({ status }) => status)).toEqual(expect.arrayContaining([200, 400, 403, 404, 421]));
    const { findings, done } = examine(subject);
    expect(findings).toEqual([]);
    expect(done).toHaveLength(15);
  });

  it('says in its log which proxy is not listed, as far as addresses are told there', async () => {
    await request(app).get('/').set('X-Forwarded-Proto', 'https').expect(308);
    await request(app).get('/').set('X-Forwarded-Proto', 'https').expect(308);
    const told = shop.lines.filter((line) => line.includes('a proxy that is not listed'));
    expect(told).toHaveLength(1);
    expect(JSON.parse(told[0] as string)).toMatchObject({ level: 40, client: expect.any(String) });
  });

  it('takes a POST from another site at the paths that were named for it, and nowhere else', async () => {
    const answers = await askApplication(app, origin, { pages: ['/'], posts: ['/oauth/callback', '/reset'] }, limitMs);
    const statuses = answers.filter(({ asked }) => asked === 'cross-site-post').map(({ status }) => status);
    expect(statuses).toEqual([200, 403]);
  });
});
