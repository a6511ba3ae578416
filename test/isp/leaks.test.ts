import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeBills } from '../../examples/isp/bills.js';
import { listenToPartners } from '../../examples/isp/partners.js';
import { openPartnerRegister } from '../../src/certificates/index.js';
import { canary, canarySecrets, everyRow, finder } from '../shared/canary.js';
import { freePort } from '../shared/server.js';
import { type Agent, grace, openIsp, type TestIsp } from './isp.js';

const address = '198.51.100.77';
const email = 'quillon.line@example.com';
const found = finder([...canarySecrets, email, address]);
const person = { ...grace, ...canary, email };

let isp: TestIsp;
let partner: Agent;
let stop: () => Promise<void>;
beforeAll(async () => {
  isp = await openIsp();
  const directory = join(isp.folder, 'partners');
  const { key, cert } = await openPartnerRegister({ directory }).issue('north_lines');
  const partnerPort = await freePort();
  const settings = { partnerPort, partnerFolder: directory, host: '127.0.0.1', development: false };
  ({ stop } = await listenToPartners(isp.parts, isp.tls, settings));
  partner = request
    .agent(`https://localhost:${partnerPort}`, { ca: isp.ca, key: readFileSync(key), cert: readFileSync(cert) })
    .set('Accept', 'application/json') as Agent;
});
afterAll(async () => {
  await stop();
  await isp.close();
});

describe('the leak canary of the account server', () => {
  it('finds planted values in no log line, refusal, header or table, the line’s secret and address included', async () => {
    const seen: { readonly what: string; readonly status: number; readonly headers: string; readonly body: string }[] =
      [];
    async function say(what: string, call: PromiseLike<{ status: number; headers: unknown; text: string }>) {
      const { status, headers, text } = await call;
      seen.push({ what, status, headers: JSON.stringify(headers), body: text });
    }
    const agent = isp.program();
    await say('bad registration', agent.post('/register').send({ ...person, plan: canary.name, [canary.name]: email }));
    await say('registration', agent.post('/register').send(person));
    await say('confirmation', agent.post('/confirm').send({ code: isp.codeFor(email), password: canary.password }));
    const { login, secret } = (await agent.post('/account/line/secret').send({}).expect(201)).body;
    await say('bad plan', agent.post('/account/line/plan').send({ plan: canary.address }));
    await say('bad choice', agent.post('/account/choices').send({ purpose: email, choice: canary.name }));
    await say('bad topic', agent.post('/account/choices/topics').send({ topic: canary.name }));
    await say('a stranger’s path', isp.program().get(`/account/${encodeURIComponent(email)}`));
    await say('partner, a path', partner.get(`/provisioning/lines/${encodeURIComponent(email)}`));
    await say(
      'partner, a secret',
      partner.post(`/provisioning/lines/${login}/check`).send({ secret: canary.password }),
    );
    await say('partner, a state', partner.post(`/provisioning/lines/${login}/state`).send({ state: canary.name }));
    const record = { 'Acct-Status-Type': 1, 'User-Name': login, 'Acct-Session-Id': 'S', 'NAS-Identifier': 'n' };
    const records = [
      { ...record, 'Framed-IP-Address': address },
      { ...record, 'Calling-Station-Id': canary.phone },
      { ...record, 'User-Name': email },
      { ...record, 'Framed-IP-Address': canary.name },
      canary.name,
    ];
    await say('partner, records', partner.post('/provisioning/accounting').send({ records }));
    const text = `{"records":["${canary.name}"`;
    await say('partner, broken JSON', partner.post('/provisioning/accounting').type('application/json').send(text));
    await say(
      'partner, too much',
      partner.post('/provisioning/accounting').send({ records: canary.address.repeat(9000) }),
    );
    // What a partner is given is his to have; that it was given is in the log, and of what was given nothing.
    await partner.get(`/provisioning/lines/${login}`).expect(200);
    await isp.database.query(
      `update subscribers set line_since = '2026-01-01', line_state = 'active' where line_login = $1`,
      [login],
    );
    expect(await makeBills(isp.parts, isp.clock.nowMs())).toBe(1);
    await say('bills', agent.get('/account/bills').set('Accept', 'text/html'));
    await agent.post('/account/data').send({}).expect(200);

    expect(seen.filter(({ status }) => status >= 500)).toEqual([]);
    for (const { what, headers } of seen) expect([what, found(headers)]).toEqual([what, []]);
    for (const { what, status, body } of seen)
      if (status >= 400 || what.startsWith('partner')) expect([what, found(body)]).toEqual([what, []]);
    expect(seen.map(({ status }) => status)).toEqual([
      422, 202, 201, 422, 422, 422, 404, 404, 200, 422, 200, 400, 413, 200,
    ]);
    expect(isp.log.length).toBeGreaterThan(seen.length);
    const lost = finder([...canarySecrets, email, address, secret]);
    for (const line of isp.log) expect([line, lost(line)]).toEqual([line, []]);
    const rows = await everyRow(isp.database);
    for (const table of ['public.subscribers', 'public.line_sessions', 'public.bills', 'safekeep.security_events'])
      expect(rows.some((row) => row.table === table)).toBe(true);
    for (const { table, row } of rows) expect([table, lost(row)]).toEqual([table, []]);
  });
});
