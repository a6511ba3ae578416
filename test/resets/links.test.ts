import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ada, codeIn, newAccount, type TestShop, testShop } from '../shop/shop.js';
import { changeApp } from './mail-change/shop-app.js';

const evil = 'evil.example';
const next = 'nine quiet tractors climb the attic';
let shop: TestShop;
let server: Server;
let url: string;

beforeAll(async () => {
  // Its proxy is believed, in what it may be believed.
  shop = await testShop({ proxies: { trusted: ['127.0.0.1/32', '::1/128'] } });
  server = createServer(changeApp(shop));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  await shop.close();
});

describe('a mailed link', () => {
  it('is as good as new after a hundred GETs and a hundred HEADs of it, with the code wherever it can be', async () => {
    const id = await newAccount(shop);
    await shop.keep.resets.request(ada.email);
    const reset = codeIn(shop.outbox.at(-1));
    await shop.keep.mailChanges.request(id, 'ada@new.example.com');
    const change = codeIn(shop.outbox.at(-1));
    const rows = async () => [
      await shop.test.database.query('select * from safekeep.resets'),
      await shop.test.database.query('select * from safekeep.mail_changes'),
      await shop.test.database.query('select * from safekeep.accounts'),
    ];
    const before = await rows();
    const links = [`/reset#${reset}`, `/account/email/confirm#${change}`, `/account/email/undo#${change}`];
    const statuses = new Set<number>();
    const open = async (link: string, method: string) => {
      const answer = await fetch(url + link, { method });
      statuses.add(answer.status);
      await answer.arrayBuffer();
    };
    const each = (all: readonly string[]) =>
      Promise.all(all.flatMap((link) => [open(link, 'GET'), open(link, 'HEAD')]));
    for (let at = 0; at < 100; at += 1) await each(links);
    await each(links.map((link) => link.replace('#', '?code=')));
    expect([...statuses]).toEqual([200]);
    expect(await rows()).toEqual(before);
    expect(await shop.keep.resets.redeem(reset, next)).toEqual({ account: id });
  });

  it('goes to the configured origin, whatever Host, X-Forwarded-Host and Forwarded say', async () => {
    shop.outbox.length = 0;

    const bob = 'bob@example.com';
    await newAccount(shop, { ...ada, email: bob });
    const app = changeApp(shop);
    const poisoned = {
      Host: evil,
      'X-Forwarded-Host': evil,
      'X-Forwarded-Server': evil,
      'X-Forwarded-For': '203.0.113.7',
      'X-Forwarded-Proto': 'http',
      'X-Forwarded-Prefix': `//${evil}`,
      'X-Host': evil,
      'X-Original-URL': `https://${evil}/reset`,
      Forwarded: `for=203.0.113.7;host=${evil};proto=http`,
      Origin: `https://${evil}`,
      Referer: `https://${evil}/`,
    };
    const post = async (path: string, body: object, cookie = '') => {
      const answer = await request(app).post(path).set(poisoned).set('Cookie', cookie).send(body);
      expect(answer.status, path).toBeLessThan(300);
      return answer;
    };
    const code = () => codeIn(shop.outbox.at(-1));
    const entered = await post('/enter', { email: bob });
    const cookie = (entered.headers['set-cookie'] as unknown as string[])[0]?.split(';')[0] ?? '';
    await post('/register', { email: 'new@example.com' });
    await post('/register', { email: bob });
    await post('/account/email', { email: ada.email }, cookie);
    await post('/account/email', { email: 'bob@new.example.com' }, cookie);
    await post('/account/email/confirm', { code: code() }, cookie);
    const undo = codeIn(shop.outbox.findLast(({ to }) => to === bob));
    await post('/forgot', { email: 'bob@new.example.com' });
    await post('/reset', { code: code(), password: next });
    await post('/account/email/undo', { code: undo });
    expect(new Set(shop.outbox.map(({ subject }) => subject)).size).toBeGreaterThanOrEqual(9);
    for (const mail of shop.outbox) {
      expect(JSON.stringify(mail), mail.subject).not.toContain(evil);
      for (const [link] of `${mail.text} ${mail.html}`.matchAll(/https?:\/\/[^\s"<]+/g))
        expect(new URL(link).origin, mail.subject).toBe('https://shop.example');
    }
  });

  it('is refused for a poisoned Host before any route is asked, behind the guard', async () => {
    shop.outbox.length = 0;
    const app = express().use(shop.keep.guard, shop.keep.resets.routes(), shop.keep.errors);
    const behind = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-For': '203.0.113.7', Host: evil };
    const answer = await request(app).post('/forgot').set(behind).send({ email: ada.email });
    expect([answer.status, shop.outbox]).toEqual([421, []]);
  });
});
