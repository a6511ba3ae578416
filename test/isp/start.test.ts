import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import request from 'supertest';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../services/database.js';
import { machine } from '../shared/server.js';

let databases: readonly TestDatabase[];
const boxes = { isp: machine('isp'), storefront: machine('storefront') };
beforeEach(async () => {
  databases = await Promise.all([testDatabase(), testDatabase()]);
});
afterEach(async () => {
  await Promise.all([boxes.isp.remove(), boxes.storefront.remove()]);
  await Promise.all(databases.map((database) => database.drop()));
});

describe('the account server', () => {
  it('opens from nothing beside the storefront, under one policy, with keys of its own, and stops', async () => {
    const [isp, shop] = await Promise.all([
      boxes.isp.start({ DATABASE_URL: databases[0]?.url ?? '' }),
      boxes.storefront.start({ DATABASE_URL: databases[1]?.url ?? '' }),
    ]);
    await Promise.all([isp.open(), shop.open()]);
    expect(isp.output()).toContain(`Harrow Net is open at ${isp.origin}`);
    const [ours, theirs] = await Promise.all([isp, shop].map((server) => server.program().get('/privacy').expect(200)));
    expect(ours?.body.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(ours?.body.digest).toBe(theirs?.body.digest);
    // The first partner is let in by the certificate that it was issued; without one there is no HTTP.
    const folder = join(boxes.isp.data, 'partners', 'north_lines');
    const [serial] = readdirSync(folder).filter((name) => /^[0-9A-F]+\.pem$/.test(name));
    const pem = (name: string) => readFileSync(join(folder, name));
    const ca = readFileSync(join(boxes.isp.data, 'certificates', 'development-ca.pem'));
    const at = `https://localhost:${isp.ports[2]}`;
    const own = { key: pem(`${serial?.slice(0, -4)}-key.pem`), cert: pem(String(serial)), ca };
    expect((await request.agent(at, own).get('/provisioning/lines').expect(200)).body).toEqual({ lines: [] });
    await expect(request.agent(at, { ca }).get('/provisioning/lines')).rejects.toThrow();
    for (const name of ['root.key', 'keys.json']) expect(statSync(join(boxes.isp.data, name)).mode & 0o077).toBe(0);
    isp.signal('SIGTERM');
    expect(await isp.end).toBe(0);
    await shop.program().get('/').expect(200);
  });
});
