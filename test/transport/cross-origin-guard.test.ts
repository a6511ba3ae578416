import express from 'express';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { crossOriginGuard, errors } from '../../src/transport/index.js';
import { listening, overTcp, request as raw } from './loopback.js';

const origin = 'https://shop.example';
const app = express();
app.use(crossOriginGuard({ origin, trusted: ['https://accounts.example'] }));
app.use((_req, res) => void res.send('ok'));
app.use(errors());

const post = async (headers: Record<string, string>) => (await request(app).post('/').set(headers)).status;

describe('crossOriginGuard', () => {
  it('lets safe methods through, from wherever', async () => {
    for (const method of ['get', 'head', 'options'] as const)
      expect((await request(app)[method]('/').set('Sec-Fetch-Site', 'cross-site')).status, method).toBe(200);
  });

  it('refuses every other method from a page of another site, a sibling of ours included', async () => {
    for (const method of ['post', 'put', 'patch', 'delete'] as const) {
      for (const site of ['cross-site', 'same-site', 'unknown', ''])
        expect((await request(app)[method]('/').set('Sec-Fetch-Site', site)).status, `${method} ${site}`).toBe(403);
    }
  });

  it('says which check failed to whoever logs, and passes nothing on', async () => {
    const seen: unknown[] = [];
    const watched = express();
    watched.use(crossOriginGuard({ origin }), () => void seen.push('the route ran'));
    watched.use(errors({ onError: ({ error }) => void seen.push(error) }));
    await request(watched).post('/').set('Sec-Fetch-Site', 'cross-site');
    expect(seen).toMatchObject([{ code: 'ERR_CROSS_ORIGIN' }]);
  });

  it('lets our own pages and what the person typed through', async () => {
    expect(await post({ 'Sec-Fetch-Site': 'same-origin', Origin: origin })).toBe(200);
    expect(await post({ 'Sec-Fetch-Site': 'none' })).toBe(200);
  });

  it('believes Sec-Fetch-Site before Origin, since no page can write it', async () => {
    expect(await post({ 'Sec-Fetch-Site': 'cross-site', Origin: origin })).toBe(403);
  });

  it('falls back to Origin in a browser without Fetch Metadata', async () => {
    expect(await post({ Origin: origin })).toBe(200);
    for (const other of [
      'https://evil.example',
      'http://shop.example',
      'https://shop.example:8443',
      'https://shop.example.evil.example',
      'null',
      '',
      'HTTPS://SHOP.EXAMPLE',
    ])
      expect(await post({ Origin: other }), other).toBe(403);
  });

  it('does not compare Origin with Host, which the sender chooses', async () => {
    expect(await post({ Origin: 'https://evil.example', Host: 'evil.example' })).toBe(403);
  });

  it('lets a trusted origin through by either header', async () => {
    expect(await post({ 'Sec-Fetch-Site': 'cross-site', Origin: 'https://accounts.example' })).toBe(200);
    expect(await post({ Origin: 'https://accounts.example' })).toBe(200);
  });

  it('lets a program through that sends neither', async () => {
    expect(await post({})).toBe(200);
  });

  it('refuses a header that came twice', async () => {
    const port = await listening(app);
    const twice = async (name: string, first: string, second: string) =>
      (await overTcp(port, raw('POST /', { [name]: first, [name.toLowerCase()]: second }))).status;
    expect(await twice('Sec-Fetch-Site', 'same-origin', 'cross-site')).toBe(403);
    expect(await twice('Origin', origin, 'https://evil.example')).toBe(403);
  });

  it('refuses origins with a path and a set-up without one', () => {
    expect(() => crossOriginGuard({ origin, trusted: ['https://accounts.example/'] })).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_INVALID' }),
    );
    expect(() => crossOriginGuard({} as { origin: string })).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_MISSING' }),
    );
  });
});
