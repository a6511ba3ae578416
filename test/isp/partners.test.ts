import { readFileSync } from 'node:fs';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeOldSessions } from '../../examples/isp/line-sessions.js';
import { listenToPartners } from '../../examples/isp/partners.js';
import { openPartnerRegister } from '../../src/certificates/index.js';
import { freePort } from '../shared/server.js';
import { type Agent, grace, openIsp, type TestIsp } from './isp.js';

const dayMs = 86_400_000;
let isp: TestIsp;
let port: number;
let register: ReturnType<typeof openPartnerRegister>;
let stop: () => Promise<void>;
const partners: Record<string, Partner> = {};

interface Body {
  readonly title?: string;
  readonly state?: string;
  readonly lines?: readonly object[];
  readonly taken?: number;
  readonly refused?: readonly object[];
}
interface Answer {
  readonly status: number;
  readonly text: string;
  /** Of JSON. */
  readonly body: Body;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly resumed: boolean;
}
interface Partner {
  readonly serial: string;
  ask(path: string, send?: unknown): Promise<Answer>;
}

beforeAll(async () => {
  isp = await openIsp();
  const directory = join(isp.folder, 'partners');
  register = openPartnerRegister({ directory, clock: isp.clock });
  for (const name of ['north_lines', 'south_lines', 'start_page']) partners[name] = await partner(name);
  port = await freePort();
  const listening = await listenToPartners(isp.parts, isp.tls, {
    partnerPort: port,
    partnerFolder: directory,
    host: '127.0.0.1',
    development: true,
  });
  stop = listening.stop;
});
afterAll(async () => {
  await stop();
  await isp.close();
});

async function partner(name: string): Promise<Partner> {
  const { key, cert, serial } = await register.issue(name);
  // One connection for each request: what comes back is a resumed TLS session.
  const agent = new HttpsAgent({ keepAlive: false, ca: isp.ca, key: readFileSync(key), cert: readFileSync(cert) });
  return { serial, ask: (path, send) => ask(agent, path, send) };
}

function ask(agent: HttpsAgent, path: string, send?: unknown): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const body = send === undefined ? undefined : JSON.stringify(send);
    const sent =
      body === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
    const headers = { Accept: 'application/json', ...sent };
    const options = { host: 'localhost', port, path, agent, method: body === undefined ? 'GET' : 'POST', headers };
    const call = httpsRequest(options, (res) => {
      const resumed = (res.socket as TLSSocket).isSessionReused();
      let text = '';
      res.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      res.on('end', () => {
        const isJson = String(res.headers['content-type']).includes('json');
        resolve({
          status: res.statusCode ?? 0,
          text,
          body: isJson ? JSON.parse(text) : {},
          headers: res.headers,
          resumed,
        });
      });
    });
    call.once('error', reject).end(body);
  });
}

/** A subscriber with a line, built by who builds in that place. */
async function withLine(email: string, more: Partial<typeof grace> = {}) {
  const member = await isp.member(email, more);
  const { body } = await member.post('/account/line/secret').send({}).expect(201);
  return { member, id: await isp.idOf(member), ...(body as { login: string; secret: string }) };
}
const north = (path: string, send?: unknown) => (partners['north_lines'] as Partner).ask(path, send);
const south = (path: string, send?: unknown) => (partners['south_lines'] as Partner).ask(path, send);
const sessionsOf = (id: string) =>
  isp.database.query('select * from line_sessions where subscriber = $1 order by started_at', [id]);

describe('the secret of a line', () => {
  it('is shown once, stored sealed, opened for no page, and worth nothing when there is another', async () => {
    const { member, id, login, secret } = await withLine('secret@example.com');
    expect(secret).toMatch(/^(?:[a-z2-9]{5}-){3}[a-z2-9]{5}$/);
    expect(login).toMatch(/^hn-[a-z2-9]{10}$/);
    const stored = await isp.database.one('select * from subscribers where id = $1', [id]);
    expect(stored['line_secret']).toMatch(/^sf1\./);
    expect(JSON.stringify(stored)).not.toContain(secret);
    for (const path of ['/account', '/account/line', '/glass', '/account/usage']) {
      for (const accept of ['text/html', 'application/json'])
        expect((await member.get(path).set('Accept', accept).expect(200)).text).not.toContain(secret);
    }
    expect((await north(`/provisioning/lines/${login}/check`, { secret })).body).toEqual({ accept: true });
    const again = await member
      .post('/account/line/secret')
      .set('Accept', 'text/html')
      .type('form')
      .send({})
      .expect(201);
    expect(again.text).toContain(login);
    expect(again.headers['cache-control']).toBe('no-store');
    expect((await north(`/provisioning/lines/${login}/check`, { secret })).body).toEqual({ accept: false });
    const other = /<p class="secret">((?:[a-z2-9]{5}-){3}[a-z2-9]{5})</.exec(again.text)?.[1];
    expect((await north(`/provisioning/lines/${login}/check`, { secret: other })).body).toEqual({ accept: true });
    for (const line of isp.log) for (const one of [secret, String(other)]) expect(line).not.toContain(one);
  });

  it('is not made for a session whose password was given too long ago', async () => {
    const member = await isp.member('stale@example.com');
    isp.clock.ms += 301_000;
    const json = await member.post('/account/line/secret').send({});
    expect([json.status, json.body.secret]).toEqual([403, undefined]);
    const page = await member.post('/account/line/secret').set('Accept', 'text/html').type('form').send({});
    expect([page.status, page.headers['location']]).toEqual([303, '/account/prove?to=%2Faccount%2Fline']);
    await member.post('/account/prove').send({ password: grace.password }).expect(200);
    await member.post('/account/line/secret').send({}).expect(201);
  });

  it('is made by no form of another origin and by nobody who is not signed in', async () => {
    const member = await isp.member('origin@example.com');
    await member.post('/account/line/secret').set('Sec-Fetch-Site', 'cross-site').send({}).expect(403);
    await isp.program().post('/account/line/secret').send({}).expect(401);
  });
});

describe('a partner', () => {
  it('is given the lines it builds, with the columns of its purpose, and nothing else of them', async () => {
    const { id, login } = await withLine('line@example.com');
    const answer = await north(`/provisioning/lines/${login}`);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      name: grace.name,
      address: grace.address,
      line_login: login,
      plan: 'furrow',
      state: 'ordered',
    });
    expect(answer.headers['cache-control']).toContain('no-store');
    const list = (await north('/provisioning/lines')).body.lines;
    expect(list).toContainEqual(answer.body);
    for (const text of [answer.text, JSON.stringify(list)]) {
      // No telephone number, in no spelling of it: nobody is given one.
      expect(text.replace(/\D/g, '')).not.toContain('5550155');
      expect(text).not.toMatch(/line@example\.com|4242|sf1\./);
    }
    const given = { recipient: 'isp_partners', purpose: 'provisioning', table: 'subscribers', partner: 'north_lines' };
    const told = await isp.parts.keep.disclosures.of(id);
    expect(told).toHaveLength(2);
    for (const one of told) expect(one).toMatchObject({ ...given, columns: ['name', 'address', 'line_login'] });
    const serials = await isp.database.query(
      "select distinct facts->>'serial' as serial from safekeep.security_events where kind = 'data.disclosed'",
    );
    expect(serials).toEqual([{ serial: partners['north_lines']?.serial }]);
  });

  it('does not learn that a line of another partner exists, and changes nothing of it', async () => {
    const { id, login, secret } = await withLine('south@example.com', { address: '7 Example Way\nTampa, FL 33602' });
    expect((await south(`/provisioning/lines/${login}`)).status).toBe(200);
    const before = (await isp.parts.keep.disclosures.of(id)).length;
    for (const [path, send] of [
      [`/provisioning/lines/${login}`, undefined],
      [`/provisioning/lines/${login}/state`, { state: 'active' }],
      [`/provisioning/lines/${login}/check`, { secret }],
    ] as const) {
      const [theirs, nobodys] = [await north(path, send), await north(path.replace(login, 'hn-nobody'), send)];
      expect([theirs.status, theirs.body.title]).toEqual([404, nobodys.body.title]);
    }
    const record = { 'Acct-Status-Type': 1, 'User-Name': login, 'Acct-Session-Id': 'x', 'NAS-Identifier': 'n' };
    const records = { records: [record, { ...record, 'User-Name': 'hn-nobody' }] };
    expect((await north('/provisioning/accounting', records)).body).toEqual({
      taken: 0,
      refused: [0, 1].map((at) => ({ at, code: 'unknown_line' })),
    });
    expect((await north('/provisioning/lines')).text).not.toContain(login);
    expect(await sessionsOf(id)).toEqual([]);
    expect(await isp.parts.keep.disclosures.of(id)).toHaveLength(before);
    const { line_state: state } = await isp.database.one('select line_state from subscribers where id = $1', [id]);
    expect(state).toBe('ordered');
  });

  it('hands nothing over when that cannot be written down', async () => {
    const { id, login } = await withLine('unwritten@example.com');
    await isp.database.query('alter table safekeep.security_events rename to moved');
    const answer = await north(`/provisioning/lines/${login}`);
    await isp.database.query('alter table safekeep.moved rename to security_events');
    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain(grace.name);
    expect(await isp.parts.keep.disclosures.of(id)).toEqual([]);
  });

  it('is refused at once when its certificate is revoked, in a resumed session too', async () => {
    const lost = await partner('south_lines');
    expect((await lost.ask('/provisioning/lines')).status).toBe(200);
    expect(await lost.ask('/provisioning/lines')).toMatchObject({ status: 200, resumed: true });
    await register.revoke(lost.serial);
    const refused = await lost.ask('/provisioning/lines');
    expect(refused).toMatchObject({ status: 403, resumed: true });
    expect(refused.text).not.toContain('lines"');
    // The certificate that took its place goes on.
    expect((await south('/provisioning/lines')).status).toBe(200);
  });

  it('with a certificate and no part in the policy is refused, and without a certificate hears no HTTP', async () => {
    expect((await (partners['start_page'] as Partner).ask('/provisioning/lines')).status).toBe(403);
    await expect(ask(new HttpsAgent({ ca: isp.ca }), '/provisioning/lines')).rejects.toMatchObject({
      code: expect.stringMatching(/^E/),
    });
    // Nor do the pages for people know these addresses.
    await isp.program().get('/provisioning/lines').expect(404);
  });

  it('says that a line is up, from when on it is billed, and nothing that is no state', async () => {
    const { member, id, login } = await withLine('up@example.com');
    expect((await north(`/provisioning/lines/${login}/state`, { state: 'none' })).status).toBe(422);
    expect((await north(`/provisioning/lines/${login}/state`, { state: 'active' })).body).toEqual({ state: 'active' });
    expect((await member.get('/account/line')).body.state).toBe('active');
    const read = () => isp.database.one('select line_since from subscribers where id = $1', [id]);
    const first = await read();
    isp.clock.ms += dayMs;
    await north(`/provisioning/lines/${login}/state`, { state: 'fault' });
    await north(`/provisioning/lines/${login}/state`, { state: 'active' });
    expect(await read()).toEqual(first);
  });

  it('is answered with headers, without a cookie, and with no word of the inside', async () => {
    const broken = await north('/provisioning/accounting', { records: 'none' });
    expect(broken.status).toBe(422);
    for (const { headers } of [broken, await north('/nowhere')]) {
      expect(headers['strict-transport-security']).toBeDefined();
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['set-cookie']).toBeUndefined();
      expect(headers['x-powered-by']).toBeUndefined();
    }
  });
});

describe('what lines report', () => {
  let line: { member: Agent; id: string; login: string };
  beforeAll(async () => {
    line = await withLine('records@example.com');
  });
  const record = (type: number, session: string, more: object = {}) => ({
    'Acct-Status-Type': type,
    'User-Name': line.login,
    'Acct-Session-Id': session,
    'NAS-Identifier': 'dslam-4',
    ...more,
  });
  const report = async (...records: readonly object[]) => (await north('/provisioning/accounting', { records })).body;

  it('becomes one row a connection, sealed address and all, however often and in whatever order it comes', async () => {
    const address = { 'Framed-IP-Address': '198.51.100.7' };
    const interim = record(3, 'A1', { 'Acct-Session-Time': 600, 'Acct-Input-Octets': 10, 'Acct-Output-Octets': 100 });
    const end = record(2, 'A1', {
      ...address,
      'Acct-Session-Time': 900,
      'Acct-Input-Octets': 20,
      'Acct-Output-Octets': 5,
      'Acct-Output-Gigawords': 1,
      'Acct-Terminate-Cause': 1,
    });
    expect(await report(interim, record(1, 'A1', { 'Acct-Delay-Time': 700 }), end, end, interim)).toEqual({
      taken: 5,
      refused: [],
    });
    const rows = await sessionsOf(line.id);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      session: 'A1',
      last_record: 'stop',
      octets_in: '20',
      octets_out: String(2 ** 32 + 5),
      seconds: '900',
      cause: 1,
      ended_at: new Date(isp.clock.ms),
    });
    expect(rows[0]?.['address']).toMatch(/^sf1\./);
    const opened = isp.parts.keep.fields.openRow('line_sessions', rows[0] ?? {}, 'legal').reveal();
    expect(opened.address).toBe('198.51.100.7');
    const forAccount = isp.parts.keep.fields.openRow('line_sessions', rows[0] ?? {}, 'account').reveal();
    expect(forAccount).not.toHaveProperty('address');
    const { body } = await line.member.get('/account/usage');
    expect(body.connections).toMatchObject([{ seconds: 900, octetsIn: 20, octetsOut: 2 ** 32 + 5 }]);
  });

  it('of two records at once makes one row, and of a session number that came again two', async () => {
    await Promise.all([report(record(1, 'B1')), report(record(1, 'B1'))]);
    await report(record(2, 'B1'));
    isp.clock.ms += 60_000;
    await report(record(1, 'B1'));
    const rows = (await sessionsOf(line.id)).filter(({ session }) => session === 'B1');
    expect(rows.map(({ ended_at: ended }) => ended !== null)).toEqual([true, false]);
  });

  it('is refused with its reason where it is not whole, and the rest is taken', async () => {
    const answer = await report(
      record(9, 'C1'),
      record(1, 'C2'),
      record(1, 'C3', { 'Calling-Station-Id': '12025550155' }),
    );
    expect(answer).toEqual({
      taken: 1,
      refused: [
        { at: 0, code: 'status_type' },
        { at: 2, code: 'unknown_attribute' },
      ],
    });
    expect((await north('/provisioning/accounting', { records: Array(201).fill({}) })).status).toBe(422);
  });

  it('is gone when the policy’s days are over, and not a day before', async () => {
    await report(record(1, 'D1', { 'Framed-IP-Address': '198.51.100.9' }));
    const beganMs = isp.clock.ms;
    const has = async () => (await sessionsOf(line.id)).some(({ session }) => session === 'D1');
    await removeOldSessions(isp.parts, beganMs + 90 * dayMs);
    expect(await has()).toBe(true);
    expect(await removeOldSessions(isp.parts, beganMs + 90 * dayMs + 1)).toBeGreaterThan(0);
    expect(await has()).toBe(false);
    // A record that old is not taken up again.
    const late = record(1, 'D2', { 'Acct-Delay-Time': 91 * 86_400 });
    expect((await report(late)).refused).toEqual([{ at: 0, code: 'too_old' }]);
    expect((await sessionsOf(line.id)).some(({ session }) => session === 'D2')).toBe(false);
  });
});
